"""What the catalogue, at the ledger's end, knows of a clip's retention, put together. Nothing is written.

What always holds: a period begins with the latest of the recording's end by the corrected clock, the moment the clip
came in, and the closing of each case it is linked to. A recorder whose clock stood in the past shortens nothing;
nor does who takes a clip off a case while that case is open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.catalogue import Catalogue
from archive.catalogue.rows import ClipRow
from archive.catalogue.times import known_us
from archive.ids import made_at
from oversight.retention.keeping import Keeper, Keeping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One clip, and what keeps it."""

    clip: ClipRow
    keeping: Keeping
    begins: datetime  # of its period
    open_cases: tuple[str, ...]  # ids
    held: bool


def kept(catalogue: Catalogue, clip: ClipRow, keeper: Keeper) -> Kept:
    """What keeps a clip now."""
    own = catalogue.classified(clip.clip)
    categories = set(own.categories if own is not None else ())
    begins = begin_of(clip)
    open_cases = []
    cases = catalogue.classified_cases(clip.clip)
    for case, closed_at, said in cases:
        categories |= set(json.loads(said)) if said else set()
        if closed_at is None:
            open_cases.append(case)
        else:
            begins = max(begins, _moment(known_us(closed_at)))
    keeping = keeper.keeping(frozenset(categories), linked=bool(cases), begins=begins)
    return Kept(
        clip=clip,
        keeping=keeping,
        begins=begins,
        open_cases=tuple(open_cases),
        held=catalogue.is_held(clip.clip),
    )


def begin_of(clip: ClipRow) -> datetime:
    """The latest of the recording's end and the moment it came in."""
    came = _EPOCH + timedelta(milliseconds=made_at(clip.clip))
    ended = _moment(known_us(clip.start)) + timedelta(seconds=clip.duration or 0)
    return max(came, ended)


def _moment(us: int | None) -> datetime:
    return _EPOCH if us is None else _EPOCH + timedelta(microseconds=us)
