#!/bin/sh
# Runs mariadbd as a member of a Galera cluster. Before each run it publishes what the data says of itself, and waits
# for the agent's order to found the cluster or to join it. Beside it jobs.sh gives the data to base backups.
# No decision about data is taken here.
set -u
. /etc/mysql-k8s/lib.sh
. /etc/mysql-k8s/initialise.sh

data=$volume/data
kept=$volume/galera    # what outlives the data: `fresh`, and `failed`, how many full transfers failed in a row
zero=00000000-0000-0000-0000-000000000000

export TMPDIR=$run/tmp   # for the scripts that transfer data

# What the data says of itself: `kind`, `history` and `seqno` (0 for none).
look() {
    kind=whole history=$zero seqno=-1
    if [ ! -d "$kept" ]; then kind=foreign; return 0; fi
    # The transfer's script makes .sst and then deletes all data, which the sender's replaces when it is complete.
    if [ -d "$data/.sst" ] || [ ! -e "$data/ibdata1" ]; then kind=aborted; return 0; fi
    if [ -e "$data/grastate.dat" ]; then
        history=$(sed -n 's/^uuid: *//p' "$data/grastate.dat")
        seqno=$(sed -n 's/^seqno: *//p' "$data/grastate.dat")
        # -1 after a crash: then the storage engine knows.
        [ "${seqno:--1}" -ge 0 ] && [ "$history" != "$zero" ] || recover || return 1
    fi
    [ "$seqno" -le 0 ] || rm -f "$kept/fresh"
    [ ! -e "$kept/fresh" ] || kind=fresh
}

recover() {
    run_child mariadbd --defaults-file="$config" --wsrep-recover --wsrep-cluster-address=gcomm:// \
        > "$run/tmp/recover.log" 2>&1 || { cat "$run/tmp/recover.log"; return 1; }
    position=$(sed -n 's/.*WSREP: Recovered position: //p' "$run/tmp/recover.log" | tail -n 1)
    history=${position%:*} seqno=${position##*:}
    [ -n "$position" ]
}

publish() {
    failed=0
    [ ! -s "$kept/failed" ] || read -r failed < "$kept/failed"
    echo "$1 $life $kind $history $seqno $failed" > "$run/galera.new"
    mv "$run/galera.new" "$run/galera"
}

# An order names the life that it was given for: one that came too late is for nobody.
await_order() {
    life=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
    rm -f "$run/order"
    publish waiting
    while [ -z "$stopping" ]; do
        if [ -e "$run/order" ]; then
            read -r addressee order members donors < "$run/order"
            rm -f "$run/order"
            [ "$addressee" != "$life" ] || return 0
        fi
        run_child sleep 0.1
    done
    return 1
}

prepare() {
    start="--wsrep-start-position=$history:$seqno"
    case $order in
    join)
        rm -f "$kept/fresh"
        [ "$kind" != aborted ] || { rm -rf "$data"; mkdir "$data"; }
        ;;
    found)
        [ ! -e "$data/grastate.dat" ] || sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' "$data/grastate.dat"
        start="$start --wsrep-new-cluster"
        ;;
    found-anew)
        # Without a position the cluster begins another history: data of the earlier one can never be taken for it.
        rm -f "$data/grastate.dat" "$data/galera.cache"
        start="--wsrep-start-position=$zero:-1 --wsrep-new-cluster"
        ;;
    esac
    sync
}

# How much of a full transfer has arrived, in KiB: mariadbd answers nobody until all of it is there and made ready.
tell_received() {
    most=0
    until [ -S "$run/mysqld.sock" ]; do
        [ ! -d "$data/.sst" ] || arrived=$(du -sk "$data/.sst" 2>/dev/null | cut -f 1)
        # Made ready, it moves out of there: what has arrived is not less for that.
        if [ "${arrived:-0}" -gt "$most" ]; then
            most=$arrived
            echo "$most" > "$run/received.new" && mv "$run/received.new" "$run/received"
        fi
        sleep 1
    done
}

# A full transfer that ended by itself without success; one that was killed is no failure of its own.
count_failures() {
    if [ ! -e "$data/sst_in_progress" ]; then
        rm -f "$kept/failed"
    elif [ "$1" -eq 1 ] || [ "$1" -eq 134 ]; then
        echo $((failed + 1)) > "$kept/failed"
    fi
}

mkdir -p "$run/tmp"
rm -rf "$run/jobs" "$run/stopping" "$run/may-stop" "$run/galera"

if [ ! -d "$data" ]; then
    mkdir -p "$kept" && : > "$kept/fresh"
    initialise --wsrep-on=OFF || { say "initialising failed with status $?"; exit 1; }
fi

sh /etc/mysql-k8s/jobs.sh 0 &
jobs=$!
trap 'kill "$jobs" 2>/dev/null' EXIT

address=$(getent hosts "$(uname -n)")
name=$(printf '%.32s' "${POD_NAME%-*}.$POD_NAMESPACE")   # Galera takes no longer one
while [ -z "$stopping" ]; do
    rm -f "$run/up" "$run/mysqld.sock" "$run/mysqld.sock.lock" "$run/received"
    look || { say "the data directory cannot be read"; exit 1; }
    await_order || break
    prepare
    publish "$order"
    say "mariadbd is to $order"
    tell_received &
    teller=$!
    # In a session of its own: the scripts that transfer data outlive a mariadbd that is killed.
    # shellcheck disable=SC2086
    run_child setsid mariadbd --defaults-file="$config" --wsrep-cluster-name="$name" --wsrep-node-name="$POD_NAME" \
        --wsrep-node-address="${address%% *}" --wsrep-cluster-address="gcomm://$members" --wsrep-sst-donor="$donors" \
        $start
    status=$?
    pkill -KILL -s "$last_child"
    kill "$teller" 2>/dev/null
    say "mariadbd ended with status $status"
    count_failures "$status"
done
exit 0
