"""Where each segment lies in its recording, and what of it is silent: the members of `recording.joined`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ingest.recordings.gaps import Gap
from ingest.recordings.grouping import Segment

_LATE_SOUND_US: Final = 1_000_000  # less is an encoder's delay, no recording before the event


def laid_out(segments: Sequence[Segment]) -> dict[str, Any]:
    """Members `segments` and `silent_before_ms` of an entry, for a recording's segments in their order."""
    rows: list[dict[str, Any]] = []
    end = 0
    for segment in segments:
        length = round((segment.part.length_us or 0) / 1000)
        begin = end + _proven_ms(segment.gap)
        row: dict[str, Any] = {
            "clip": segment.part.clip,
            "from_ms": max(0, begin),
            "length_ms": length,
            "gap_ms": None if segment.gap is None else segment.gap.ms,
            "uncertainty_ms": None if segment.gap is None else segment.gap.doubt_ms,
            "by": None if segment.gap is None else segment.gap.by,
        }
        if segment.missing:
            row["missing"] = segment.missing
        rows.append(row)
        end = row["from_ms"] + length
    return {"segments": rows, "silent_before_ms": _silent_before(segments, rows)}


def _proven_ms(gap: Gap | None) -> int:
    """The pause as the axis shows it: none where it may as well be none."""
    return gap.ms if gap is not None and abs(gap.us) > gap.doubt_us else 0


def _silent_before(segments: Sequence[Segment], rows: Sequence[dict[str, Any]]) -> int | None:
    """How long there is a picture before the first sound; None where sound is there at once, or never."""
    for segment, row in zip(segments, rows, strict=True):
        media, late = segment.part.media, segment.part.times.sound_us or 0
        if media.kind != "video" or (media.video is None and media.audio is None):
            return None
        if media.audio is None:
            continue
        before = int(row["from_ms"])
        if late >= _LATE_SOUND_US:
            before += round(late / 1000)
        return before or None
    return None
