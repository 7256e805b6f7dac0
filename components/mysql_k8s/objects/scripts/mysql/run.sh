#!/bin/sh
# Initialises an absent data directory, starts mysqld, and starts it again when it asks for that (after CLONE).
# No decision about data is taken here: an existing data directory is started as it is.
set -u

. /etc/mysql-k8s/lib.sh
restart_requested=16   # mysqld's exit status after RESTART, when MYSQLD_PARENT_PID names its parent
export MYSQLD_PARENT_PID=$$

# In a folder of its own, renamed when complete: a half-made data directory is never started.
# Without the binary log: an initialised member holds no transaction, which is what "empty" means.
initialise() {
    say "no data directory: initialising one"
    rm -rf "$volume/.initialise"
    cat > "$run/initialise.sql" <<SQL
UPDATE mysql.user SET plugin = 'auth_socket', authentication_string = 'mysql' WHERE user = 'root' AND host = 'localhost';
SQL
    run_child mysqld --defaults-file="$config" --datadir="$volume/.initialise" --initialize-insecure \
        --skip-log-bin --auto-generate-certs=OFF --init-file="$run/initialise.sql" --log-error-verbosity=1 || return $?
    rm -f "$volume/.initialise/private_key.pem" "$volume/.initialise/public_key.pem" "$volume/.initialise/auto.cnf"
    sync
    mv "$volume/.initialise" "$volume/data"
}

mkdir -p "$run/tmp"
rm -f "$run/stopping" "$run/may-stop"

if [ -e "$volume/data/aria_log_control" ]; then
    say "the data is MariaDB's: it stays as it is; set engine.kind = mariadb again"
    exit 1
fi
if [ ! -d "$volume/data" ]; then
    initialise || { say "initialising failed with status $?"; exit 1; }
fi

ordinal=${POD_NAME##*-}
service=${POD_NAME%-*}
while [ -z "$stopping" ]; do
    # The socket's lock file names a process id of an earlier container, which may be anyone's now.
    rm -f "$run/up" "$run/mysqld.sock" "$run/mysqld.sock.lock"
    started=$(date +%s)
    run_child mysqld --defaults-file="$config" --server-id=$((100 + ordinal)) \
        --report-host="$POD_NAME.$service.$POD_NAMESPACE.svc"
    status=$?
    ran=$(($(date +%s) - started))
    say "mysqld ended with status $status after $ran s"
    [ $status -eq $restart_requested ] && continue
    [ $status -eq 0 ] && exit 0
    # One that dies young is left to the kubelet, which waits longer each time and shows it.
    [ $ran -ge $settled_seconds ] || exit $status
done
exit 0
