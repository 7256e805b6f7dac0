# Sourced by run.sh: makes a data directory of a server that has none.
# In a folder of its own, renamed when complete: a half-made data directory is never started.
# Further options may be given. Without the binary log: an initialised member holds no transaction, which is what "empty" means.
initialise() {
    say "no data directory: initialising one"
    rm -rf "$volume/.initialise"
    run_child mariadb-install-db --defaults-file="$config" --datadir="$volume/.initialise" --tmpdir="$run/tmp" \
        --auth-root-authentication-method=socket --auth-root-socket-user=mysql --skip-test-db --skip-name-resolve --force "$@" \
        > "$run/tmp/initialise.log" 2>&1 || { cat "$run/tmp/initialise.log"; return 1; }
    sync
    mv "$volume/.initialise" "$volume/data"
}
