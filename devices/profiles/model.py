"""A maker profile: how one maker's recorders name and place what they record.

`Profile.read` is total and pure: any paths, in any order, give facts for each, and the same
ones every time. Opens nothing; a fact is what a name claims, not what is so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from devices.profiles.names import (
    Name,
    folder_names,
    shown,
    start_of,
    take_apart,
    without_mark,
)
from devices.profiles.segments import SegmentName, Segments, segment_name
from devices.profiles.sidefiles import owners


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What a clip's path says about it."""

    kind: str = "unknown"  # video, photo, audio, document, data, unknown
    start_raw: str | None = None  # exactly the piece of the name that says the start
    start: datetime | None = None  # naive, by the recorder's clock; None if no real date
    recorder: str | None = None
    badge: str | None = None
    marked: bool = False  # a side file is marked when its clip is
    belongs_to: bytes | None = None  # path of the clip that this is a side file of


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One maker's rules; docs/formats/profile.md has the words."""

    name: str
    maker: str
    title_en: str
    title_zh: str
    layout: frozenset[str]  # folder names that speak for this profile, casefolded
    own_patterns: tuple[re.Pattern[str], ...]  # the ones that speak for this profile
    patterns: tuple[re.Pattern[str], ...]  # own ones, then the ones extended
    folder_patterns: tuple[re.Pattern[str], ...]
    marks: frozenset[str]  # casefolded
    mark_folders: frozenset[str]  # casefolded
    kinds: Mapping[str, str]  # extension, lower case -> kind
    side_extensions: frozenset[str]
    side_prefixes: Mapping[str, tuple[str, ...]]
    segments: Segments  # how the maker splits what is recorded in one go

    def read(self, paths: Sequence[bytes]) -> dict[bytes, ClipFacts]:
        """What each path of a whole listing says."""
        names = [take_apart(path, self.kinds) for path in dict.fromkeys(paths)]
        folders: dict[bytes, ClipFacts] = {}
        facts: dict[bytes, ClipFacts] = {}
        for name in names:
            if name.folder not in folders:
                folders[name.folder] = self._folder(name.folder)
            facts[name.path] = self._clip(name, folders[name.folder])
        belongs = owners(
            names,
            extensions=self.side_extensions,
            prefixes=self.side_prefixes,
            marks=self.marks,
        )
        for side, clip in belongs.items():
            marked = facts[side].marked or facts[clip].marked
            facts[side] = replace(facts[side], belongs_to=clip, marked=marked)
        return facts

    def segment(self, path: bytes) -> SegmentName:
        """Where a name puts its clip among the segments of a recording."""
        stem, _ = without_mark(take_apart(path, self.kinds).stem, self.marks)
        return segment_name(stem, self.patterns, self.segments)

    def fits(self, path: bytes) -> tuple[bool, bool]:
        """Do the name and the folders of a path speak for this profile?"""
        name = take_apart(path, self.kinds)
        named = any(pattern.search(name.stem) for pattern in self.own_patterns)
        if not self.layout:
            return named, False
        return named, any(f.casefold() in self.layout for f in folder_names(name.folder))

    def _folder(self, folder: bytes) -> ClipFacts:
        names = folder_names(folder)
        marked = any(name.casefold() in self.mark_folders for name in names)
        found: dict[str, str | None] = {}
        for name in names:
            for pattern in self.folder_patterns:
                if match := pattern.search(name):
                    found = match.groupdict() | {k: v for k, v in found.items() if v is not None}
                    break
        return ClipFacts(
            recorder=shown(found.get("device")), badge=shown(found.get("badge")), marked=marked
        )

    def _clip(self, name: Name, folder: ClipFacts) -> ClipFacts:
        _, marked = without_mark(name.stem, self.marks)
        facts = replace(folder, kind=name.kind, marked=marked or folder.marked)
        for pattern in self.patterns:
            if match := pattern.search(name.stem):
                fields = match.groupdict()
                raw, start = start_of(match)
                return replace(
                    facts,
                    start_raw=raw,
                    start=start,
                    recorder=shown(fields.get("device")) or facts.recorder,
                    badge=shown(fields.get("badge")) or facts.badge,
                    marked=facts.marked or fields.get("mark") is not None,
                )
        return facts
