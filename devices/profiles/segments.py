"""What a name says of a clip's place among the segments of one recording.

Total and pure: any name has a `SegmentName`. It is a claim of the name: that two clips have the same series does not
make them one recording, their times and media decide that (ingest/recordings).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_OPEN: Final = ("date", "time", "moment", "seq", "mark")  # differ between segments
_LAST_DIGITS: Final = re.compile(r"[0-9]{1,10}\Z", re.ASCII)
_NO_NAME: Final = "\0"  # stands in no name: where a piece was left open


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """How a maker splits what is recorded in one go; docs/formats/profile.md has the words."""

    chapters: tuple[re.Pattern[str], ...] = ()
    tolerance_ms: int = 2000
    lengths_s: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentName:
    """What a name says of segments."""

    series: str  # the same for all segments of a recording, casefolded
    chapter: int | None = None  # which segment it is, where the maker counts them
    sequence: int | None = None  # a counter in the name, whatever it counts


def segment_name(stem: str, patterns: Sequence[re.Pattern[str]], segments: Segments) -> SegmentName:
    """Read a name.

    Args:
        stem: without extension and mark.
        patterns: the profile's for names; the first that matches is taken.
        segments: the profile's rules.
    """
    for pattern in segments.chapters:
        if match := pattern.search(stem):
            fields = match.groupdict()
            # The letters before the number may differ: GOPR0123 goes on as GP010123.
            return SegmentName(
                series=f"{_NO_NAME}{fields['number']}", chapter=int(fields.get("chapter") or 0)
            )
    for pattern in patterns:
        if match := pattern.search(stem):
            return _open_name(stem, match)
    return _without_digits(stem)


def _open_name(stem: str, match: re.Match[str]) -> SegmentName:
    spans = sorted(
        match.span(name)
        for name in _OPEN
        if name in match.re.groupindex and match[name] is not None
    )
    pieces, at = [], 0
    for begin, end in spans:
        pieces.append(stem[at:begin])
        at = end
    series = _NO_NAME.join([*pieces, stem[at:]])
    counter = match.groupdict().get("seq")
    if counter is None:
        return _without_digits(series)
    return SegmentName(series=series.casefold(), sequence=int(counter))


def _without_digits(text: str) -> SegmentName:
    digits = _LAST_DIGITS.search(text)
    if digits is None:
        return SegmentName(series=text.casefold())
    return SegmentName(series=text[: digits.start()].casefold(), sequence=int(digits[0]))
