"""System calls that a process with foreign media is refused: a seccomp filter, which needs no rights to set.

No sockets, no look into other processes and no signals to them; no other programs for the parser. ffmpeg is one, and
is refused what the kernel gives to its like only when asked. On a processor that is not listed nothing is filtered,
and `refuse_system_calls` says so.
"""

import ctypes
import errno
import os
import struct

# Linux's numbers (include/uapi/asm): audit architecture, then socket, connect, ptrace, bpf,
# io_uring_setup (which opens sockets without the first two)
_REFUSED: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (41, 42, 101, 321, 425)),
    "aarch64": (0xC00000B7, (198, 203, 117, 280, 425)),
}
# execve, execveat
_PROGRAMS: dict[str, tuple[int, ...]] = {"x86_64": (59, 322), "aarch64": (221, 281)}
# A program that is about to be started cannot be refused the start. Instead: kill, rt_sigqueueinfo,
# pidfd_send_signal, pidfd_getfd, process_vm_readv, process_vm_writev, unshare, setns, socketpair
_NEIGHBOURS: dict[str, tuple[int, ...]] = {
    "x86_64": (62, 129, 424, 438, 310, 311, 272, 308, 53),
    "aarch64": (129, 138, 424, 438, 270, 271, 97, 268, 199),
}
# linux/filter.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32 = 0x40000000  # x86-64's second set of numbers for the same calls
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2  # prctl(2)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_system_calls(*, programs: bool = True) -> bool:
    """Refuse sockets to this process for good; no_new_privs must be set.

    Args:
        programs: refuse other programs as well; else signals to and looks into other processes.

    Returns:
        Whether the kernel took the filter.
    """
    machine = os.uname().machine
    known = _REFUSED.get(machine)
    if known is None:
        return False
    architecture, numbers = known
    code = program(architecture, numbers + (_PROGRAMS if programs else _NEIGHBOURS)[machine])
    filter_ = _Program(length=len(code) // 8, filter=code)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """Return the filter: each number refused, all else allowed, another architecture refused."""
    count = len(numbers)
    # the last two instructions are "allow" and "refuse"; jumps count from the next instruction
    rules = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 0, count + 3, architecture),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, count + 1, 0, _X32),
        *((_EQUAL, count - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)
