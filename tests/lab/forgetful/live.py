"""The file system as programs see it while the power is on, in memory; every change goes into the diary.

Holds: numbers of files are never used again; a file without a name stays as long as it is open (memory is given
back with the process). Not here: what of it is durable (`medium`), the kernel (`server`).
"""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.forgetful.records import (
    FOLDER,
    Diary,
    Gone,
    Mode,
    Move,
    Name,
    New,
    Size,
    Sync,
    Time,
)


@dataclass(slots=True, kw_only=True)
class Node:
    """A file or a folder."""

    number: int
    mode: int
    data: bytearray = field(default_factory=bytearray)
    names: dict[str, int] = field(default_factory=dict)  # of a folder
    links: int = 0
    mtime_ns: int = 0


class Live:
    """All files by number. Paths are those the kernel gives: absolute, without `..`. All raise OSError."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.nodes = {FOLDER: Node(number=FOLDER, mode=stat.S_IFDIR | 0o755, links=2)}
        self._next = FOLDER + 1

    def load(self, folder: Path) -> None:
        """What the medium holds at the mount. One file with two names stays one file."""
        numbers: dict[int, int] = {}
        for source in sorted(folder.rglob("*")):
            at, found = f"/{source.relative_to(folder)}", source.lstat()
            if found.st_ino in numbers:
                self._name(at, self.nodes[numbers[found.st_ino]])
                continue
            node = self.make(at, found.st_mode)
            if stat.S_ISDIR(found.st_mode):
                continue
            numbers[found.st_ino] = node.number
            self.write(node, source.read_bytes(), 0)
            self.set_time(node, found.st_mtime_ns)
        self.diary.note(Sync(node=0))

    def find(self, path: str) -> Node:
        """The file of a path."""
        node = self.nodes[FOLDER]
        for part in path.split("/"):
            if not part:
                continue
            number = node.names.get(part)
            if number is None:
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            node = self.nodes[number]
        return node

    def make(self, path: str, mode: int) -> Node:
        """A new file or folder under a name."""
        node = Node(number=self._next, mode=mode, mtime_ns=time.time_ns())
        self._next += 1
        self.nodes[node.number] = node
        self.diary.note(New(node=node.number, mode=mode))
        self._name(path, node)
        return node

    def link(self, source: str, target: str) -> None:
        """A second name."""
        self._name(target, self.find(source))

    def remove(self, path: str) -> None:
        """Take a name away; of a folder only when it is empty."""
        folder, name = self._parent(path)
        node = self.find(path)
        if node.names:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        del folder.names[name]
        self._touched(folder)
        node.links -= 1
        self.diary.note(Gone(folder=folder.number, name=name, node=node.number))

    def move(self, source: str, target: str) -> None:
        """Rename; what has the target's name loses it."""
        old, old_name = self._parent(source)
        new, new_name = self._parent(target)
        node = self.find(source)
        there = new.names.get(new_name)
        if there == node.number:
            return  # two names of one file: nothing happens (rename(2))
        if there is not None:
            if self.nodes[there].names:
                raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
            self.nodes[there].links -= 1
        del old.names[old_name]
        new.names[new_name] = node.number
        self._touched(old)
        self._touched(new)
        self.diary.note(
            Move(
                folder=old.number,
                name=old_name,
                node=node.number,
                to_folder=new.number,
                to_name=new_name,
            )
        )

    def write(self, node: Node, data: bytes, offset: int) -> int:
        """Bytes at an offset; a gap before them reads as zeros."""
        if offset > len(node.data):
            node.data.extend(bytes(offset - len(node.data)))
        node.data[offset : offset + len(data)] = data
        self._touched(node)
        self.diary.keep(node.number, offset, data)
        return len(data)

    def resize(self, node: Node, size: int) -> None:
        """Cut off, or make longer with zeros."""
        if size == len(node.data):
            return
        del node.data[size:]
        node.data.extend(bytes(size - len(node.data)))
        self._touched(node)
        self.diary.note(Size(node=node.number, size=size))

    def set_mode(self, node: Node, mode: int) -> None:
        """Permissions; the kind stays."""
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        self.diary.note(Mode(node=node.number, mode=node.mode))

    def set_time(self, node: Node, ns: int) -> None:
        """The modification time."""
        node.mtime_ns = ns
        self.diary.note(Time(node=node.number, ns=ns))

    def _touched(self, node: Node) -> None:
        node.mtime_ns = time.time_ns()

    def _name(self, path: str, node: Node) -> None:
        folder, name = self._parent(path)
        if name in folder.names:
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        folder.names[name] = node.number
        self._touched(folder)
        node.links += 1
        self.diary.note(Name(folder=folder.number, name=name, node=node.number))

    def _parent(self, path: str) -> tuple[Node, str]:
        above, _, name = path.rpartition("/")
        return self.find(above), name
