"""The repair report: what of the original is in the repaired file, and what is not.

docs/formats/media.md, "Renditions". Integers and codes only; byte ranges are of the original.
"""

from dataclasses import dataclass, field

_MOST_RANGES = 4096  # of each list; what is more is joined and said to be

Dropped = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What came out of the repaired file when all of it was decoded."""

    frames: int
    audio_frames: int
    errors: int


@dataclass(slots=True, kw_only=True)
class Repair:
    """What a method did."""

    method: str
    kept: list[tuple[int, int]]
    dropped: list[Dropped]
    frames: int
    audio_frames: int
    us: int
    lost_us: int | None = None
    lost_frames: int | None = None
    lost_bytes: int | None = None  # None: those of `dropped`
    whole: bool = False  # the method knows that nothing is missing
    reference: int | None = None  # which of the healthy clips was used
    notes: set[str] = field(default_factory=set)


def report(
    repair: Repair, decoded: Decoded, *, of: str | None, reference: str | None
) -> dict[str, object]:
    """Return the report as JSON values."""
    missing = max(0, repair.frames - decoded.frames) + max(
        0,
        repair.audio_frames - decoded.audio_frames - 1,  # what a decoder needs to start with
    )
    errors = decoded.errors + missing
    notes = set(repair.notes)
    dropped, kept = _joined(repair.dropped), joined(repair.kept)
    lost = sum(end - start for start, end, _ in dropped)
    if len(dropped) > _MOST_RANGES or len(kept) > _MOST_RANGES:
        notes.add("ranges_shortened")
    return {
        "format": 1,
        "method": repair.method,
        "reference": reference,
        "of": of,
        "complete": repair.whole and not dropped and not errors and not repair.lost_bytes,
        "recovered": {
            "us": repair.us,
            "frames": repair.frames,
            "audio_frames": repair.audio_frames,
            "bytes": sum(end - start for start, end in repair.kept),
        },
        "lost": {
            "us": repair.lost_us,
            "frames": repair.lost_frames,
            "bytes": lost if repair.lost_bytes is None else repair.lost_bytes,
        },
        "kept": [list(one) for one in kept[:_MOST_RANGES]],
        "dropped": [list(one) for one in dropped[:_MOST_RANGES]],
        "verified": {"frames": decoded.frames, "errors": errors},
        "notes": sorted(notes),
    }


def joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges in order, those that touch as one."""
    found = list[tuple[int, int]]()
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def rest(
    spans: list[tuple[int, int]], kept: list[tuple[int, int]], dropped: list[Dropped]
) -> list[Dropped]:
    """Return what of `spans` is neither kept nor dropped, as dropped for no known reason."""
    known = joined([*kept, *((low, high) for low, high, _ in dropped)])
    found, index = list[Dropped](), 0
    for start, end in joined(spans):
        at = start
        while index < len(known) and known[index][1] <= start:
            index += 1
        for low, high in known[index:]:
            if low >= end:
                break
            if low > at:
                found.append((at, low, "unused"))
            at = max(at, high)
        if at < end:
            found.append((at, end, "unused"))
    return found


def _joined(dropped: list[Dropped]) -> list[Dropped]:
    found = list[Dropped]()
    for start, end, why in sorted(dropped):
        if found and start <= found[-1][1] and why == found[-1][2]:
            found[-1] = (found[-1][0], max(end, found[-1][1]), why)
        elif end > start:
            found.append((start, end, why))
    return found
