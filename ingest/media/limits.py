"""What the process that parses media may not do: Linux limits, set once before the first clip.

It has no capability and gains none. It cannot write a file (of any size, but for the allowance that it was started
with), reach a network, use more than a bounded memory or processor time, or outlive its parent's pipe. It can still
read files that its user can read.
"""

import ctypes
import os
import resource

from devices.rights import drop_rights
from ingest.media.syscalls import refuse_system_calls

MEMORY = 3 << 29  # bytes of address space: 1.5 GiB
OPEN_FILES = 32
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)


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
    refuse_system_calls()
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, writes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    os.nice(5)


def allow_processor(seconds: int) -> None:
    """Let this process use so many more seconds of processor time, then be ended by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
