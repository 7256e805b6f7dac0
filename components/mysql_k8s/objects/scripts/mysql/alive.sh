#!/bin/sh
# Startup and liveness: is mysqld answering, or still on its way up? It knows nothing of replication.
# A mysqld that was never up since its last start may be recovering or moving a clone into place: leave it alone.
up=/run/mysqld/up
if mysqladmin --no-defaults --user=root --socket=/run/mysqld/mysqld.sock --connect-timeout=4 ping >/dev/null 2>&1; then
    [ -e "$up" ] || : > "$up"
    exit 0
fi
[ ! -e "$up" ]
