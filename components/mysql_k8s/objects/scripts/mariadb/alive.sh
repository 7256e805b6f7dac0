#!/bin/sh
# Startup and liveness: is mariadbd answering, or still on its way up? It knows nothing of replication.
# A server that was never up since its last start may be recovering: leave it alone.
up=/run/mysqld/up
if mariadb-admin --no-defaults --user=mysql --socket=/run/mysqld/mysqld.sock --connect-timeout=4 ping >/dev/null 2>&1; then
    [ -e "$up" ] || : > "$up"
    exit 0
fi
[ ! -e "$up" ]
