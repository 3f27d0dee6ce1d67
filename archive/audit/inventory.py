"""What lies under `store/`, looked at once, objects first.

The order is what makes an audit right beside a running docking: an object that is listed here and
named by an entry only after the entries were read still has its name in `incoming/`, because that
goes only when the entry is durable (docs/formats/store.md, invariant 4).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.audit.report import Code, Finding
from archive.store.removing import LEAVING

if TYPE_CHECKING:
    from archive.audit.bucket import Bucket

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_AREA: Final = re.compile(r"r-[0-9a-f]{24}|w-[0-9a-f]{32}")
_TRIAL: Final = re.compile(r"medium-[0-9a-f]{16}(?:\.link)?")  # left by a killed check of the disk


@dataclass(frozen=True, slots=True)
class Held:
    """An object as its folder shows it."""

    inode: int
    size: int
    mode: int


@dataclass(slots=True)
class Inventory:
    """The store's files."""

    objects: dict[bytes, Held] = field(default_factory=dict)  # by digest
    incoming: set[int] = field(default_factory=set)  # inodes
    findings: list[Finding] = field(default_factory=list)
    folder_missing: bool = False
    leaving: int = 0  # objects that a removal has out of sight
    bucket: Bucket | None = None  # where objects are no files

    def read_names(self, root: Path, size: int) -> None:
        """In a bucket: which versions so many entries name, before any object is looked at. Raises ArchiveError."""
        if self.bucket is not None:
            self.bucket.read_names(root, size)
            self.take_bucket()

    def take_bucket(self) -> None:
        """Objects are what the bucket says now: again when it knows which versions entries name."""
        if self.bucket is not None:
            mode = stat.S_IFREG | 0o444
            self.objects = {d: Held(0, size, mode) for d, size in self.bucket.held().items()}

    def sizes(self) -> dict[bytes, int]:
        """Of the objects that are plain files."""
        plain = ((digest, held) for digest, held in self.objects.items() if stat.S_ISREG(held.mode))
        return {digest: held.size for digest, held in plain}


def take_inventory(root: Path, bucket: Bucket | None = None) -> Inventory:
    """List `store/`: objects, then `incoming/`, then whatever else is there.

    Raises:
        OSError: a folder cannot be read.
        S3Error: the bucket cannot be listed.
    """
    found = Inventory(bucket=bucket)
    store = root / "store"
    if bucket is not None:
        bucket.list(root)
        found.take_bucket()
        found.findings += bucket.findings
    _list_objects(root, found)
    _list_incoming(root, found)
    for entry in _scan(store):
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name == LEAVING and is_folder and bucket is None:
            _list_leaving(root, found, Path(entry.path))
        elif entry.name not in {"sha256", "incoming"} or not is_folder:
            for path in _files(Path(entry.path)) if is_folder else [Path(entry.path)]:
                _foreign(found, root, path, "nothing belongs here")
    return found


def _list_objects(root: Path, found: Inventory) -> None:
    top = root / "store" / "sha256"
    if found.bucket is not None:
        for entry in _scan(top):
            _foreign(found, root, Path(entry.path), "objects are in the bucket, not here")
        return
    found.folder_missing = not top.is_dir()
    for first in _scan(top):
        for second in _folders(first, found, root):
            for entry in _folders(second, found, root):
                name = entry.name
                # `ab/cd/<digest>`: the folders are the digest's first digits.
                if entry.is_dir(follow_symlinks=False):
                    for path in _files(Path(entry.path)):
                        _foreign(found, root, path, "no object lies so deep")
                elif _DIGEST.fullmatch(name) and (first.name, second.name) == (
                    name[:2],
                    name[2:4],
                ):
                    status = entry.stat(follow_symlinks=False)
                    found.objects[bytes.fromhex(name)] = Held(
                        status.st_ino, status.st_size, status.st_mode
                    )
                elif _DIGEST.fullmatch(name):
                    _foreign(found, root, Path(entry.path), "an object's name in a wrong folder")
                else:
                    _foreign(found, root, Path(entry.path), "the name is no digest")


def _list_leaving(root: Path, found: Inventory, folder: Path) -> None:
    """What a removal has out of sight: under way, or cut short; who writes next ends it."""
    for path in _files(folder):
        if path.parent == folder and _DIGEST.fullmatch(path.name):
            found.leaving += 1
        else:
            _foreign(found, root, path, "no object that is being removed has this name")


def _folders(entry: os.DirEntry[str], found: Inventory, root: Path) -> Iterator[os.DirEntry[str]]:
    if entry.is_dir(follow_symlinks=False):
        yield from _scan(Path(entry.path))
    else:
        _foreign(found, root, Path(entry.path), "no object lies here")


def _list_incoming(root: Path, found: Inventory) -> None:
    for area in _scan(root / "store" / "incoming"):
        if area.is_dir(follow_symlinks=False):
            known = _AREA.fullmatch(area.name) is not None
            for path in _files(Path(area.path)):
                _incoming_file(root, path, found, why="" if known else "no area has this name")
        else:
            trial = _TRIAL.fullmatch(area.name) is not None
            why = "" if trial else "no transfer lies here"
            _incoming_file(root, Path(area.path), found, why=why)


def _incoming_file(root: Path, path: Path, found: Inventory, *, why: str) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return  # a transfer that ended
    if not stat.S_ISREG(status.st_mode):
        _foreign(found, root, path, "a link or device; transfers are plain files")
        return
    found.incoming.add(status.st_ino)
    if why:
        _foreign(found, root, path, why)


def _foreign(found: Inventory, root: Path, path: Path, why: str) -> None:
    if os.path.lexists(path):
        shown = os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")
        found.findings.append(Finding(code=Code.FOREIGN_FILE, where=shown, detail=why))


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        return []  # an area or a folder that went while we looked


def _files(folder: Path) -> Iterator[Path]:
    for entry in _scan(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        else:
            yield Path(entry.path)
