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
from archive.ledger.tiles import TileName, tiles_of, unbundle


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
    grows: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> TileFacts:
    """Check every file, and that none is missing that the checkpoint needs.

    Args:
        ledger: the folder.
        levels: the tree of all committed entries.
        published: size of the published checkpoint.
        grows: whether entries were appended since `levels` was made.
        progress: files done, files in all.

    Raises:
        OSError: the folder cannot be read.
    """
    facts = TileFacts()
    found: set[TileName] = set()
    paths = sorted(_walk(ledger / "tile"))
    for number, path in enumerate(paths):
        where = f"ledger/{path.relative_to(ledger).as_posix()}"
        name = TileName.parse(where.removeprefix("ledger/"))
        if name is None:
            facts.findings.append(
                Finding(code=Code.TILE_FOREIGN, where=where, detail="no tile has this name")
            )
            continue
        finding = _check(path, where, name, levels, grows)
        if finding is not None:
            facts.findings.append(finding)
        found.add(name)
        facts.checked += 1
        if number % 64 == 0:
            progress(number, len(paths))
    progress(len(paths), len(paths))
    facts.findings += _missing(ledger, found, min(published, levels.size))
    return facts


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


def _missing(ledger: Path, found: set[TileName], size: int) -> Iterator[Finding]:
    for name in tiles_of(size):
        full = TileName(level=name.level, index=name.index, width=TILE_WIDTH)
        if name in found or full in found:
            continue
        if (ledger / name.path()).exists() or (ledger / full.path()).exists():
            continue  # it came while we looked
        yield Finding(
            code=Code.BUNDLE_MISSING if name.level is None else Code.TILE_MISSING,
            where=f"ledger/{name.path()}",
            detail=f"the checkpoint over {size} entries needs it",
        )


def _check(
    path: Path, where: str, name: TileName, levels: Levels, grows: Callable[[], bool]
) -> Finding | None:
    code = Code.BUNDLE_CHANGED if name.level is None else Code.TILE_CHANGED
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Finding(code=Code.TILE_FOREIGN, where=where, detail="not a plain file")
        data = path.read_bytes()
    except FileNotFoundError:
        return None  # a partial tile goes when the full one is there; if not, it is missing
    except OSError as e:
        return Finding(code=code, where=where, detail=f"cannot be read: {e.strerror}")
    wrong = _wrong(data, name, levels)
    if wrong is None:
        return None
    first = name.index * TILE_WIDTH
    if first + name.width > levels.width(name.level or 0) and grows():
        return None  # published after we read the entries
    return Finding(code=code, where=where, detail=wrong)


def _wrong(data: bytes, name: TileName, levels: Levels) -> str | None:
    expected = levels.tile(name.level or 0, name.index, name.width)
    if len(expected) < name.width * HASH_SIZE:
        return f"it is of {name.width}, the ledger has {len(expected) // HASH_SIZE} of these"
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
