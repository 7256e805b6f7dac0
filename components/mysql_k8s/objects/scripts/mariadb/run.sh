#!/bin/sh
# Initialises an absent data directory, starts mariadbd, and does the agent's jobs (jobs.sh) beside it.
# No decision about data is taken here: an existing data directory is started as it is, unless the agent has proven that
# it holds no transaction, and a complete copy of another member's data lies ready to take its place.
set -u
. /etc/mysql-k8s/lib.sh
. /etc/mysql-k8s/initialise.sh

copy=$volume/.provisioned   # complete: `finish` of jobs.sh gave it this name last of all

# Drawn once for a volume: with it, GTIDs of this member can never be taken for those of an earlier life of its ordinal.
server_id() {
    [ -s "$volume/server-id" ] || {
        while id=$(od -An -N4 -tu4 /dev/urandom | tr -d ' \n') && [ "$id" -lt 1000 ]; do :; done
        echo "$id" > "$volume/server-id.new"
        sync
        mv "$volume/server-id.new" "$volume/server-id"
    }
    cat "$volume/server-id"
}

put_copy_in_place() {
    rm -f "$run/replace"
    [ -d "$copy" ] || return 1
    say "putting the copy of another member's data in the place of an empty data directory"
    mv "$volume/data" "$volume/.emptied" && mv "$copy" "$volume/data" && sync
    rm -rf "$volume/.emptied"
}

mkdir -p "$run/tmp"
rm -rf "$run/jobs" "$run/stopping" "$run/may-stop" "$run/replace"
# A crash between the two renames above.
[ -d "$volume/data" ] || [ ! -d "$copy" ] || mv "$copy" "$volume/data"
rm -rf "$volume/.provision" "$copy" "$volume/.emptied"

if [ -e "$volume/data/mysql.ibd" ]; then
    say "the data is MySQL's: it stays as it is; set engine.kind = mysql again"
    exit 1
fi
if [ ! -d "$volume/data" ]; then
    initialise || { say "initialising failed with status $?"; exit 1; }
fi

server_id=$(server_id)
service=${POD_NAME%-*}
sh /etc/mysql-k8s/jobs.sh "$server_id" &
jobs=$!
trap 'kill "$jobs" 2>/dev/null' EXIT

while [ -z "$stopping" ]; do
    rm -f "$run/up" "$run/mysqld.sock"
    started=$(date +%s)
    run_child mariadbd --defaults-file="$config" --server-id="$server_id" \
        --report-host="$POD_NAME.$service.$POD_NAMESPACE.svc"
    status=$?
    ran=$(($(date +%s) - started))
    say "mariadbd ended with status $status after $ran s"
    [ ! -e "$run/replace" ] || ! put_copy_in_place || continue
    [ $status -eq 0 ] && exit 0
    # One that dies young is left to the kubelet, which waits longer each time and shows it.
    [ $ran -ge $settled_seconds ] || exit $status
done
exit 0
