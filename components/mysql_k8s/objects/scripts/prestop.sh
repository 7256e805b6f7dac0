#!/bin/sh
# Tells the agent that this pod is about to stop, and waits until it allows it (the agent bounds the wait; so does this).
run=/run/mysqld
: > "$run/stopping"
left=${1:-60}
while [ "$left" -gt 0 ] && [ ! -e "$run/may-stop" ]; do
    sleep 1
    left=$((left - 1))
done
exit 0
