#!/bin/sh
# Takes away what install.sh brought. Never touches the archive (/var/lib/muniment) and /etc/muniment.
#     sudo sh packaging/uninstall.sh [--root DIR]
set -eu
root=""
case ${1:-} in
"") ;;
--root) root=${2:?--root needs a folder} ;;
--root=*) root=${1#--root=} ;;
*) sed -n '2,3s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
root=${root%/}
list=$root/usr/share/muniment/installed
if [ ! -e "$list" ]; then
    echo "uninstall.sh: nothing is installed here / 此处没有安装" >&2
    exit 4
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now muniment-station.service muniment-sealer.service muniment-witness.service || true
fi
while read -r place; do
    rm -f "$root$place"
done <"$list"
rm -rf "$root/opt/muniment" "$root/usr/share/muniment"
rmdir "$root/usr/share/doc/muniment" 2>/dev/null || true
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    udevadm control --reload
fi
echo "Removed. The archive stays in /var/lib/muniment, and its user with it."
echo "已卸载。归档库仍保留在 /var/lib/muniment。"
