"""Making messages: a case as it stands, or a package of it, put into the ledger before anybody is asked.

What always holds: what `exchange.sent` names can be sent from then on, however long the peer is away: the body of a
case is an object of the store; a package stays where it is, its digest is known. The same case in the same state makes
no second message. Sends nothing.
"""

from __future__ import annotations

import hashlib
import json
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, NamedTuple

from archive import canonical
from archive.casefiles import volume
from archive.cases import deciding, need_case
from archive.catalogue.rows import CaseRow
from archive.events import Event, drafts
from archive.opening import Archive
from archive.settings.model import PeerSettings
from oversight.exchange.checking import need_package
from oversight.exchange.errors import MessageRefusedError
from oversight.exchange.kept import SENT, Kept, Outgoing, sent_data
from oversight.exchange.model import Envelope, Kind

CASE_FORMAT: Final = "muniment-exchange-case-1"


class _Body(NamedTuple):
    kind: Kind
    digest: str
    size: int


def make_case(archive: Archive, number: str, peer: PeerSettings, *, actor: str) -> Outgoing:
    """The message of a case as it stands.

    Raises:
        UnknownCaseError, CatalogueTooLongError: nothing was recorded.
        ArchiveError, OSError, ExchangeUnreadableError: as the archive's.
    """
    with deciding(archive):
        case = need_case(archive.catalogue, number)
        body = body_of(archive, case)
        digest = hashlib.sha256(body).hexdigest()
        envelope, known = _envelope(archive, peer, case, _Body("case", digest, len(body)))
        if known is None:
            with archive.store.writing() as writing:
                [kept] = writing.put([body])
                data = sent_data(envelope) | {"body": {"object": kept.digest, "size": kept.size}}
                event = Event(type=SENT, subject=case.id, actor=actor, data=data)
                archive.ledger.append(drafts(writing, [event]))
    return _need(archive, envelope)


def make_package(
    archive: Archive, number: str, peer: PeerSettings, file: Path, *, actor: str
) -> Outgoing:
    """The message of a package of a case, which lies in a file and stays there until it is acknowledged.

    Raises:
        UnknownCaseError: nothing was recorded.
        PackageRefusedError: it is no package of this case by this archive, or does not hold.
        ArchiveError, OSError, ExchangeUnreadableError: as the archive's, or the file cannot be read.
    """
    with file.open("rb") as opened:
        digest, size = _digest(opened)
    case = need_case(archive.catalogue, number)
    need_package(file, case.id, [known.vkey() for known in archive.reader.known()])
    with deciding(archive):
        envelope, known = _envelope(archive, peer, case, _Body("package", digest, size))
        if known is None:
            data = sent_data(envelope)
            archive.record([Event(type=SENT, subject=case.id, actor=actor, data=data)])
    Kept(archive).note_file(envelope.id, str(file.absolute()))
    return _need(archive, envelope)


def body_of(archive: Archive, case: CaseRow) -> bytes:
    """What is told of a case: what its volume catalogue says, and when and where it was."""
    told: dict[str, Any] = json.loads(volume.build(archive, case))
    told |= {
        "format": CASE_FORMAT,
        "place": case.place,
        "from": case.from_,
        "to": case.to,
        "closed_at": case.closed_at,
    }
    return canonical.encode(told)


def envelope_of(archive: Archive, sent: Outgoing) -> Envelope:
    """The envelope of a message that was made, again. Raises MessageRefusedError: the entry is none of ours."""
    envelope = Envelope.from_data(
        {
            "format": 1,
            "sender": archive.settings.origin,
            "recipient": sent.recipient,
            "kind": sent.kind,
            "case": sent.case_id,
            "revision": sent.revision,
            "digest": sent.digest,
            "size": sent.size,
        }
    )
    if envelope.id != sent.message:
        raise MessageRefusedError(f"entry {sent.entry} says another id than its message has")
    return envelope


def _envelope(
    archive: Archive, peer: PeerSettings, case: CaseRow, body: _Body
) -> tuple[Envelope, Outgoing | None]:
    """The envelope, and the message where it is the newest one about the case already."""
    newest = Kept(archive).newest_sent(peer.origin, body.kind, case.id)
    known = newest if newest is not None and newest.digest == body.digest else None
    revision = archive.reader.size() if known is None else known.revision
    return (
        Envelope(
            sender=archive.settings.origin,
            recipient=peer.origin,
            kind=body.kind,
            case=case.id,
            revision=revision,
            digest=body.digest,
            size=body.size,
        ),
        known,
    )


def _need(archive: Archive, envelope: Envelope) -> Outgoing:
    found = Kept(archive).outgoing(envelope.id)
    if found is None:
        raise MessageRefusedError("the message that was recorded cannot be found again")
    return found


def _digest(file: BufferedReader) -> tuple[str, int]:
    return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
