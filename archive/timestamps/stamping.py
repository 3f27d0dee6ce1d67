"""Stamping the newest checkpoint: who is asked, what is kept, which entry says so (docs/formats/ledger.md).

Holds: what an entry names is in the store before the entry is; a stamp is recorded only after it passed every check.
An authority that is asked for nothing new is not asked: tokens beget no tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from archive.events import Event, drafts
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.timestamps import names
from archive.timestamps.beside import beside
from archive.timestamps.errors import TokenError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.opening import Archive
    from archive.store.staged import Stored
    from archive.store.writing import Writing
    from archive.timestamps.client import Answer
    from archive.timestamps.revocation import Revocation

TYPE: Final = "checkpoint.timestamped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A token over a checkpoint, checked, with all that a stranger needs to check it again."""

    authority: str  # its name in the settings, or "embedded"
    own: bool  # issued by this agency itself
    time: datetime  # UTC
    size: int  # of the checkpoint
    checkpoint: bytes  # the note
    token: bytes  # DER TimeStampToken
    chain: bytes  # PEM, leaf first, without the root
    ca: bytes  # PEM
    ca_path: str  # where its file is
    revocation: tuple[Revocation, ...]
    unchecked: str | None  # what has to be said about revocation; None: all was checked
    policy: str  # OID
    serial: int
    synchronised: bool | None  # own only: whether the host's clock was in step
    accuracy_ms: int | None
    imprint: str  # hex
    apart: str | None = None  # what has to be said where its time is far from this machine's

    @property
    def digest(self) -> str:
        """SHA-256 of the token: its name in the store."""
        return hashlib.sha256(self.token).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An authority that gave no token."""

    authority: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renews:
    """Earlier tokens that a new one covers."""

    tokens: int
    digest: str  # SHA-256 over their SHA-256s, in ledger order; hex

    def line(self) -> bytes:
        """What stands behind the note's text in the imprint."""
        return self.digest.encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """What became of one round of stamping."""

    stamps: tuple[Stamp, ...]
    refusals: tuple[Refusal, ...]
    entries: tuple[int, ...]  # indexes of the stamps' entries
    due: bool  # whether there was anything to stamp


def authorities(archive: Archive) -> list[str]:
    """Names of who is asked: outside authorities as in the settings, then the agency's own."""
    found = [authority.name for authority in archive.settings.timestamps.authorities]
    return [*found, names.EMBEDDED] if archive.settings.timestamps.embedded else found


def obtain(archive: Archive, note: bytes) -> tuple[list[Stamp], list[Refusal]]:
    """Ask each configured authority for a token over a checkpoint. Nothing is recorded.

    Raises:
        MalformedNoteError: the note is no checkpoint.
    """
    return ask(archive, note, authorities(archive))


def ask(
    archive: Archive, note: bytes, asked: Sequence[str], renews: Renews | None = None
) -> tuple[list[Stamp], list[Refusal]]:
    """As `obtain`, of these authorities, all at once. Raises MalformedNoteError."""
    text = parse_note(note).text
    checkpoint = parse_checkpoint(text)
    message = message_of(text, renews)
    stamps: list[Stamp] = []
    refusals: list[Refusal] = []
    not_before = _newest_own(archive) if names.EMBEDDED in asked else 0
    answers = [beside(partial(_answer, archive, name, message, not_before)) for name in asked]
    for name, future in zip(asked, answers, strict=True):
        answer = future.result()
        if isinstance(answer, TokenError):
            refusals.append(Refusal(authority=name, code=answer.code, reason=answer.reason))
        else:
            stamps.append(_stamp(archive, name, answer, note, checkpoint))
    return stamps, refusals


def message_of(text: str, renews: Renews | None = None) -> bytes:
    """What a token is over, by SHA-256: a note's text; in a renewal the earlier tokens' digest behind it."""
    return text.encode() + (renews.line() if renews is not None else b"")


def _newest_own(archive: Archive) -> int:
    """What the newest token of the agency's own authority says, in milliseconds: no later one is below it."""
    archive.catalogue.catch_up()
    own = archive.catalogue.newest_timestamps().get(names.EMBEDDED)
    return 0 if own is None else own.time_us // 1000


def _answer(archive: Archive, name: str, message: bytes, not_before: int) -> Answer | TokenError:
    # Late: HTTP and X.509 take a fifth of a second to import, and whether something is due needs neither.
    from archive.timestamps.client import ask_embedded, ask_outside

    found = archive.settings.timestamps
    try:
        if name == names.EMBEDDED:
            return ask_embedded(
                archive.root, message, require_sync=found.require_sync, not_before=not_before
            )
        return ask_outside(next(a for a in found.authorities if a.name == name), message)
    except TokenError as e:
        return e


def _ca_path(archive: Archive, name: str) -> Path:
    if name == names.EMBEDDED:
        return archive.root / names.CA_PEM
    return next(a.ca for a in archive.settings.timestamps.authorities if a.name == name)


def _stamp(
    archive: Archive, name: str, answer: Answer, note: bytes, checkpoint: Checkpoint
) -> Stamp:
    own, checked = name == names.EMBEDDED, answer.checked
    return Stamp(
        authority=name,
        own=own,
        time=checked.time,
        size=checkpoint.size,
        checkpoint=note,
        token=answer.token,
        chain=checked.chain,
        ca=answer.ca,
        ca_path=str(_ca_path(archive, name).absolute()),
        revocation=answer.revocation,
        unchecked=checked.revocation,
        apart=answer.apart,
        policy=checked.policy,
        serial=checked.serial,
        synchronised=checked.policy == names.POLICY_SYNCHRONISED if own else None,
        accuracy_ms=checked.accuracy_ms,
        imprint=checked.imprint.hex(),
    )


def stamp_newest(archive: Archive, *, force: bool, actor: str | None = None) -> Stamped:
    """Timestamp the newest checkpoint, keep what proves it, say so in the ledger. Durable when it returns.

    Args:
        archive: open to write.
        force: also where nothing but timestamps came since the last one.
        actor: who asked; None: the station by itself.

    Raises:
        ArchiveError, OSError: as `Ledger.publish` and `Ledger.append`. Tokens that were had are lost.
    """
    asked = authorities(archive) if force else due(archive)
    if not asked:
        return Stamped(stamps=(), refusals=(), entries=(), due=False)
    stamps, refusals = ask(archive, archive.ledger.publish(), asked)
    entries = keep(archive, stamps, actor=actor)
    return Stamped(stamps=tuple(stamps), refusals=tuple(refusals), entries=entries, due=True)


def due(archive: Archive) -> list[str]:
    """Authorities whose newest token does not cover all that happened, timestamps aside."""
    archive.catalogue.catch_up()
    covered = archive.catalogue.covered_by_timestamps()
    end = archive.reader.size()
    # Back over the tokens' own entries, a few: only what else happened calls for a new one.
    while end and archive.reader.entry(end - 1).type == TYPE:
        end -= 1
    return [name for name in authorities(archive) if covered.get(name, 0) < end]


def keep(
    archive: Archive,
    stamps: Sequence[Stamp],
    *,
    actor: str | None = None,
    renews: Renews | None = None,
) -> tuple[int, ...]:
    """Put stamps into the store and the ledger; their entries' indexes. Raises as `stamp_newest`."""
    if not stamps:
        return ()
    station = archive.settings.station
    with archive.store.writing() as writing:
        events = [
            Event(
                type=TYPE,
                subject=station,
                actor=actor or station,
                data=_data(stamp, writing, renews),
            )
            for stamp in stamps
        ]
        entries = archive.ledger.append(drafts(writing, events))
    return tuple(entry.index for entry in entries)


def _data(stamp: Stamp, writing: Writing, renews: Renews | None) -> dict[str, Any]:
    revocation = [item.der for item in stamp.revocation]
    pieces = [stamp.checkpoint, stamp.token, stamp.chain, stamp.ca, *revocation]
    checkpoint, token, chain, ca, *rest = (_named(item) for item in writing.put(pieces))
    data = {
        "size": stamp.size,
        "root": parse_checkpoint(parse_note(stamp.checkpoint).text).root.hex(),
        "checkpoint": checkpoint,
        "imprint": stamp.imprint,
        "authority": stamp.authority,
        "own": stamp.own,
        "time": stamp.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "policy": stamp.policy,
        "serial": str(stamp.serial),
        "accuracy_ms": stamp.accuracy_ms,
        "synchronised": stamp.synchronised,
        "token": token,
        "chain": chain,
        "ca": ca,
        "revocation": [
            {"kind": item.kind, **named} for item, named in zip(stamp.revocation, rest, strict=True)
        ],
    }
    if renews is not None:
        data["renews"] = {"tokens": renews.tokens, "digest": renews.digest}
    return data


def _named(stored: Stored) -> dict[str, Any]:
    return {"object": stored.digest, "size": stored.size}
