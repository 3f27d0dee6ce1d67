"""The facts of cases out of the catalogue, and the lists that bound them on the day on which they were filed.

What always holds: a case is checked by the version of 音像记录事项清单 that was in force on the day of its initiation
(立案), whatever was published since; all cases are read in one pass, a page at a time, each list once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from archive.catalogue.check_queries import FiledCase
from archive.catalogue.list_queries import ListRow
from archive.catalogue.times import known_us
from archive.opening import Archive
from oversight.checks.checking import check_requirement
from oversight.checks.facts import CaseFacts, ClipFact, StageFact, StopFact, TimeFact
from oversight.checks.findings import Checked, Finding
from oversight.lists.recording import Requirement, required_of, requirements_of
from oversight.lists.versions import list_of, standing, versions_of


@dataclass(frozen=True, slots=True)
class _Version:
    row: ListRow
    requirements: tuple[Requirement, ...]


class Checks:
    """Checks of the cases of one archive by the lists that are published now. For one command or request."""

    def __init__(self, archive: Archive) -> None:
        """Read which versions there are. Raises as `archive.catalogue`."""
        self._archive = archive
        self._zone: ZoneInfo = archive.settings.zone
        self._versions = standing(versions_of(archive, "recording"))
        self._days = [row.in_force for row in self._versions]
        self._read: dict[int, _Version] = {}
        self._required: dict[tuple[int, str, str | None], tuple[Requirement, ...]] = {}

    def case(self, case_id: str) -> Checked | None:
        """One case; None: there is none.

        Raises:
            MissingObjectError, FixityError, ListFileError: its list cannot be read.
        """
        row = self._archive.catalogue.filed_case(case_id)
        return None if row is None else self.check(facts_of(row))

    def open_cases(self) -> Iterator[Checked]:
        """Every open case that was filed, oldest first. Raises as `case`."""
        for row in self._archive.catalogue.filed_cases():
            yield self.check(facts_of(row))

    def check(self, facts: CaseFacts) -> Checked:
        """A case by its facts. Raises as `case`."""
        if facts.act is None:
            return _unchecked(facts, Finding(code="not_filed"))
        day = datetime.fromtimestamp(facts.filed_us // 1_000_000, self._zone).date().isoformat()
        at = bisect_right(self._days, day) - 1
        if at < 0:
            return _unchecked(facts, Finding(code="no_list"))
        version = self._version(at)
        key = (at, facts.act, facts.matter)
        if (required := self._required.get(key)) is None:
            required = self._required[key] = required_of(
                version.requirements, facts.act, facts.matter
            )
        outcomes = [check_requirement(facts, each, self._zone) for each in required]
        return Checked(
            case=facts.case,
            number=facts.number,
            unit=facts.unit,
            list_version=version.row.version,
            list_digest=version.row.sha256,
            required=tuple(found for found, _ in outcomes),
            findings=tuple(finding for _, findings in outcomes for finding in findings),
        )

    def _version(self, at: int) -> _Version:
        found = self._read.get(at)
        if found is None:
            row = self._versions[at]
            found = _Version(row, requirements_of(list_of(self._archive, row)))
            self._read[at] = found
        return found


def facts_of(row: FiledCase) -> CaseFacts:
    """What a case is checked by, out of the catalogue's rows."""
    filed = row.initiated_us
    if filed is None:
        filed = known_us(row.opened_at) or 0
    return CaseFacts(
        case=row.case_id,
        number=row.number,
        unit=row.unit_id,
        act=row.act,
        matter=row.matter,
        filed_us=filed,
        over=row.closed_at is not None or row.action_ended_us is not None,
        stages=tuple(StageFact._make(s) for s in row.stages),
        clips=tuple(ClipFact._make(c) for c in row.clips),
        times=tuple(TimeFact._make(t) for t in row.times),
        stops=tuple(StopFact._make(s) for s in row.stops),
    )


def _unchecked(facts: CaseFacts, finding: Finding) -> Checked:
    return Checked(
        case=facts.case,
        number=facts.number,
        unit=facts.unit,
        list_version=None,
        list_digest=None,
        required=(),
        findings=(finding,),
    )
