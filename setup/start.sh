#!/bin/sh
# Finds a Python that can set Muniment up and hands over to setup/target.py. Installs nothing itself.
# A candidate counts only when it runs: a version manager's shim may exist and fail.
set -eu
cd "$(dirname "$0")/.."

if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
    echo "Muniment needs Linux on x86-64; this is $(uname -s) on $(uname -m). / 需要 x86-64 上的 Linux。" >&2
    exit 5
fi

fit='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
found=''
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -E -s -c "$fit" >/dev/null 2>&1; then
        exec "$candidate" -E -s -B setup/target.py "$@"
    fi
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    found="$found${found:+, }$candidate = $version"
done
echo "Muniment needs Python 3.11 to 3.13 with venv (found: ${found:-none}); on Debian or Ubuntu: apt-get install python3 python3-venv / 需要带 venv 的 Python 3.11 至 3.13,Debian、Ubuntu 上请执行上述命令。" >&2
exit 5
