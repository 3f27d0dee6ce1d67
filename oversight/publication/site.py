"""Writing what is public where the public site serves it from: decisions, reports, lists, certificates and the feed.

What always holds: it follows the ledger, step by step and from where it ended; written from nothing it says the same.
What was withdrawn or expired is out of it in the transaction that says so. Nothing here decides what is public.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from archive.catalogue.publication_queries import FeedStep, PublicationRow
from archive.catalogue.words import number_key
from archive.errors import ArchiveError
from archive.keys.loading import StationKeys
from archive.ledger.note import Signer
from archive.opening import Archive
from oversight.lists.kinds import KINDS
from oversight.lists.versions import list_of, standing, until, versions_of
from oversight.publication.feed import document_of, signed
from oversight.publication.public_db import FOLDER, changing, meta, put_meta

# Of what was withdrawn there is a trace: which decision it was, when and why; of what expired only that it did.
_ENDED: Final = {
    "withdrawn": "UPDATE records SET state = 'withdrawn', ended = :day, why = :why, reason = :reason,"
    " record = NULL, subject = '', expires = NULL WHERE publication = :id",
    "expired": "UPDATE records SET state = 'expired', ended = :day, record = NULL, subject = '', expires = NULL,"
    " number = '', key = '', document = '', agency = '' WHERE publication = :id",
}
_log: Final = structlog.get_logger(__name__)


def write(archive: Archive) -> int:
    """Bring what is public to the ledger's end; answers with how many items the feed has got.

    Raises:
        PublicFolderError: it cannot be written. What was public is what it was.
        ArchiveError: the signing key cannot be used now. Likewise.
    """
    archive.catalogue.catch_up()
    keys = StationKeys(archive.root, archive.settings.pkcs11)
    with changing(archive.root / FOLDER) as db:
        steps = archive.catalogue.feed_steps(int(meta(db, "last") or -1))
        if steps:
            _Writing(archive, db, keys.signer()).items(steps)
            put_meta(db, "last", str(steps[-1].index))
        _lists(archive, db)
        _certificates(archive, db)
        _about(archive, db, "".join(f"{v.vkey()}\n" for v in keys.known()))
    return len(steps)


class _Writing:
    """Items under way in one transaction."""

    def __init__(self, archive: Archive, db: sqlite3.Connection, signer: Signer) -> None:
        self._archive, self._db, self._signer = archive, db, signer

    def items(self, steps: Iterable[FeedStep]) -> None:
        """Take up what happened, in its order."""
        number = int(self._db.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0])
        for number, step in enumerate(steps, number + 1):  # noqa: B020 - goes on from there
            row = self._archive.catalogue.publication(step.publication)
            if row is None:
                continue
            if step.step == "published":
                ended = row.state != "published"
                # What ended it comes in a later step of this very run: until then nothing of it is told.
                self._put(step, number, row, of=number, ended_by=number if ended else None)
                self._record(number, row, shown=not ended)
            else:
                self._end(step, number, row)

    def _end(self, step: FeedStep, number: int, row: PublicationRow) -> None:
        found = self._db.execute(
            "SELECT number, said FROM items WHERE publication = ? AND step = 'published'",
            (row.id,),
        ).fetchone()
        of = number if found is None else int(found["number"])
        self._put(step, number, row, of=of, ended_by=None)
        if found is not None:
            before = json.loads(found["said"])["item"]
            gone = {**before, "record": None, "expires": None, "ended_by": number}
            self._say(of, row.id, "published", gone)
        day = self._day(row.withdrawn_at if step.step == "withdrawn" else row.expired_at)
        why = self._archive.reader.entry(step.index).data.get("why")
        self._db.execute(
            _ENDED[step.step],
            {"day": day, "why": why, "reason": row.withdrawn_reason, "id": row.id},
        )

    def _put(
        self,
        step: FeedStep,
        number: int,
        row: PublicationRow,
        *,
        of: int,
        ended_by: int | None,
    ) -> None:
        try:
            document = document_of(self._archive, step, number, row, ended_by)
        except (ArchiveError, ValueError):
            # One object that is damaged or gone must not keep a withdrawal from being told.
            _log.warning("publication_record_unreadable", publication=row.id)
            document = document_of(self._archive, step, number, row, number) | {"ended_by": None}
        self._say(number, row.id, step.step, document | {"of": of})

    def _say(self, number: int, publication: str, step: str, document: dict[str, Any]) -> None:
        item = signed(self._archive.settings.origin, document, self._signer)
        said = json.dumps(item.to_data(), ensure_ascii=False, separators=(",", ":"))
        self._db.execute(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", (number, publication, step, said)
        )

    def _record(self, number: int, row: PublicationRow, *, shown: bool) -> None:
        said = self._db.execute("SELECT said FROM items WHERE number = ?", (number,)).fetchone()
        record: dict[str, Any] = json.loads(said["said"])["item"]["record"] or {}
        if not record:
            record = self._read(row)
        kinds = sorted({str(s.get("kind")) for s in record.get("subjects", [])})
        self._db.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?)",
            (
                row.id,
                number,
                row.kind,
                "published",
                record.get("case", ""),
                number_key(record.get("case", "")),
                record.get("document", ""),
                record.get("act", ""),
                ",".join(kinds),
                record.get("agency", ""),
                record.get("decided", str(record.get("year", ""))),
                self._day(row.published_at),
                row.expires,
                json.dumps(record, ensure_ascii=False) if shown else None,
            ),
        )

    def _read(self, row: PublicationRow) -> dict[str, Any]:
        """The record of what was public: for which it was; its words are not told."""
        try:
            found = json.loads(self._archive.store.read(row.record))
        except (ArchiveError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _day(self, at: str | None) -> str:
        if at is None:
            return ""
        zone = self._archive.settings.zone
        return datetime.fromisoformat(at).astimezone(zone).date().isoformat()


def _lists(archive: Archive, db: sqlite3.Connection) -> None:
    versions = [(kind, versions_of(archive, kind)) for kind in KINDS]
    shown = [(row, until(rows, row)) for _, rows in versions for row in standing(rows)]
    if _same(db, "lists", [(r.kind, r.version, r.sha256, end) for r, end in shown]):
        return
    db.execute("DELETE FROM lists")
    for row, end in shown:
        said = json.dumps(list_of(archive, row).to_data(), ensure_ascii=False)
        db.execute(
            "INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.kind, row.version, row.title or "", row.in_force, end, row.published_at, said),
        )


def _certificates(archive: Archive, db: sqlite3.Connection) -> None:
    units = {unit.id: unit.name or "" for unit in archive.catalogue.units()}
    officers = {officer.id: officer for officer in archive.catalogue.officers()}
    rows = []
    for held in archive.catalogue.all_certificates():
        officer = officers.get(held.officer_id)
        if held.kind != "enforcement" or not held.number or officer is None:
            continue
        unit = units.get(officer.unit_id or "", "")
        key = number_key(held.number)
        days = (held.valid_from, held.valid_until, held.withdrawn_at)
        rows.append((key, held.number, officer.name or "", unit, held.kind, *days))
    if _same(db, "certificates", rows):
        return
    db.execute("DELETE FROM certificates")
    db.executemany("INSERT INTO certificates VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _about(archive: Archive, db: sqlite3.Connection, vkeys: str) -> None:
    settings = archive.settings
    unit = None if settings.unit is None else archive.catalogue.unit(settings.unit)
    said = {
        "origin": settings.origin,
        "zone": settings.time_zone,
        "url": settings.public.url or "",
        "agency": (None if unit is None else unit.name) or settings.origin,
        "vkeys": vkeys,
        "written_at": datetime.now(UTC).isoformat(),
    }
    for name, value in said.items():
        put_meta(db, name, value)


def _same(db: sqlite3.Connection, name: str, what: object) -> bool:
    """Whether it is what was written last; noted that it is now."""
    digest = hashlib.sha256(repr(what).encode()).hexdigest()
    if meta(db, f"of_{name}") == digest:
        return True
    put_meta(db, f"of_{name}", digest)
    return False
