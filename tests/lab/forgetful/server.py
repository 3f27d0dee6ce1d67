"""The file system's process: python -m tests.lab.forgetful.server MOUNT DIARY [BEFORE]

Answers the kernel one question at a time, so the diary's order is the order of the calls. Every write is handed over
by the kernel at once (no write-back cache), a direct one (O_DIRECT) too; locks are the kernel's own. A syncfs(2) of a
program is not handed over at all: the kernel asks only servers of virtiofs for it (Linux 6.18, fs/fuse/inode.c,
`fuse_sync_fs`). Ends when it is unmounted.
"""

from __future__ import annotations

import itertools
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import mfusepy  # type: ignore[import-untyped]

from tests.lab.forgetful.live import Live, Node
from tests.lab.forgetful.records import SAID, Diary, Said, Sync

_BLOCKS: Final = 1 << 24  # of 4 KiB: there is always room
_NAMES: Final = 255


class Forgetful(mfusepy.Operations):  # type: ignore[misc] # the library has no types
    """What libfuse calls."""

    use_ns = True

    def __init__(self, live: Live) -> None:
        self._live = live
        self._open: dict[int, Node] = {}
        self._handles = itertools.count(1)
        self._said = Node(number=0, mode=stat.S_IFREG | 0o200, links=1)

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        node = self._node(path, fh)
        return {
            "st_ino": node.number,
            "st_mode": node.mode,
            "st_nlink": node.links,
            "st_size": len(node.data),
            "st_blocks": -(-len(node.data) // 512),
            "st_blksize": 4096,
            "st_uid": 0,
            "st_gid": 0,
            "st_mtime": node.mtime_ns,
            "st_ctime": node.mtime_ns,
            "st_atime": node.mtime_ns,
        }

    def readdir(self, path: str, _fh: int) -> Iterator[tuple[str, dict[str, int], int]]:
        folder = self._live.find(path)
        numbers = {".": folder.number, "..": folder.number, **folder.names}
        for name, number in numbers.items():
            # A name without a number is one that the C library leaves out.
            yield name, {"st_ino": number, "st_mode": self._live.nodes[number].mode}, 0

    def statfs(self, _path: str) -> dict[str, int]:
        free = {"f_blocks": _BLOCKS, "f_bfree": _BLOCKS, "f_bavail": _BLOCKS}
        files = {"f_files": _BLOCKS, "f_ffree": _BLOCKS, "f_favail": _BLOCKS}
        return {"f_bsize": 4096, "f_frsize": 4096, "f_namemax": _NAMES, **free, **files}

    def mkdir(self, path: str, mode: int) -> int:
        self._live.make(path, stat.S_IFDIR | mode)
        return 0

    def create(self, path: str, mode: int, _flags: int) -> int:
        return self._handle(self._live.make(path, mode))

    def open(self, path: str, flags: int) -> int:
        node = self._node(path, None)
        if flags & os.O_TRUNC and node is not self._said:
            self._live.resize(node, 0)
        return self._handle(node)

    def release(self, _path: str, fh: int) -> int:
        del self._open[fh]
        return 0

    def read(self, _path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self._open[fh].data[offset : offset + size])

    def write(self, _path: str, data: bytes, offset: int, fh: int) -> int:
        node = self._open[fh]
        if node is self._said:
            self._live.diary.note(Sync(node=0) if data == b"syncfs" else Said(text=data.decode()))
            return len(data)
        return self._live.write(node, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        node = self._node(path, fh)
        if node is not self._said:
            self._live.resize(node, length)
        return 0

    def fallocate(self, _path: str, mode: int, offset: int, size: int, fh: int) -> int:
        node = self._open[fh]
        if mode == 0 and offset + size > len(node.data):
            self._live.resize(node, offset + size)
        return 0

    def fsync(self, _path: str, datasync: int, fh: int) -> int:
        self._live.diary.note(Sync(node=self._open[fh].number, data_only=bool(datasync)))
        return 0

    def fsyncdir(self, path: str, _datasync: int, _fh: int) -> int:
        self._live.diary.note(Sync(node=self._live.find(path).number))
        return 0

    def link(self, target: str, source: str) -> int:
        self._live.link(source, target)
        return 0

    def unlink(self, path: str) -> int:
        self._live.remove(path)
        return 0

    def rmdir(self, path: str) -> int:
        self._live.remove(path)
        return 0

    def rename(self, old: str, new: str) -> int:
        self._live.move(old, new)
        return 0

    def chmod(self, path: str, mode: int) -> int:
        self._live.set_mode(self._node(path, None), mode)
        return 0

    def chown(self, _path: str, _uid: int, _gid: int) -> int:
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        if times is not None:
            self._live.set_time(self._live.find(path), times[1])
        return 0

    def _node(self, path: str, fh: int | None) -> Node:
        if fh is not None:
            return self._open[fh]
        return self._said if path == "/" + SAID else self._live.find(path)

    def _handle(self, node: Node) -> int:
        handle = next(self._handles)
        self._open[handle] = node
        return handle


def main(mount: Path, diary: Path, before: Path | None) -> None:
    """Serve until it is unmounted."""
    live = Live(Diary(diary))
    if before is not None:
        live.load(before)
    else:
        live.diary.note(Sync(node=0))
    mfusepy.FUSE(
        Forgetful(live),
        str(mount),
        foreground=True,
        nothreads=True,
        fsname="forgetful",
        use_ino=True,  # two names of a file have one number
        hard_remove=True,  # an open file without a name stays, and has none
        attr_timeout=0,  # of a file with two names the kernel knows nothing about the other
        entry_timeout=60,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
