"""What a medium holds after the power went: what was synced, and of the rest nothing, all, or something between.

By POSIX: bytes, size and mode of a file last from its fsync on (fdatasync: not the mode), a name from the fsync of its
folder on, everything from a syncfs on. Stricter than ext4 and xfs, which write names in order and with a file's fsync
those before it: here a synced file whose name was not is lost, and so is everything in a folder whose own name was not.
As on these two a rename is one step: it happened in both folders or in neither, and lasts from the fsync of either.
Not modelled: sectors that were synced and change all the same (bit rot), times of access.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.lab.forgetful.records import (
    FOLDER,
    Gone,
    Mode,
    Move,
    Name,
    New,
    Record,
    Said,
    Size,
    Story,
    Sync,
    Time,
    Write,
)

PAGE: Final = 4096
SECTOR: Final = 512
_NOTHING: Final = 0  # no file has this number
_MOMENTS: Final = 4  # of which a file is mixed, beside its sync and now
_TORN: Final = 0.1  # of the pages: some sectors are older than others


class Kept(StrEnum):
    """How much of what was not synced is there."""

    NOTHING = "nothing"
    ALL = "all"
    SOME = (
        "some"  # names: any subset; bytes: each page and the size as at any moment since the sync
    )
    FIRST = "first"  # names: the first so many, as a journal has them; bytes: as SOME


@dataclass(slots=True, kw_only=True)
class _File:
    """A file: what is on the medium, and what came since, oldest first."""

    mode: int
    data: bytes = b""
    lasting_mode: int = 0
    mtime_ns: int = 0
    since: list[Write | Size] = field(default_factory=list)


Named = Name | Gone | Move


class Medium:
    """Replays a story up to a moment; `cut` then says what is there."""

    def __init__(self, story: Story, before: int) -> None:
        self._bytes = story.data
        self._files: dict[int, _File] = {FOLDER: _File(mode=stat.S_IFDIR | 0o755)}
        self._names: dict[int, dict[str, int]] = {FOLDER: {}}  # by folder, those that last
        self._pending: list[Named] = []
        for record in story.records[:before]:
            self._replay(record)

    def cut(
        self, folder: Path, *, names: Kept, data: Kept, draw: random.Random, below: str = ""
    ) -> dict[str, int]:
        """Make in a new folder what the medium holds, or what it holds in one folder of the root.

        Returns:
            How many changes of names, and of how many files some bytes, were lost.
        """
        kept = self._kept_names(names, draw)
        tree = {number: dict(found) for number, found in self._names.items()}
        for change in kept:
            _apply(tree, change)
        made: dict[int, Path] = {}
        folder.mkdir()
        top = tree[FOLDER].get(below, _NOTHING) if below else FOLDER
        lost = {"names": len(self._pending) - len(kept), "files": 0}
        for number, path in _walk(tree, top, folder):
            file = self._files[number]
            if stat.S_ISDIR(file.mode):
                path.mkdir()
            elif number in made:
                os.link(made[number], path)
            else:
                made[number] = path
                lost["files"] += self._make(path, file, data, draw)
        return lost

    # Replaying

    def _replay(self, record: Record) -> None:
        match record:
            case New():
                self._files[record.node] = _File(mode=record.mode, lasting_mode=record.mode)
                if stat.S_ISDIR(record.mode):
                    self._names[record.node] = {}
            case Name() | Gone() | Move():
                self._pending.append(record)
            case Write() | Size():
                self._files[record.node].since.append(record)
            case Mode():
                self._files[record.node].mode = record.mode
            case Time():
                self._files[record.node].mtime_ns = record.ns
            case Sync(node=0):
                for number in self._files:
                    self._sync_file(number, data_only=False)
                self._sync_names(set(self._names))
            case Sync():
                if record.node in self._names:
                    self._sync_names({record.node})
                else:
                    self._sync_file(record.node, data_only=record.data_only)
            case Said():
                pass

    def _sync_file(self, number: int, *, data_only: bool) -> None:
        file = self._files[number]
        if file.since:
            file.data = self._after(file, [len(file.since)])[0]
            file.since = []
        if not data_only:
            file.lasting_mode = file.mode

    def _sync_names(self, folders: set[int]) -> None:
        rest: list[Named] = []
        for change in self._pending:
            if folders & _folders(change):
                _apply(self._names, change)
            else:
                rest.append(change)
        self._pending = rest

    # Cutting

    def _kept_names(self, names: Kept, draw: random.Random) -> list[Named]:
        if names is Kept.NOTHING:
            return []
        if names is Kept.ALL:
            return self._pending
        if names is Kept.FIRST:
            return self._pending[: draw.randint(0, len(self._pending))]
        share = draw.random()
        return [change for change in self._pending if draw.random() < share]

    def _make(self, path: Path, file: _File, data: Kept, draw: random.Random) -> bool:
        """Write a file as the medium has it; whether something of it was lost."""
        last = len(file.since)
        [now] = self._after(file, [last])
        if data is Kept.NOTHING:
            content, mode = file.data, file.lasting_mode
        elif data is Kept.ALL:
            content, mode = now, file.mode
        else:
            moments = sorted({0, last, *draw.choices(range(last + 1), k=_MOMENTS)})
            content = _mixed(self._after(file, moments), draw) if last else now
            mode = draw.choice([file.lasting_mode, file.mode])
        path.write_bytes(content)
        if file.mtime_ns:
            os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
        path.chmod(stat.S_IMODE(mode))
        return content != now

    def _after(self, file: _File, moments: list[int]) -> list[bytes]:
        """The file after so many of its changes since the sync."""
        found = []
        now, done = bytearray(file.data), 0
        for moment in moments:
            for change in file.since[done:moment]:
                self._change(now, change)
            done = moment
            found.append(bytes(now))
        return found

    def _change(self, data: bytearray, change: Write | Size) -> None:
        if isinstance(change, Size):
            del data[change.size :]
            data.extend(bytes(change.size - len(data)))
        else:
            data.extend(bytes(max(0, change.offset - len(data))))
            piece = self._bytes[change.at : change.at + change.length]
            data[change.offset : change.offset + change.length] = piece


def _mixed(versions: list[bytes], draw: random.Random) -> bytes:
    """The size of one moment, each page of another: pages are written when the kernel likes, and so is the inode."""
    size = len(draw.choice(versions))
    if draw.random() < 0.5:  # a write of many pages is cut off at any of them
        size = min(size, draw.randint(0, size // PAGE + 1) * PAGE)
        size = max(size, min(map(len, versions)))
    if draw.random() < 0.5:
        size = len(versions[-1])
    stale = _stale(-(-size // PAGE), draw)
    mixed = bytearray(size)
    for page in range(-(-size // PAGE)):
        start = page * PAGE
        step = SECTOR if draw.random() < _TORN else PAGE
        for at in range(start, min(start + PAGE, size), step):
            version = draw.choice(versions[:-1]) if page in stale else versions[-1]
            if step == SECTOR and draw.random() < 0.5:
                version = versions[-1]
            piece = version[at : min(at + step, size)]
            mixed[at : at + len(piece)] = piece
    return bytes(mixed)


def _stale(pages: int, draw: random.Random) -> set[int]:
    """Pages that are not the newest: anywhere, or a few side by side."""
    if draw.random() < 0.5:
        share = draw.random()
        return {page for page in range(pages) if draw.random() < share}
    first = [draw.randrange(pages) for _ in range(draw.randint(1, 3))] if pages else []
    return {page + more for page in first for more in range(draw.randint(1, 4))}


def _folders(change: Named) -> set[int]:
    return {change.folder, change.to_folder} if isinstance(change, Move) else {change.folder}


def _apply(names: dict[int, dict[str, int]], change: Named) -> None:
    """Do to names what a change does, as far as what it begins with is there."""
    folder = names[change.folder]
    if isinstance(change, Name):
        folder[change.name] = change.node
        return
    if folder.get(change.name) == change.node:
        del folder[change.name]
    if isinstance(change, Move):
        names[change.to_folder][change.to_name] = change.node


def _walk(names: dict[int, dict[str, int]], number: int, path: Path) -> Iterator[tuple[int, Path]]:
    for name, child in sorted(names.get(number, {}).items()):
        yield child, path / name
        if child in names:
            yield from _walk(names, child, path / name)
