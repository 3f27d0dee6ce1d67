"""Weak points: stops that nobody explained, dockings and clocks that went wrong, plays by no request, quotas of review.

What always holds: nothing here is a judgement: each figure is a count of entries, and the limits that it is held
against are those of the rules in force. A stop is one that `oversight.checks` finds: there has to be a list in force
and a paper that says when it was.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from archive.catalogue.statistic_queries import Unasked, Views
from archive.catalogue.times import known_us, microseconds
from archive.opening import Archive
from oversight.checks.reading import Checks, facts_of
from oversight.errors import NoRuleError
from oversight.rules.book import RuleBook
from oversight.rules.own import book_of
from oversight.statistics.months import Line, Lines, Months, begin, month_at

CLOCK: Final = "duty_clock_ms"
QUOTA: Final = "supervisor_reviews"
MOST_ROWS: Final = 50  # of a list below the tables
_EVER: Final = 2**52  # nothing is off by as much
_STOPS: Final = frozenset({"stop", "ends_before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where nothing was recorded and nobody said why."""

    case: str  # id
    number: str | None
    clip: str | None  # that ended
    from_us: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What is counted into."""

    month: dict[int, Line]
    unit: Lines
    officer: Lines
    recorder: Lines
    viewer: Lines
    supervisor: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakRows:
    """The newest rows behind two of the figures."""

    stops: tuple[Stop, ...]
    plays: tuple[Unasked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    archive: Archive
    book: RuleBook
    months: Months
    unit: str | None


def count(archive: Archive, months: Months, unit: str | None, into: Tables) -> WeakRows:
    """Count all of them; of one unit (id) or of all.

    Raises:
        RuleFileError: the agency's rules cannot be read.
        MissingObjectError, FixityError, ListFileError: nor can a list of recordings that was in force.
    """
    asked = _Asked(archive=archive, book=book_of(archive.root), months=months, unit=unit)
    stops = _stops(asked, into)
    _devices(asked, into)
    views = archive.catalogue.views(months.in_text, unit)
    for row in views:
        for line in (into.month[row.month], into.unit.of(row.unit), into.viewer.of(row.account)):
            line.add(views=row.plays, views_unasked=row.unasked)
    _quotas(asked, into, views)
    span = months.in_text
    plays = archive.catalogue.unasked(span.since, span.ends[-1][1], unit, limit=MOST_ROWS)
    newest = sorted(stops, key=lambda stop: (-stop.from_us, stop.case))
    return WeakRows(stops=tuple(newest[:MOST_ROWS]), plays=tuple(plays))


def _stops(asked: _Asked, into: Tables) -> list[Stop]:
    archive, unit = asked.archive, asked.unit
    since, until = (microseconds(moment) for moment in asked.months.bounds)
    checks, open_, seen = Checks(archive), list[Stop](), set[tuple[str, int, int]]()
    for row in archive.catalogue.timed_cases(since, until, unit):
        for found in checks.check(facts_of(row)).findings:
            begun, ended = found.from_us, found.to_us
            if found.code not in _STOPS or begun is None or ended is None:
                continue
            if not since <= begun < until or (row.case_id, begun, ended) in seen:
                continue
            seen.add((row.case_id, begun, ended))  # two requirements may find one stop
            unexplained = found.explained is None
            clip = None if found.clip is None else archive.catalogue.clip(found.clip)
            lines = [into.month[month_at(begun)], into.unit.of(row.unit_id)]
            if clip is not None:
                lines += [into.officer.of(clip.officer_id), into.recorder.of(clip.recorder_id)]
            for line in lines:
                line.add(stops=1, stops_unexplained=int(unexplained))
            if unexplained:
                seconds = -(-(ended - begun) // 1_000_000)
                open_.append(
                    Stop(
                        case=row.case_id,
                        number=row.number,
                        clip=found.clip,
                        from_us=begun,
                        seconds=seconds,
                    )
                )
    return open_


def _devices(asked: _Asked, into: Tables) -> None:
    catalogue, months, unit = asked.archive.catalogue, asked.months, asked.unit
    for docked in catalogue.docked(months.in_text, unit):
        of = (
            into.month[docked.month],
            into.unit.of(docked.unit),
            into.recorder.of(docked.recorder),
        )
        for line in of:
            line.add(dockings=docked.dockings, dockings_bad=docked.bad)
    most = _most(asked.book, CLOCK, months.last)
    for read in catalogue.clocks(months.in_us, most * 1_000, unit):
        recorder = into.recorder.of(read.recorder)
        for line in (into.month[read.month], into.unit.of(read.unit), recorder):
            line.add(clocks=read.readings, clocks_off=read.off)
        recorder.raise_to(
            clock_worst_ms=-(-(read.worst_us or 0) // 1_000),
            clock_drift_ms=read.drift_ms_per_day or 0,
        )


def _quotas(asked: _Asked, into: Tables, views: list[Views]) -> None:
    """What each supervisor looked at of others, month by month, beside what the rules ask for.

    A case that was scored twice in a month is one. A month that runs counts whole.
    """
    archive, months = asked.archive, asked.months
    done: dict[tuple[str, int], int] = defaultdict(int)
    for row in views:
        done[row.account, row.month] += row.others
    scored = {
        (actor, month, str(archive.reader.entry(index).data.get("case")))
        for month, actor, index in archive.catalogue.scores(months.in_text)
    }
    for actor, month, _ in scored:
        done[actor, month] += 1
    now = datetime.now(UTC)
    for person in archive.catalogue.supervisors(asked.unit):
        since = month_at(known_us(person.since) or 0)
        line = into.supervisor.of(person.id)
        for month in months.each():
            if month < since or begin(month) > now:
                continue
            wanted, found = _least(asked.book, QUOTA, month), done[person.id, month]
            line.add(reviewed=found, quota=wanted, quota_met=min(found, wanted))
        quota = line.counts.get("quota", 0)
        line.counts["quota_share"] = 100 * line.counts["quota_met"] // quota if quota else 100


def _least(book: RuleBook, name: str, month: int) -> int:
    try:
        return book.limit(name, _day(month)).least or 0
    except NoRuleError:
        return 0  # nothing was asked for then


def _most(book: RuleBook, name: str, month: int) -> int:
    try:
        limit = book.limit(name, _day(month)).most
    except NoRuleError:
        limit = None
    return _EVER if limit is None else limit


def _day(month: int) -> date:
    return date(month // 100, month % 100, 1)
