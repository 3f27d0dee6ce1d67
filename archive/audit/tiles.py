"""Every file under `ledger/tile/` against the tree that the entries make, byte by byte.

Superseded partial tiles and tiles beyond the published checkpoint are checked as well. What a
running publication does between two looks (a partial goes when its tile is full) is no finding.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from archive.audit.levels import Levels, split
from archive.audit.report import Code, Finding
from archive.errors import LedgerDamagedError
from archive.ledger.merkle import HASH_SIZE, TILE_WIDTH, leaf_hash
from archive.ledger.tiles import TileName, bundle, tiles_of, unbundle


@dataclass(slots=True)
class TileFacts:
    """What `tile/` holds."""

    checked: int = 0
    findings: list[Finding] = field(default_factory=list)


def check_tiles(
    ledger: Path,
    levels: Levels,
    *,
    published: int,
    lines: Callable[[int, int], list[bytes]],
    grows: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> TileFacts:
    """Check every file, and that none is missing that the checkpoint needs.

    Args:
        ledger: the folder.
        levels: the tree of all committed entries.
        published: size of the published checkpoint.
        lines: what the entries file holds for so many entries from an index on, right or not.
        grows: whether entries were appended since `levels` was made.
        progress: files done, files in all.

    Raises:
        OSError: the folder cannot be read.
    """
    check = _Check(ledger, levels, lines, grows)
    paths = sorted(_walk(ledger / "tile"))
    for number, path in enumerate(paths):
        check.look(path)
        if number % 64 == 0:
            progress(number, len(paths))
    progress(len(paths), len(paths))
    check.look_for(min(published, levels.size))
    return check.facts


class _Check:
    def __init__(
        self,
        ledger: Path,
        levels: Levels,
        lines: Callable[[int, int], list[bytes]],
        grows: Callable[[], bool],
    ) -> None:
        self.facts = TileFacts()
        self._ledger = ledger
        self._levels = levels
        self._lines = lines
        self._grows = grows
        self._found: set[TileName] = set()

    def look(self, path: Path) -> None:
        """One file."""
        where = f"ledger/{path.relative_to(self._ledger).as_posix()}"
        name = TileName.parse(where.removeprefix("ledger/"))
        if name is None:
            self._find(Code.TILE_FOREIGN, where, "no tile has this name")
            return
        self._found.add(name)
        self.facts.checked += 1
        code = Code.BUNDLE_CHANGED if name.level is None else Code.TILE_CHANGED
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                self._find(Code.TILE_FOREIGN, where, "not a plain file")
                return
            data = path.read_bytes()
        except FileNotFoundError:
            return  # a partial tile goes when the full one is there; if not, it is missing
        except OSError as e:
            self._find(code, where, f"cannot be read: {e.strerror}")
            return
        wrong = self._wrong(data, name)
        if wrong is not None and not self._is_newer(name):
            self._find(code, where, wrong)

    def look_for(self, size: int) -> None:
        """Whether everything is there that a checkpoint of this size needs."""
        for name in tiles_of(size):
            full = TileName(level=name.level, index=name.index, width=TILE_WIDTH)
            if name in self._found or full in self._found:
                continue
            if (self._ledger / name.path()).exists() or (self._ledger / full.path()).exists():
                continue  # it came while we looked
            self._find(
                Code.BUNDLE_MISSING if name.level is None else Code.TILE_MISSING,
                f"ledger/{name.path()}",
                f"the checkpoint over {size} entries needs it",
            )

    def _is_newer(self, name: TileName) -> bool:
        """Whether it was published after the entries were read."""
        end = name.index * TILE_WIDTH + name.width
        return end > self._levels.width(name.level or 0) and self._grows()

    def _wrong(self, data: bytes, name: TileName) -> str | None:
        if name.level is None and data == bundle(self._lines(name.index * TILE_WIDTH, name.width)):
            return None  # the quick way: lines whose hashes are known; else entry by entry
        expected = self._levels.tile(name.level or 0, name.index, name.width)
        if len(expected) < name.width * HASH_SIZE:
            return f"it is of {name.width}, the ledger has {len(expected) // HASH_SIZE} of these"
        return _wrong(data, name, expected)

    def _find(self, code: Code, where: str, detail: str) -> None:
        self.facts.findings.append(Finding(code=code, where=where, detail=detail))


def _walk(folder: Path) -> Iterator[Path]:
    """Every name below that is no folder; a link is none."""
    try:
        entries = list(folder.iterdir())
    except FileNotFoundError:
        return
    for path in entries:
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _wrong(data: bytes, name: TileName, expected: bytes) -> str | None:
    if name.level is None:
        return _wrong_bundle(data, name, expected)
    if data == expected:
        return None
    if len(data) != len(expected):
        return f"{len(data)} bytes, not {len(expected)}"
    at = next(i for i, (a, b) in enumerate(zip(data, expected, strict=True)) if a != b)
    return f"hash {at // HASH_SIZE} is not the ledger's"


def _wrong_bundle(data: bytes, name: TileName, leaves: bytes) -> str | None:
    try:
        entries = unbundle(data, name.width)
    except LedgerDamagedError as e:
        return str(e)
    for i, (entry, leaf) in enumerate(zip(entries, split(leaves), strict=True)):
        if leaf_hash(entry) != leaf:
            return f"entry {name.index * TILE_WIDTH + i} in it is not the ledger's"
    return None
