"""The clocks of one case, one clip or the agency, read from the catalogue when somebody asks. Keeps nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from archive.catalogue.clock_queries import FileMoments
from archive.catalogue.times import known_us
from archive.errors import ArchiveError
from oversight.clocks.agency import list_clock, report_clock
from oversight.clocks.facts import Excuses, case_clocks, clip_clock, excuses_by_rule
from oversight.clocks.model import Clock
from oversight.clocks.reckoning import Reckoner, micros
from oversight.rules.book import RuleBook
from oversight.rules.own import book_of
from oversight.rules.reading import read_rules

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from archive.catalogue import Catalogue
    from archive.opening import Archive

_YEARS: Final = 3  # whose figures are looked after
_REPORTS: Final = 200


def reckoner_of(archive: Archive) -> Reckoner:
    """For the rules that bind an archive as its files say now. Raises RuleFileError."""
    return _reckoner(book_of(archive.root).sources, archive.settings.zone)


@lru_cache(maxsize=8)
def _reckoner(sources: tuple[bytes, ...], zone: ZoneInfo) -> Reckoner:
    """One for the same rules, whoever read them: what it counted out stays known."""
    return Reckoner(RuleBook(read_rules(data, "rules") for data in sources), zone)


def now_of(archive: Archive) -> int:
    """The moment, in microseconds; no earlier than the newest entry: a clock set back makes nothing less late."""
    now = micros(datetime.now(UTC))
    try:
        newest = archive.reader.entry(archive.reader.size() - 1).time
    except (ArchiveError, OSError, IndexError):
        return now
    return max(now, known_us(newest) or now)


def clocks_of_case(archive: Archive, case_id: str, reckoner: Reckoner) -> list[Clock]:
    """What is due of a case, then the clips linked to it, in the order of recording."""
    catalogue = archive.catalogue
    found = of_case_alone(archive, case_id, reckoner)
    for clip in catalogue.clip_moments(case_id):
        excuses = excuses_by_rule(catalogue.excuses(clip.clip))
        clock = clip_clock(clip, reckoner, excuses)
        if clock is not None:
            found.append(clock)
    return found


def of_case_alone(archive: Archive, case_id: str, reckoner: Reckoner) -> list[Clock]:
    """What is due of a case, without its clips."""
    catalogue = archive.catalogue
    row = catalogue.file_moments(case_id)
    if row is None:
        return []
    return of_file(catalogue, row, reckoner, excuses_by_rule(catalogue.excuses(case_id)))


def of_file(
    catalogue: Catalogue, row: FileMoments, reckoner: Reckoner, excuses: Excuses
) -> list[Clock]:
    """What is due of a case."""
    revoked = row.revoked_us is not None
    publications = catalogue.publications_about(row.case_id) if revoked else ()
    return case_clocks(row, reckoner, excuses, publications)


def clock_of_clip(archive: Archive, clip_id: str, reckoner: Reckoner) -> Clock | None:
    """What is due of a clip; None: there is none, or nobody knows when it was recorded."""
    catalogue = archive.catalogue
    excuses = excuses_by_rule(catalogue.excuses(clip_id))
    for row in catalogue.moments_of_clips([clip_id]):
        return clip_clock(row, reckoner, excuses)
    return None


def clocks_of_agency(archive: Archive, reckoner: Reckoner, now: int) -> list[Clock]:
    """What the whole agency has to do: its lists, and the figures of the last years that the archive has entries of."""
    catalogue = archive.catalogue
    lists = (list_clock(row, reckoner) for row in catalogue.list_changes())
    found = [clock for clock in lists if clock is not None]
    day, first = reckoner.day_of(now), _first_year(archive, reckoner)
    if day is None or first is None:
        return found
    reports = catalogue.publications(
        "published", "withdrawn", "expired", kind="report", limit=_REPORTS
    )
    published = [at for p in reports if (at := known_us(p.published_at)) is not None]
    for year in range(max(first, day.year - _YEARS), day.year):
        clock = report_clock(year, reckoner, published)
        if clock is not None:
            found.append(clock)
    return found


def _first_year(archive: Archive, reckoner: Reckoner) -> int | None:
    if not archive.reader.size():
        return None
    began = known_us(archive.reader.entry(0).time)
    day = None if began is None else reckoner.day_of(began)
    return None if day is None else day.year
