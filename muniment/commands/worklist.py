"""`worklist`: what waits for a person, and the person's word. What follows from it is ingest/worklist.py's."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from archive.opening import Archive
from ingest.worklist import WorkList, accept, settle, work_list
from muniment.answer import Answer, Asked
from muniment.columns import printable, size_text, table
from muniment.commands.recorders import seconds_text
from muniment.names import officer_id
from muniment.opening import reading, writing
from muniment.receipt import local_text


def show_worklist(asked: Asked) -> Answer:
    """Everything that waits."""
    with reading(asked) as archive:
        found = work_list(archive.catalogue)
        zone = archive.settings.zone
    lines = [
        *_quarantined(asked, found, zone),
        *_disputes(asked, found, zone),
        *_twins(asked, found, zone),
        *_drifting(asked, found, zone),
    ]
    return Answer(
        document=_document(found),
        text="\n".join(lines).rstrip() or asked.words("worklist.nothing"),
    )


def accept_docking(asked: Asked, docking: str, *, officer: str | None, reason: str) -> Answer:
    """Take clips out of quarantine. Raises as `ingest.worklist.accept`."""
    with writing(asked) as archive:
        done = accept(
            archive,
            docking=docking,
            officer=_officer(asked, archive, officer) if officer else None,
            reason=reason,
            actor=asked.actor,
        )
        archive.ledger.publish()
    text = asked.words("worklist.accepted", count=len(done.clips), linked=len(done.linked))
    return Answer(document=_decided(docking, done.clips, done.linked), text=text)


def settle_docking(asked: Asked, docking: str, *, officer: str, reason: str) -> Answer:
    """Say whose disputed clips are. Raises as `ingest.worklist.settle`."""
    with writing(asked) as archive:
        done = settle(
            archive,
            docking=docking,
            officer=_officer(asked, archive, officer),
            reason=reason,
            actor=asked.actor,
        )
        archive.ledger.publish()
    text = asked.words(
        "worklist.settled",
        badge=printable(officer),
        count=len(done.clips),
        linked=len(done.linked),
    )
    return Answer(document=_decided(docking, done.clips, done.linked), text=text)


def _officer(asked: Asked, archive: Archive, badge: str) -> str:
    return officer_id(archive, badge, actor=asked.actor)


def _decided(docking: str, clips: list[str], linked: list[tuple[str, str]]) -> dict[str, Any]:
    return {"docking": docking, "clips": clips, "linked": len(linked)}


def _document(found: WorkList) -> dict[str, Any]:
    return {
        "quarantined": [
            {
                "docking": q.docking,
                "started_at": q.started_at,
                "recorder": q.recorder,
                "officer": q.officer,
                "clips": q.clips,
                "bytes": q.bytes,
            }
            for q in found.quarantined
        ],
        "disputes": [
            {
                "docking": d.docking,
                "disputed_at": d.disputed_at,
                "recorder": d.recorder,
                "assigned": d.assigned,
                "carried": d.carried,
                "by": d.by,
                "clips": d.clips,
            }
            for d in found.disputes
        ],
        "twins": [
            {"recorder": t.recorder, "ports": list(t.ports), "noticed_at": t.noticed_at}
            for t in found.twins
        ],
        "drifting": [
            {
                "recorder": c.recorder,
                "docking": c.docking,
                "measured_at": c.host,
                "drift_ms_per_day": c.drift_ms_per_day,
                "drift_uncertainty_ms_per_day": c.drift_uncertainty,
            }
            for c in found.drifting
        ],
    }


def _block(asked: Asked, name: str, rows: list[list[str]], right: tuple[int, ...]) -> list[str]:
    if not rows:
        return []
    head = asked.words(f"worklist.{name}_head").split("|")
    body = table(head, rows, flush_right=right, cells=asked.cells)
    return [asked.words(f"worklist.{name}"), *body, ""]


def _quarantined(asked: Asked, found: WorkList, zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(q.started_at, zone),
            printable(q.recorder or "-"),
            printable(q.officer or "-"),
            str(q.clips),
            size_text(q.bytes),
            q.docking,
        ]
        for q in found.quarantined
    ]
    return _block(asked, "quarantined", rows, (3, 4))


def _disputes(asked: Asked, found: WorkList, zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(d.disputed_at, zone),
            printable(d.recorder or "-"),
            printable(d.assigned or d.assigned_id),
            printable(d.carried or d.carried_id),
            asked.words(f"worklist.by.{d.by}") if d.by in {"device", "name"} else "-",
            "-" if d.clips is None else str(d.clips),
            d.docking,
        ]
        for d in found.disputes
    ]
    return _block(asked, "disputes", rows, (5,))


def _twins(asked: Asked, found: WorkList, zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(t.noticed_at, zone),
            printable(t.recorder or "-"),
            printable(", ".join(t.ports)),
        ]
        for t in found.twins
    ]
    return _block(asked, "twins", rows, ())


def _drifting(asked: Asked, found: WorkList, zone: ZoneInfo) -> list[str]:
    rows = [
        [
            local_text(c.host, zone),
            printable(c.recorder or "-"),
            seconds_text(c.drift_ms_per_day, 1e3),
            seconds_text(c.drift_uncertainty, 1e3).lstrip("+"),
        ]
        for c in found.drifting
    ]
    return _block(asked, "drifting", rows, (2, 3))
