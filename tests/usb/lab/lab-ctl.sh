#!/bin/sh
# One request to the host, one line back: "ok ..." or "error ...".   lab-ctl plug NAME | unplug NAME | qmp JSON
port=/run/lab/port.ctl
exec 9>/run/lab/lock; flock 9
exec 8<>$port; echo "$*" >&8; read -r line <&8; echo "$line"
case $line in ok*) exit 0;; *) exit 1;; esac
