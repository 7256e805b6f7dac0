#!/bin/sh
# Runs a throw-away server for the program in the next container, which asks for it through files in /run/mysqld:
# `start` holds its name and options, one a line; `status` is written when it has ended. It decides nothing.
set -u
run=/run/mysqld
restart_requested=16
export MYSQLD_PARENT_PID=$$
child=
ending=
trap 'ending=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT

# A trapped signal ends `wait` early, so wait until the child is really gone.
run_child() {
    "$@" &
    child=$!
    wait "$child"; status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
    child=
}

mkdir -p "$run/tmp"
# Where the server copies by a stream: what unpacks it and makes it ready, as in a member's pod.
if [ -e /etc/mysql-k8s/jobs.sh ]; then
    sh /etc/mysql-k8s/jobs.sh 99 &
    jobs=$!
    trap 'kill "$jobs" 2>/dev/null' EXIT
fi
while [ -z "$ending" ]; do
    if [ ! -e "$run/start" ]; then
        run_child sleep 0.2
        continue
    fi
    set --
    while IFS= read -r word; do set -- "$@" "$word"; done < "$run/start"
    server=$1
    shift
    rm -f "$run/start"
    status=$restart_requested
    while [ "$status" -eq "$restart_requested" ] && [ -z "$ending" ]; do
        rm -f "$run/mysqld.sock" "$run/mysqld.sock.lock"
        run_child "$server" --defaults-file=/etc/mysql-k8s/my.cnf "$@"
    done
    echo "$status" > "$run/status.new"
    mv "$run/status.new" "$run/status"
done
exit 0
