"""What the process that parses media may not do: Linux limits, set once before the first clip.

It has no capability and gains none. It cannot write a file (but for the one that it is handed open, up to the allowance
that it was started with), nor make, remove, rename, cut or change one in any other way; it cannot reach a network,
start a process, signal or look into another one, use more than a bounded memory or processor time, or outlive its
parent's pipe. Where the kernel has Landlock it opens no file but what it is made of: Python and its packages, our own
code, the system's libraries and fonts. Where it has none it can still read what its user can read.
"""

import ctypes
import os
import resource
import sys
from pathlib import Path

from devices.rights import drop_rights, lower_limit
from ingest.media import landlock
from ingest.media.syscalls import refuse_system_calls

MEMORY = 3 << 29  # bytes of address space: 1.5 GiB
OPEN_FILES = 32
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
# A document's letters may be missing in it; times without a zone are the machine's.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"),
    *("/usr/share/fonts", "/usr/share/X11/fonts", "/usr/local/share/fonts", "/etc/fonts"),
    *("/usr/share/zoneinfo", "/etc/localtime", "/dev/null", "/dev/urandom"),
    *("/proc/cpuinfo", "/proc/self/auxv", "/sys/devices/system/cpu"),
)
_PACKAGES = ("ingest", "devices", "archive")  # of ours, beside each other wherever they are


def confine(*, writes: int = 0) -> None:
    """Give up what a parser of foreign bytes does not need. Call while single-threaded.

    Args:
        writes: how long a file that it writes may become, in bytes.

    Raises:
        OSError: a limit that every kernel grants was refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # A container may forbid both; the filter below needs no rights and stands alone then.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    # After it: a network of its own takes a right, or gives all of them in a user space of its own.
    drop_rights()
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, writes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        lower_limit(limit, value, value)
    os.nice(5)
    readable = landlock.READ | landlock.LIST
    landlock.allow_only((place, readable) for place in (*_SYSTEM, *_own()))
    refuse_system_calls()


def _own() -> list[str]:
    """Where this program's code lies: modules are imported when a task first needs them."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    root = Path(__file__).parents[2]
    return [
        *(f"{prefix}/{folder}" for prefix in sorted(prefixes) for folder in ("lib", "lib64")),
        *(str(root / package) for package in _PACKAGES),
    ]


def allow_processor(seconds: int) -> None:
    """Let this process use so many more seconds of processor time, then be ended by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    lower_limit(resource.RLIMIT_CPU, soft, resource.RLIM_INFINITY)
