"""Bringing dispatch and case data in: the file is kept as an object, an entry names it, its rows are in dispatch.db.

What always holds: nothing is brought in of a file with a mistake, unless whoever sends it says that its bad rows are to
be left out; then the entry says how many were. What dispatch.db holds follows from the entries and their objects: by
the encoding and the time zone that the entry names, so that the same bytes mean the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from archive.cases import deciding
from archive.errors import MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive
from oversight.linking import kept
from oversight.linking.errors import DispatchUnreadableError, ImportFileError
from oversight.linking.kept import Kept
from oversight.linking.model import ImportKind
from oversight.linking.reading import Brought, read_import
from oversight.linking.source import MOST

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was brought in."""

    index: (
        int | None
    )  # of the entry; None: the newest import of this kind had the same bytes, and nothing was done
    sha256: str
    size: int
    brought: Brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file as it was sent."""

    data: bytes
    kind: ImportKind
    name: str | None = None  # of the file
    encoding: str | None = None
    skip_bad: bool = False


def bring_in(archive: Archive, sent: Sent, *, actor: str) -> Imported:
    """Bring a file in.

    Raises:
        ImportFileError: it has a mistake. Nothing was brought in.
        ArchiveError, OSError: it could not be kept or recorded. Nothing was brought in.
    """
    zone = archive.settings.zone
    brought = read_import(
        sent.data, sent.kind, zone, encoding=sent.encoding, skip_bad=sent.skip_bad
    )
    digest, size = sha256(sent.data).hexdigest(), len(sent.data)
    data: dict[str, Any] = {
        "kind": sent.kind,
        "import": {"object": digest, "size": size},
        "rows": len(brought.records),
        "encoding": brought.encoding,
        "zone": archive.settings.time_zone,
    }
    if brought.mistakes:
        data["skipped"] = len(brought.mistakes)
    with deciding(archive):
        known = [row for row in archive.catalogue.imports_since(0) if row.kind == sent.kind]
        if known and known[-1].sha256 == digest:
            return Imported(index=None, sha256=digest, size=size, brought=brought)
        with archive.store.writing() as writing:
            writing.put([sent.data])
            event = Event(
                type="dispatch.imported",
                subject=archive.settings.station,
                actor=actor,
                data=data,
                text={"name": sent.name} if sent.name else None,
            )
            archive.ledger.append(drafts(writing, [event]))
    archive.ledger.publish()
    archive.catalogue.catch_up()
    index = archive.catalogue.imports_since(0)[-1].index
    return Imported(index=index, sha256=digest, size=size, brought=brought)


def refresh(archive: Archive, store: Kept) -> int:
    """Bring dispatch.db to the catalogue's end; answers with how many imports it lacked.

    Raises:
        DispatchUnreadableError: it cannot be written; it is as it was.
        ArchiveError, OSError: an object cannot be read.
    """
    try:
        return _refresh(archive, store)
    except DispatchUnreadableError as error:
        if not error.damaged:
            raise
        _log.warning("dispatch.db is damaged and made anew", why=str(error))
        store.forget()
        return _refresh(archive, store)


def _refresh(archive: Archive, store: Kept) -> int:
    head = archive.catalogue.head()
    with store.writing(ledger_name(archive)) as db:
        begin, looked = kept.done(db)
        if max(begin, looked) > head.size:  # another ledger's, or one that was rolled back
            kept.forget(db, ledger_name(archive))
            begin = 0
        found = archive.catalogue.imports_since(begin)
        for row in found:
            entry = archive.reader.entry(row.index)
            if (brought := _read(archive, row.sha256, entry.data)) is not None:
                kept.put(db, row.index, brought.records)
        if begin != head.size:
            kept.set_done(db, head.size)
    return len(found)


def ledger_name(archive: Archive) -> str:
    """Whose rows they are."""
    return f"{archive.settings.origin} {archive.settings.station}"


def _read(archive: Archive, digest: str, data: Mapping[str, Any]) -> Brought | None:
    """The rows of an import as they were understood when it was brought in; None: they are gone, or not understood."""
    encoding, zone, kind = data.get("encoding"), data.get("zone"), data.get("kind")
    try:
        return read_import(
            archive.store.read(digest, most=MOST),
            "case" if kind == "case" else "dispatch",
            ZoneInfo(zone) if isinstance(zone, str) else archive.settings.zone,
            encoding=encoding if isinstance(encoding, str) else None,
            skip_bad=bool(data.get("skipped")),
        )
    except MissingObjectError:
        _log.warning("what was imported is no longer there", sha256=digest)
    except ImportFileError as error:
        _log.error("an import is not understood any more", sha256=digest, why=str(error))
    return None
