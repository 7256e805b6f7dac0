# What every run.sh needs: where things lie, and one child at a time that signals are passed on to. Sourced, not run.
config=/etc/mysql-k8s/my.cnf
volume=/var/lib/mysql
run=/run/mysqld
settled_seconds=10     # a server that ran this long is started again at once after a crash

child=
stopping=
trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT

say() { echo "run.sh: $*"; }

# A trapped signal ends `wait` early, so wait until the child is really gone.
run_child() {
    "$@" &
    child=$! last_child=$!
    wait "$child"; status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
    child=
    return $status
}
