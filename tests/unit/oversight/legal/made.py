"""A bureau with officers, reviewers, accounts and a catalogue of major decisions, on a real archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from archive import cases
from archive.canonical import encode
from archive.catalogue.rows import CaseRow
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from oversight.legal.answers import Answer, Outcome, PointAnswer
from oversight.legal.papers import Papers, papers_of
from oversight.legal.rounds import points_on
from oversight.registers.certificates import Kind, NewCertificate, certify

ACTOR = "local-0"
FIRST, LAST = date(2020, 1, 1), date(2099, 12, 31)
ROW: dict[str, Any] = {
    "id": "1",
    "act": "penalty",
    "name": "较大数额罚款",
    "basis": "行政处罚法第五十八条",
    "at_least": 5_000_000,
}
DEMOLITION: dict[str, Any] = {
    "id": "2",
    "act": "compulsion",
    "name": "强制拆除",
    "basis": "行政强制法第四十四条",
    "measure": "demolition",
}


@dataclass(kw_only=True)
class Bureau:
    """An archive and everybody in it; names stand for ids."""

    archive: Archive
    ids: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def event(
        self, type_: str, subject: str, data: dict[str, Any], text: dict[str, Any] | None = None
    ) -> None:
        """Something happened."""
        event = Event(type=type_, subject=subject, actor=ACTOR, data=data, text=text)
        self.archive.record([event])
        self.archive.catalogue.catch_up()

    def officer(self, name: str, *kinds: Kind) -> str:
        """Somebody with certificates of these kinds."""
        self.ids[name] = id_ = new_id("officer")
        unit = self.archive.settings.unit
        self.event("officer.registered", id_, {"unit": unit}, {"badge": name})
        for kind in kinds:
            new = NewCertificate(kind=kind, number=f"{kind}-{name}", first=FIRST, last=LAST)
            certify(self.archive, new, actor=ACTOR, officer=id_)
        return id_

    def account(self, name: str, role: str, *, unit: str | None, officer: str | None) -> str:
        """An account of somebody."""
        self.ids[f"@{name}"] = id_ = new_id("account")
        data = {"role": role, "unit": unit, "officer": officer}
        self.event("account.added", id_, data, {"name": name})
        return id_

    def listed(self, *rows: dict[str, Any]) -> None:
        """A new version of the catalogue of major decisions."""
        data = encode({"format": 1, "kind": "review", "rows": list(rows)})
        self.count += 1
        with self.archive.store.writing() as writing:
            [kept] = writing.put([data])
            event = Event(
                type="list.published",
                subject=self.ids.setdefault("list", new_id("list")),
                actor=ACTOR,
                data={
                    "kind": "review",
                    "version": self.count,
                    "list": {"object": kept.digest, "size": kept.size},
                    "in_force": "2020-01-01",
                },
            )
            self.archive.ledger.append(drafts(writing, [event]))
        self.archive.catalogue.catch_up()

    def case(self, *officers: str, act: str | None = "penalty") -> str:
        """A case with one document and one clip; its number."""
        self.count += 1
        number = f"2026-{self.count:04}"
        id_ = cases.open_case(
            self.archive,
            actor=ACTOR,
            number=number,
            unit=self.archive.settings.unit,
            officers=[self.ids[name] for name in officers],
        )
        self.archive.catalogue.catch_up()
        if act is not None:
            self.event("case.filed_as", id_, {"act": act, "subjects": []})
        self.document(number)
        self.clip(number)
        return number

    def row(self, number: str) -> CaseRow:
        """A case as it is now."""
        self.archive.catalogue.catch_up()
        return cases.need_case(self.archive.catalogue, number)

    def document(self, number: str) -> str:
        """One more document of a case."""
        self.count += 1
        id_ = new_id("document")
        with self.archive.store.writing() as writing:
            [kept] = writing.put([f"document {self.count}".encode()])
            event = Event(
                type="document.added",
                subject=self.row(number).id,
                actor=ACTOR,
                data={
                    "document": id_,
                    "original": {"object": kept.digest, "size": kept.size},
                    "media_type": "application/pdf",
                    "pages": 3,
                },
                text={"name": f"{self.count}.pdf"},
            )
            self.archive.ledger.append(drafts(writing, [event]))
        self.archive.catalogue.catch_up()
        return id_

    def removed(self, number: str, document: str) -> None:
        """A document was taken off a case."""
        data = {"document": document}
        self.event("document.removed", self.row(number).id, data, {"reason": "重复"})

    def clip(self, number: str) -> str:
        """One more clip of a case, a minute long."""
        self.count += 1
        id_ = new_id("clip")
        start = "2026-01-17T08:00:00Z"
        self.event(
            "clip.ingested",
            id_,
            {
                "docking": new_id("docking"),
                "recorder": new_id("recorder"),
                "officer": None,
                "unit": self.archive.settings.unit,
                "original": {"object": f"{self.count:064x}", "size": 1},
                "modified": start,
                "kind": "video",
                "start": start,
                "start_source": "name",
                "offset_ms": None,
                "uncertainty_ms": None,
                "marked": False,
                "late": False,
                "same_as": None,
                "resumed": None,
                "quarantined": False,
            },
            {"path": f"{self.count}.mp4", "start_raw": None, "belongs_to": None},
        )
        examined = {"kind": "video", "container": "mp4", "duration_us": 60_000_000}
        more = dict.fromkeys(("video", "audio", "width", "height", "rate", "created"))
        tail = {"damaged": False, "damage": [], "playable": True, "tool": "av", "version": "1"}
        self.event("clip.examined", id_, {**examined, **more, **tail})
        cases.link_clip(self.archive, actor=ACTOR, number=number, clip=id_, reason="办案")
        self.archive.catalogue.catch_up()
        return id_

    def _submitted(self, number: str) -> Papers:
        """What the newest round is about; without one what the case is."""
        id_ = self.row(number).id
        rounds = self.archive.catalogue.legal_reviews(id_)
        if not rounds:
            return papers_of(self.archive, id_)
        return Papers(documents=rounds[-1].documents, clips=rounds[-1].clips)

    def answer(self, number: str, outcome: Outcome = "agree", **other: Any) -> Answer:
        """A whole answer: every point tied to the first document and clip; all in order, or the first not."""
        papers = self._submitted(number)
        points = []
        for n, rule in enumerate(points_on(self.archive, datetime.now(UTC).date())):
            ok = outcome == "agree" or n > 0
            points.append(
                PointAnswer(
                    point=rule.basis.id,
                    ok=ok,
                    document=papers.documents[0] if papers.documents else None,
                    page=1 if papers.documents else None,
                    clip=papers.clips[0] if papers.clips else None,
                    at_us=n * 1_000_000 if papers.clips else None,
                    note=None if ok else "主体资格存疑",
                )
            )
        return Answer(**{"outcome": outcome, "reason": "经审核", "points": points} | other)


def make_bureau(root: Path) -> Bureau:
    """Two officers, two reviewers, a supervisor of the unit and one above it, and a catalogue."""
    create_archive(root, origin="station.test/archive", unit="North")
    bureau = Bureau(archive=open_archive(root, write=True))
    north = bureau.archive.settings.unit
    assert north is not None
    bureau.ids["north"], bureau.ids["county"] = north, new_id("unit")
    bureau.event("unit.registered", bureau.ids["county"], {}, {"name": "County"})
    placed = {"parent": bureau.ids["county"], "level": None, "proposed": None}
    bureau.event("unit.placed", north, placed)
    for name in ("wang", "li"):
        bureau.account(name, "officer", unit=None, officer=bureau.officer(name, "enforcement"))
    for name in ("fa", "lv"):
        bureau.account(name, "reviewer", unit=None, officer=bureau.officer(name, "reviewer"))
    chief = bureau.officer("chief", "enforcement", "reviewer")
    bureau.account("chief", "supervisor", unit=north, officer=chief)
    bureau.account("head", "supervisor", unit=bureau.ids["county"], officer=None)
    bureau.account("overseer", "oversight", unit=None, officer=None)
    bureau.listed(ROW, DEMOLITION)
    return bureau


def soon() -> datetime:
    """A moment that no entry so far is later than."""
    return datetime.now(UTC) + timedelta(seconds=1)
