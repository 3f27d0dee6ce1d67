"""An archive with one unit, officers with certificates, and a case: what the tests of case files begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from archive import cases
from archive.casefiles.filing import Filing
from archive.casefiles.order import Stage
from archive.casefiles.stages import Entering
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from oversight.files import acting
from oversight.registers.certificates import NewCertificate, certify

ACTOR = "local-0"
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**since: float) -> datetime:
    """So long before now."""
    return NOW - timedelta(**since)


@dataclass(kw_only=True)
class Office:
    """An archive, and what its people do."""

    archive: Archive
    count: int = 0

    def officer(self, *, until: date | None = None) -> str:
        """One who is registered; certified until a day where one is named."""
        self.count += 1
        officer = new_id("officer")
        event = Event(
            type="officer.registered",
            subject=officer,
            actor=ACTOR,
            data={"unit": self.archive.settings.unit},
            text={"badge": f"{self.count:06}"},
        )
        self.archive.record([event])
        if until is not None:
            new = NewCertificate(
                kind="enforcement", number=f"34-{self.count}", first=date(2020, 1, 1), last=until
            )
            certify(self.archive, new, actor=ACTOR, officer=officer)
        return officer

    def case(self, *, act: str | None = None) -> str:
        """The number of a new case, filed as an act where one is named."""
        self.count += 1
        number = f"2026-{self.count:04}"
        cases.open_case(self.archive, actor=ACTOR, number=number, unit=self.archive.settings.unit)
        if act is not None:
            acting.file_as(self.archive, number, Filing(act=act), actor=ACTOR)
        return number

    def row(self, number: str) -> CaseRow:
        """The case as it is now."""
        self.archive.catalogue.catch_up()
        return cases.need_case(self.archive.catalogue, number)

    def enter(
        self, number: str, stage: Stage, at: datetime, *, reason: str | None = None
    ) -> CaseRow:
        """Enter a stage."""
        entering = Entering(stage=stage, at=at, reason=reason)
        return acting.enter(self.archive, number, entering, actor=ACTOR)

    def concluded(self) -> str:
        """A case that only waits to be closed."""
        number = self.case(act="inspection")
        self.enter(number, "investigation", ago(days=2))
        self.enter(number, "conclusion", ago(days=1))
        return number
