#!/bin/sh
# Sells something every other second: writes the order, reads it back from any member, and notes it in the audit log.
# Passwords are read from mounted Secrets each time, so that a changed one needs no restart.
set -u

# ask DATABASE HOST STATEMENT: the folder /etc/DATABASE holds who to log in as, and whom to trust.
ask() {
  MYSQL_PWD=$(cat "/etc/$1/password") mysql --no-defaults --host="$2" --user="$(cat "/etc/$1/username")" \
    --ssl-mode=VERIFY_IDENTITY --ssl-ca="/etc/$1/ca.crt" --connect-timeout=5 --batch --skip-column-names \
    --execute="$3" "$(cat "/etc/$1/database")"
}

open_shop() {
  ask orders "$(cat /etc/orders/host)" \
    'CREATE TABLE IF NOT EXISTS orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, item VARCHAR(20) NOT NULL)' &&
    ask audit "$(cat /etc/audit/host)" 'CREATE TABLE IF NOT EXISTS sales (order_id BIGINT PRIMARY KEY)'
}

# A replica may be a moment behind: a row that is not there yet is asked for again.
read_back() {
  for _ in 1 2 3 4 5; do
    [ "$(ask orders "$READ_HOST" "SELECT item FROM orders WHERE id = $1")" = tea ] && return
    sleep 0.5
  done
  return 1
}

sell() {
  order=$(ask orders "$(cat /etc/orders/host)" "INSERT INTO orders (item) VALUES ('tea'); SELECT LAST_INSERT_ID()") &&
    read_back "$order" &&
    ask audit "$(cat /etc/audit/host)" "INSERT INTO sales (order_id) VALUES ($order)" &&
    echo "sold: order $order, read back from $READ_HOST"
}

trap 'exit 0' TERM
until open_shop; do sleep 2; done
while true; do
  sell && date +%s >/run/shop/sold
  date +%s >/run/shop/tried
  sleep 2
done
