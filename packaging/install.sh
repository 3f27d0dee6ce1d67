#!/bin/sh
# Installs a station the way Debian lays a system out. May be run again: what is there is brought up to date, and
# neither the archive nor /etc/muniment/station.env is touched.
#
#     sudo sh packaging/install.sh                    this machine
#     sh packaging/install.sh --root DIR              into a folder, for a package or an image
#         --python PROGRAM        Python 3.11 to 3.13; default python3
#         --without-program       everything but /opt/muniment
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(dirname -- "$here")
root=""
python=python3
program=yes

usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'
}

fail() {
    echo "install.sh: $1" >&2
    exit "${2:-5}"
}

while [ $# -gt 0 ]; do
    case $1 in
    --root) root=${2:?--root needs a folder}; shift ;;
    --root=*) root=${1#--root=} ;;
    --python) python=${2:?--python needs a program}; shift ;;
    --python=*) python=${1#--python=} ;;
    --without-program) program=no ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

case $root in
"" | /) root="" ;;
/*) ;;
*) root=$(pwd)/$root ;;
esac
root=${root%/}
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
    fail "run it as root, or give --root DIR / 请以 root 执行,或指定 --root 目录"
fi

# What is installed, for uninstall.sh: mode, file of this folder, place.
files='
644 muniment-station.service /lib/systemd/system/muniment-station.service
644 muniment-sealer.service /lib/systemd/system/muniment-sealer.service
644 muniment-witness.service /lib/systemd/system/muniment-witness.service
644 60-muniment.rules /usr/lib/udev/rules.d/60-muniment.rules
644 69-muniment.rules /usr/lib/udev/rules.d/69-muniment.rules
644 muniment.sysusers /usr/lib/sysusers.d/muniment.conf
644 muniment.tmpfiles /usr/lib/tmpfiles.d/muniment.conf
755 muniment /usr/bin/muniment
755 muniment-new-archive /usr/sbin/muniment-new-archive
644 ../docs/station.md /usr/share/doc/muniment/station.md
644 ../docs/witness.md /usr/share/doc/muniment/witness.md
644 ../LICENSE /usr/share/doc/muniment/copyright
'
list=$root/usr/share/muniment/installed
mkdir -p "$root/usr/share/muniment" "$root/var/lib" "$root/etc"
: >"$list"
echo "$files" | while read -r mode file place; do
    [ -n "$mode" ] || continue
    mkdir -p "$(dirname "$root$place")"
    install -m "$mode" "$here/$file" "$root$place"
    echo "$place" >>"$list"
done
if [ ! -e "$root/etc/muniment/station.env" ]; then
    mkdir -p "$root/etc/muniment"
    install -m 600 "$here/station.env" "$root/etc/muniment/station.env"
fi

if [ "$program" = yes ]; then
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' ||
        fail "$python is not Python 3.11 to 3.13 / 需要 Python 3.11 至 3.13"
    target=$root/opt/muniment
    rm -rf "$target"
    "$python" -m venv "$target" || fail "no venv: the Debian package python3-venv / 缺少 venv"
    "$target/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes -r "$source/requirements/run.lock"
    # From a copy: building leaves files in the folder that it builds.
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    (cd "$source" && cp -R api archive devices flows ingest muniment requirements pyproject.toml README.md LICENSE "$copy")
    "$target/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps "$copy"
    if [ -n "$root" ]; then
        # Programs of an environment name its Python from the root on.
        grep -lIr --null "$target" "$target/bin" "$target/pyvenv.cfg" | xargs -0 -r sed -i "s|$target|/opt/muniment|g"
    fi
fi

if [ -z "$root" ]; then
    systemd-sysusers /usr/lib/sysusers.d/muniment.conf
    systemd-tmpfiles --create /usr/lib/tmpfiles.d/muniment.conf
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl enable muniment-sealer.service muniment-station.service
        udevadm control --reload
        udevadm trigger --subsystem-match=usb --subsystem-match=block
    fi
fi
cat <<'NEXT'
Installed. Next, on the station itself / 已安装。接下来在采集站上执行:
    sudo muniment-new-archive --origin NAME                        make the archive / 建立归档库
    sudo systemctl enable --now muniment-station.service           start the station / 启动采集站
    sudo muniment user add NAME --role archivist --password-stdin  add a user / 添加用户
NEXT
