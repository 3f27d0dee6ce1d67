"""An archive with decided cases, and the three people who publish: what the tests of publication begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from archive import cases
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from oversight.publication import steps
from oversight.publication.looking import record_of
from oversight.publication.record import Mark, Record, Wording
from oversight.publication.steps import Checking

CLERK, CHECKER, HEAD = "account-clerk", "account-checker", "account-head"
WORDING = Wording(
    title="占道经营案", conclusion="罚款二百元", facts="在人行道摆摊", basis="城市市容管理条例"
)


@dataclass(kw_only=True)
class Press:
    """An archive, and what its people do."""

    archive: Archive
    count: int = 0
    subjects: dict[str, str] = field(default_factory=dict)

    def event(
        self, type_: str, subject: str, data: dict[str, Any], text: dict[str, Any] | None = None
    ) -> None:
        """Something happened."""
        event = Event(type=type_, subject=subject, actor=CLERK, data=data, text=text)
        self.archive.record([event])
        self.archive.catalogue.catch_up()

    def case(
        self, *, act: str = "penalty", decided: datetime | None = None, name: str = "张三丰"
    ) -> str:
        """The number of a new case about a person, decided an hour ago, or then."""
        self.count += 1
        number = f"2026-{self.count:04}"
        case = cases.open_case(
            self.archive, actor=CLERK, number=number, unit=self.archive.settings.unit
        )
        if name not in self.subjects:
            self.subjects[name] = new_id("subject")
            kind = "organisation" if "公司" in name else "person"
            self.event("subject.registered", self.subjects[name], {"kind": kind}, {"name": name})
        self.event("case.filed_as", case, {"act": act, "subjects": [self.subjects[name]]})
        self.decide(number, decided)
        return number

    def decide(self, number: str, decided: datetime | None = None) -> None:
        """A decision, also once more."""
        at = decided or datetime.now(UTC) - timedelta(hours=1)
        said = {"stage": "decision", "at": at.isoformat().replace("+00:00", "Z")}
        self.event("case.stage_entered", self.row(number).id, said)

    def revoke(self, number: str) -> None:
        """The decision no longer stands."""
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        said = {"how": "revoked", "at": at}
        self.event("case.decision_revoked", self.row(number).id, said, {"reason": "复议撤销"})

    def row(self, number: str) -> CaseRow:
        """A case as it is now."""
        self.archive.catalogue.catch_up()
        return cases.need_case(self.archive.catalogue, number)

    def proposed(self, number: str, **wording: str) -> PublicationRow:
        """What the clerk proposed."""
        said = Wording(**{name: getattr(WORDING, name) for name in WORDING.__slots__} | wording)
        return steps.propose(self.archive, number, said, actor=CLERK)

    def checked(self, number: str, *marks: Mark, **wording: str) -> PublicationRow:
        """What the checker let through."""
        row = self.proposed(number, **wording)
        return steps.check(self.archive, row.id, Checking(marks=marks), actor=CHECKER)

    def published(self, number: str, *marks: Mark, **wording: str) -> PublicationRow:
        """What the head approved."""
        return steps.approve(self.archive, self.checked(number, *marks, **wording).id, actor=HEAD)

    def record(self, row: PublicationRow) -> Record:
        """What is told."""
        return record_of(self.archive, row)
