"""oversight.db brought to the catalogue's end: what entries touched is counted again, or all of it.

What always holds: whether all was counted or only what changed, the clocks are the same. From scratch where the file is
missing, of another form, of other rules or of another ledger, or far behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import chinese_calendar  # type: ignore[import-untyped]  # it has no types

from archive.errors import ArchiveError
from oversight.clocks import kept_rows
from oversight.clocks.errors import ClocksUnreadableError
from oversight.clocks.facts import Excuses, clip_clock, excuses_by_rule
from oversight.clocks.kept import Kept
from oversight.clocks.kept_rows import Mark
from oversight.clocks.model import Clock
from oversight.clocks.reckoning import Reckoner
from oversight.clocks.standing import clocks_of_agency, now_of, of_file, reckoner_of
from oversight.rules.own import book_of

if TYPE_CHECKING:
    import sqlite3

    from archive.catalogue.clock_queries import FileMoments, Touched
    from archive.opening import Archive

_FAR: Final = 200_000  # entries behind: all is counted faster than what they touched
_MOST: Final = 20_000  # cases touched
_ASKED: Final = 2_000  # rows between two questions whether to go on
Keep = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What was done."""

    scratch: bool
    clocks: int  # written


def go_on() -> None:
    """Nobody wants it to end."""


def refresh(archive: Archive, store: Kept, *, keep: Keep = go_on) -> Refreshed:
    """Bring the clocks to the catalogue's end, which is brought to the ledger's.

    Args:
        archive: open, to read at least.
        store: where they are kept.
        keep: asked now and then while all is counted; raises to end early, and nothing is changed then.

    Raises:
        ClocksUnreadableError: the file cannot be written; it is as it was.
        RuleFileError: a file of rules is malformed: nothing is due by it.
        ArchiveError, OSError: as the catalogue.
    """
    archive.catalogue.catch_up()
    try:
        return _refresh(archive, store, keep)
    except ClocksUnreadableError as e:
        if not e.damaged:
            raise
        store.forget()
        return _refresh(archive, store, keep)


def _refresh(archive: Archive, store: Kept, keep: Keep) -> Refreshed:
    reckoner, rules = reckoner_of(archive), rules_digest(archive)
    if _is_current(archive, store.mark(), rules):
        return Refreshed(scratch=False, clocks=0)
    with store.writing() as db:
        mark = store.mark_in(db)  # another process may have been here meanwhile
        if mark is None or not _goes_on(archive, mark, rules):
            return _from_scratch(archive, db, reckoner, rules, keep)
        touched = archive.catalogue.touched(mark.size)
        if len(touched.cases) > _MOST:
            return _from_scratch(archive, db, reckoner, rules, keep)
        return _go_on(archive, db, reckoner, mark, touched)


def _from_scratch(
    archive: Archive, db: sqlite3.Connection, reckoner: Reckoner, rules: str, keep: Keep
) -> Refreshed:
    head = archive.catalogue.head()
    kept_rows.make_anew(db)
    count = kept_rows.replace(db, _all(archive, reckoner, keep))
    kept_rows.set_mark(db, Mark(rules=rules, size=head.size, leaf=head.leaf))
    return Refreshed(scratch=True, clocks=count)


def _go_on(
    archive: Archive, db: sqlite3.Connection, reckoner: Reckoner, mark: Mark, touched: Touched
) -> Refreshed:
    kept_rows.forget(db, touched.cases | touched.clips)
    kept_rows.forget_about(db, "list", "agency")
    count = kept_rows.replace(db, _some_cases(archive, reckoner, sorted(touched.cases)))
    count += kept_rows.replace(db, _some_clips(archive, reckoner, sorted(touched.clips)))
    count += kept_rows.replace(db, clocks_of_agency(archive, reckoner, now_of(archive)))
    leaf = archive.reader.entry(touched.size - 1).leaf.hex() if touched.size else None
    kept_rows.set_mark(db, Mark(rules=mark.rules, size=touched.size, leaf=leaf))
    return Refreshed(scratch=False, clocks=count)


def rules_digest(archive: Archive) -> str:
    """What the counting rests on beside the ledger: the rules, the calendar, the zone."""
    told = sha256()
    for data in book_of(archive.root).sources:
        told.update(sha256(data).digest())
    told.update(f"{archive.settings.zone} {chinese_calendar.__version__}".encode())
    return told.hexdigest()


def _is_current(archive: Archive, mark: Mark | None, rules: str) -> bool:
    if mark is None or mark.rules != rules:
        return False
    head = archive.catalogue.head()
    return (mark.size, mark.leaf) == (head.size, head.leaf)


def _goes_on(archive: Archive, mark: Mark, rules: str) -> bool:
    """Whether what is kept is a beginning of this ledger, by these rules, and not far behind."""
    size = archive.catalogue.head().size
    if mark.rules != rules or not 0 < mark.size <= size or size - mark.size > _FAR:
        return False
    try:
        return archive.reader.entry(mark.size - 1).leaf.hex() == mark.leaf
    except (ArchiveError, OSError, IndexError):
        return False


def _all(archive: Archive, reckoner: Reckoner, keep: Keep) -> Iterator[Clock]:
    catalogue = archive.catalogue
    excuses = excuses_by_rule(catalogue.every_excuse())
    for n, row in enumerate(catalogue.open_files()):
        if not n % _ASKED:
            keep()
        yield from _worth(row, of_file(catalogue, row, reckoner, excuses))
    for n, clip in enumerate(catalogue.arrived_clips()):
        if not n % _ASKED:
            keep()
        clock = clip_clock(clip, reckoner, excuses)
        if clock is not None and not _is_met(clock):
            yield clock
    yield from clocks_of_agency(archive, reckoner, now_of(archive))


def _some_cases(archive: Archive, reckoner: Reckoner, cases: Iterable[str]) -> Iterator[Clock]:
    catalogue = archive.catalogue
    for case in cases:
        row = catalogue.file_moments(case)
        if row is not None:
            excuses = excuses_by_rule(catalogue.excuses(case))
            yield from _worth(row, of_file(catalogue, row, reckoner, excuses))


def _some_clips(archive: Archive, reckoner: Reckoner, clips: list[str]) -> Iterator[Clock]:
    catalogue = archive.catalogue
    for clip in catalogue.moments_of_clips(clips):
        excuses: Excuses = excuses_by_rule(catalogue.excuses(clip.clip))
        clock = clip_clock(clip, reckoner, excuses)
        if clock is not None and not _is_met(clock):
            yield clock


def _is_met(clock: Clock) -> bool:
    return clock.ended is not None and clock.ended < clock.due


def _worth(row: FileMoments, clocks: list[Clock]) -> list[Clock]:
    """Of a closed case only while something is still to be done."""
    if row.closed_at is not None and all(clock.ended is not None for clock in clocks):
        return []
    return clocks
