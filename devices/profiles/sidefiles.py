"""Which files lie beside a clip only because of it: thumbnails, proxies, tracks, logs.

Holds: a file belongs to at most one other in the same folder, and that one to none. A side
file is a clip all the same; belonging changes its place in the order, never whether it is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from devices.profiles.names import Name, without_mark

_RANK: Final = {"video": 0, "photo": 1, "audio": 2}  # who owns, when several could


def owners(
    names: Sequence[Name],
    *,
    extensions: frozenset[str],
    prefixes: Mapping[str, tuple[str, ...]],
    marks: frozenset[str],
) -> dict[bytes, bytes]:
    """Path of each side file -> path of the clip it belongs to.

    Args:
        names: everything on the recorder.
        extensions: lower case; only files with one of these can belong to another.
        prefixes: how a side file's name may begin -> how its clip's name begins instead.
        marks: words that a recorder adds to the clip's name alone.
    """
    clips = _Clips(marks)
    for name in names:
        if name.extension not in extensions and name.kind in _RANK:
            clips.add(name)
    found: dict[bytes, bytes] = {}
    alone: dict[tuple[bytes, str], list[Name]] = defaultdict(list)
    for name in names:
        if name.extension not in extensions:
            continue
        owner = clips.owner(name, prefixes)
        if owner is None:
            alone[name.folder, name.stem.casefold()].append(name)
        else:
            found[name.path] = owner.path
    for group in alone.values():
        found.update(_among_themselves(group))
    return found


class _Clips:
    """The clips that can own side files, by the names that a side file may have."""

    def __init__(self, marks: frozenset[str]) -> None:
        self._marks = marks
        self._by: dict[tuple[str, bytes, str], Name] = {}

    def add(self, clip: Name) -> None:
        for key in self._keys(clip.folder, clip.stem, clip.base):
            other = self._by.get(key)
            if other is None or _rank(clip) < _rank(other):
                self._by[key] = clip

    def owner(self, side: Name, prefixes: Mapping[str, tuple[str, ...]]) -> Name | None:
        """The clip of the same name: a.mp4 for a.thm and for a.mp4.log; a_IMP.mp4 for a.thm."""
        stems = [side.stem]
        for prefix, instead in prefixes.items():
            if side.stem.casefold().startswith(prefix.casefold()):
                stems += [new + side.stem[len(prefix) :] for new in instead]
        for stem in stems:
            for key in self._keys(side.folder, stem, stem):
                if key in self._by:
                    return self._by[key]
        return None

    def _keys(self, folder: bytes, stem: str, base: str) -> list[tuple[str, bytes, str]]:
        bare, _ = without_mark(stem, self._marks)
        return [
            ("base", folder, base.casefold()),
            ("stem", folder, stem.casefold()),
            ("bare", folder, bare.casefold()),
        ]


def _among_themselves(group: list[Name]) -> dict[bytes, bytes]:
    """Side files without a clip: a photo and its voice note are a clip and its side file."""
    owner = min(group, key=_rank)
    if owner.kind not in _RANK:
        return {}
    return {name.path: owner.path for name in group if name.path != owner.path}


def _rank(name: Name) -> tuple[int, bytes]:
    return _RANK.get(name.kind, len(_RANK)), name.path
