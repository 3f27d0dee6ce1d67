"""Small file systems that a test may fill, spoil and pull away, mounted where nobody else sees them.

Holds: what is mounted inside `own_mounts` is seen by this process and by those that it starts, and is gone
after the block, also when a test dies in it. Needs root; skips with a reason where that or a tool is absent.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.images import blank, loop, make

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS: Final = 0x00020000  # sched.h
_PIECES: Final = (1 << 20, 1 << 16, 1 << 12, 1 << 9, 1)


@contextmanager
def own_mounts() -> Iterator[None]:
    """A mount namespace of this thread and of what it starts (unshare(2)); the old one again afterwards."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root and mount (Debian: mount)")
    before = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    here = Path.cwd()
    try:
        if _LIBC.unshare(_CLONE_NEWNS) != 0:
            pytest.skip(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
        run("mount", "--make-rprivate", "/")
        try:
            yield
        finally:
            if _LIBC.setns(before, _CLONE_NEWNS) != 0:
                raise OSError(ctypes.get_errno(), "setns: a thread is left that began in the block")
            os.chdir(here)
    finally:
        os.close(before)


@contextmanager
def tmpfs(folder: Path, *options: str) -> Iterator[Path]:
    """A file system in memory, such as `size=8m` or `nr_inodes=200`."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root and mount (Debian: mount)")
    folder.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", ",".join(("mode=0755", *options)), "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _unmount(folder)


@contextmanager
def ext4(folder: Path, *, megabytes: int, made: tuple[str, ...] = ()) -> Iterator[Path]:
    """A real disk's file system: ext4 on a loop device; `made`: more words for mkfs."""
    image = make(blank(folder.with_suffix(".img"), megabytes=megabytes), "ext4", "-m", "0", *made)
    folder.mkdir(exist_ok=True)
    with loop(image) as node:
        run("mount", str(node), str(folder))
        try:
            yield folder
        finally:
            _unmount(folder)
    image.unlink()


def run(*command: str) -> None:
    """A program that has to succeed; what it said is in the failure."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)


def fill(folder: Path, *, free: int) -> Path:
    """A file that takes all the room but so many bytes, as far as blocks allow. Remove it to make room again."""
    ballast = folder / "ballast"
    with ballast.open("ab") as file:
        for piece in _PIECES:
            with suppress(OSError):
                while room(folder) - free >= piece:
                    at = os.fstat(file.fileno()).st_size
                    before = room(folder)
                    os.posix_fallocate(file.fileno(), at, piece)
                    if room(folder) == before and piece < os.statvfs(folder).f_frsize:
                        break
    return ballast


def room(folder: Path) -> int:
    """Bytes that can still be written."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def use_up_inodes(folder: Path, *, left: int) -> Path:
    """A folder of empty files, so that only so many more files can be made. Remove it to have them again."""
    litter = folder / "litter"
    litter.mkdir()
    with suppress(OSError):
        for n in range(os.statvfs(folder).f_favail - left):
            (litter / str(n)).touch()
    return litter


def _unmount(folder: Path) -> None:
    if os.path.ismount(folder):
        run("umount", str(folder))
