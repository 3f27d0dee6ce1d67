"""System calls that a process with foreign media is refused: a seccomp filter, which needs no rights to set.

No sockets; no look into other processes, no signal to them and no limit of theirs; no process beside this one (threads
it may have); no file made, removed, renamed, cut by its name, or given other rights, owners, times or attributes. The
parser moreover starts no program and opens no file to write; ffmpeg is a program and opens what it writes by itself,
so that there only Landlock says which file that may be. Calls are refused by number and flags: a filter sees no path,
so what may be read is Landlock's to say. On a processor that is not listed nothing is filtered, and
`refuse_system_calls` says so.
"""

import ctypes
import errno
import os
import struct

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
# Linux's numbers (include/uapi/asm): on x86_64, on aarch64
_REFUSED: dict[str, tuple[int, int]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bpf": (321, 280),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "truncate": (76, 45),
    "mkdirat": (258, 34),
    "mknodat": (259, 33),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "unlinkat": (263, 35),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "open_by_handle_at": (304, 265),
}
# The same on both: pidfd_send_signal, io_uring_setup (opens sockets and files without the calls above), pidfd_getfd,
# process_madvise, openat2 (whose flags lie in memory, where no filter looks), fchmodat2, setxattrat, removexattrat,
# file_setattr
_EVERYWHERE = (424, 425, 438, 440, 437, 452, 463, 466, 469)
# Older calls that only x86_64 has: fork, vfork; rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown,
# lchown, utime, mknod, utimes, futimesat
_OLDER = {"x86_64": (57, 58, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 132, 133, 235, 261)}
_PROGRAMS = {"x86_64": (59, 322), "aarch64": (221, 281)}  # execve, execveat
# clone, tgkill, prlimit64, openat
_CLONE, _TGKILL, _PRLIMIT, _OPENAT = (
    {"x86_64": 56, "aarch64": 220},
    {"x86_64": 234, "aarch64": 131},
    {"x86_64": 302, "aarch64": 261},
    {"x86_64": 257, "aarch64": 56},
)
_OPEN = {"x86_64": 2}
_CLONE3 = 435
_CLONE_THREAD = 0x00010000  # linux/sched.h
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# linux/filter.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_X32 = 0x40000000  # x86-64's second set of numbers for the same calls
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2  # prctl(2)

# (code, where to go when true, when false, operand); jumps count from the next instruction
_Rule = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_system_calls(*, parser: bool = True) -> bool:
    """Refuse to this process for good what the module says; no_new_privs must be set.

    Args:
        parser: refuse other programs and files to write as well.

    Returns:
        Whether the kernel took the filter.
    """
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        return False
    code = program(machine, os.getpid(), parser=parser)
    filter_ = _Program(length=len(code) // 8, filter=code)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def program(machine: str, process: int, *, parser: bool) -> bytes:
    """Return the filter for a process on a kind of processor; all else is allowed, another architecture refused."""
    index = 0 if machine == "x86_64" else 1
    numbers = [both[index] for both in _REFUSED.values()]
    numbers += [*_EVERYWHERE, *_OLDER.get(machine, ()), *(_PROGRAMS[machine] if parser else ())]
    rules: list[_Rule] = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    # Its flags lie in memory as well; without it the C library asks for a thread by clone.
    rules += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]
    rules += _if(_CLONE[machine], 0, (_ANY_OF, 1, 0, _CLONE_THREAD))
    rules += _if(_TGKILL[machine], 0, (_EQUAL, 1, 0, process))  # abort(3) is a signal to oneself
    rules += _if(_PRLIMIT[machine], 0, (_EQUAL, 1, 0, 0))  # 0: oneself
    if parser:
        rules += _if(_OPENAT[machine], 2, (_ANY_OF, 0, 1, _TO_WRITE))
        if machine in _OPEN:
            rules += _if(_OPEN[machine], 1, (_ANY_OF, 0, 1, _TO_WRITE))
    rules += [(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    rules += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)


def _if(number: int, argument: int, test: _Rule) -> list[_Rule]:
    """Decide a call by the lower half of an argument; `test` skips one instruction where the call is allowed."""
    return [
        (_EQUAL, 0, 4, number),
        (
            _LOAD,
            0,
            0,
            16 + 8 * argument,
        ),  # seccomp_data.args, of a processor that puts the lower half first
        test,
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
