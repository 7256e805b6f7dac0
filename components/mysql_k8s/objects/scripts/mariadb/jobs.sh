#!/bin/sh
# Does what the agent asks for by files in /run/mysqld/jobs, as it has neither the data nor MariaDB's programs.
# `give` runs beside everything else; the others one after another. It takes no decision.
set -u
config=/etc/mysql-k8s/my.cnf
volume=/var/lib/mysql
run=/run/mysqld
part=$volume/.provision   # what is not complete yet
server_id=$1
ask_seconds=0.5
export TMPDIR="$run/tmp"   # the root file system is read-only

# All data, consistent, as it changes: the stream ends without success if the server goes away.
give() {
    step_back ON || return 1
    mariadb-backup --defaults-file="$config" --backup --stream=mbstream --user=mysql --socket="$run/mysqld.sock" \
        --target-dir="$run/tmp"
    given=$?
    step_back OFF
    return $given
}

# In a Galera cluster: nobody waits for this member meanwhile, and none that joins is sent here, where it would have to
# wait for the stream's end. A server that starts again has not stepped back.
step_back() {
    [ ! -e "$run/galera" ] || mariadb --no-defaults --user=mysql --socket="$run/mysqld.sock" \
        --execute="SET GLOBAL wsrep_desync = $1" >&2
}

take() {
    rm -rf "$part" "$volume/.provisioned"
    mkdir "$part" && mbstream -x -C "$part"
}

prepare() {
    mariadb-backup --prepare --target-dir="$part" --tmpdir="$run/tmp" || return 1
    # A Galera cluster has no binary log: there the data says by itself how far it is.
    [ ! -e "$part/mariadb_backup_binlog_info" ] || cp "$part/mariadb_backup_binlog_info" "$1/binlog_info"
}

# A private server, which nobody but the agent can reach, until the agent stops it; small, as another one runs beside it.
finish() {
    rm -f "$run/provision.sock"
    mariadbd --defaults-file="$config" --datadir="$part" --server-id="$server_id" --skip-networking \
        --socket="$run/provision.sock" --pid-file="$run/provision.pid" --innodb-buffer-pool-size=64M &&
        [ -e "$1/complete" ] && sync && mv "$part" "$volume/.provisioned" && sync
}

do_job() {
    case $kind in
    give) give > "$1/stream" ;;
    take) take < "$1/stream" ;;
    prepare | finish) "$kind" "$1" ;;
    *) false ;;
    esac 2> "$1/log" < /dev/null
    echo $? > "$1/status.new" && mv "$1/status.new" "$1/status"
}

trap 'exit 0' TERM INT
while :; do
    for request in "$run"/jobs/*/request; do
        [ -e "$request" ] || continue
        job=${request%/request}
        kind=$(cat "$request")
        rm -f "$request"
        if [ "$kind" = give ]; then do_job "$job" & else do_job "$job"; fi
    done
    sleep "$ask_seconds" &
    wait $!
done 2>/dev/null
