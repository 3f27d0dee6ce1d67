"""Which key signs when: the ledger's own entries say so (docs/formats/ledger.md, "Keys"). Pure; no files.

What holds:

1. The key in force for a batch is the newest that an entry before the batch introduced; so the batch that
   brings a new key in is signed by the old one.
2. Every key after the first is introduced under a signature of the one before it. A history that says
   otherwise is none: KeyHistoryError.
3. A key that was retired is believed for checkpoints up to `from` entries and no further.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from archive.errors import MalformedEntryError, MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.ledger.entry import parse
from archive.ledger.note import (
    ED25519,
    Checkpoint,
    Verifier,
    decode_base64,
    introduction,
    parse_note,
    signed_by,
)

INTRODUCED: Final = "key.introduced"
RETIRED: Final = "key.retired"
KEY_TYPES: Final = frozenset({INTRODUCED, RETIRED})
# In canonical form every entry about a key has these bytes; few others do, and those are parsed for nothing.
MARK: Final = b'"type":"key.'


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPeriod:
    """One key, and what entries have said of it."""

    verifier: Verifier
    subject: str = ""  # id of the key; empty where its introduction was not read
    introduced: int = -1  # index of the entry; -1: not read yet
    retired: int | None = None  # index of the entry
    why: str = ""  # "rotated" | "compromised"
    until: int | None = None  # entries: checkpoints over more than these are not believed


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHistory:
    """The keys of a ledger, oldest first, as far as its entries were read."""

    periods: tuple[KeyPeriod, ...]  # at least one
    known: tuple[Verifier, ...] = ()  # keys that the keys folder names

    @classmethod
    def beginning(cls, known: Sequence[Verifier]) -> KeyHistory:
        """Before the first entry. `known`: what the keys folder names, oldest first; at least one."""
        return cls(periods=(KeyPeriod(verifier=known[0]),), known=tuple(known))

    @classmethod
    def resuming(cls, in_force: Verifier, known: Sequence[Verifier]) -> KeyHistory:
        """In the middle of a ledger, where this key is in force; what came before is not told."""
        return cls(periods=(KeyPeriod(verifier=in_force, introduced=0),), known=tuple(known))

    @classmethod
    def of(cls, entries: Iterable[tuple[int, bytes]], known: Sequence[Verifier]) -> KeyHistory:
        """After these entries (index and canonical bytes), the first of the ledger among them.

        Raises:
            KeyHistoryError: they contradict each other.
        """
        history = cls.beginning(known)
        for index, raw in entries:
            if MARK in raw:
                history = history.after(index, raw)
        return history

    @property
    def current(self) -> Verifier:
        """The key that signs next."""
        return self.periods[-1].verifier

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """All keys, oldest first."""
        return tuple(period.verifier for period in self.periods)

    def in_force(self, size_before_batch: int) -> Verifier:
        """The key that signs the batch which begins after so many entries."""
        for period in reversed(self.periods):
            if period.introduced < size_before_batch:
                return period.verifier
        return self.periods[0].verifier

    def after_batch(self, start: int, entries: Sequence[bytes]) -> KeyHistory:
        """After a batch whose first entry is `start`. Raises KeyHistoryError."""
        history = self
        for index, raw in enumerate(entries, start):
            if MARK in raw:
                history = history.after(index, raw)
        return history

    def after(self, index: int, raw: bytes) -> KeyHistory:
        """After one entry; one that is about no key of the ledger changes nothing. Raises KeyHistoryError."""
        try:
            document = parse(raw)
        except MalformedEntryError:
            return self  # said by whoever reads entries
        if document["type"] == INTRODUCED and document["data"].get("use") == "ledger":
            return self._introduce(index, str(document["subject"]), document["data"])
        if document["type"] == RETIRED:
            return self._retire(index, document["data"])
        return self

    def _introduce(self, index: int, subject: str, data: dict[str, Any]) -> KeyHistory:
        new = KeyPeriod(verifier=self._verifier(index, data), subject=subject, introduced=index)
        before = data.get("before")
        if before is None:
            if self.periods[-1].introduced >= 0:
                raise KeyHistoryError(f"entry {index}: a key that no earlier key introduced")
            return replace(self, periods=(new,))
        current = self.current
        if type(before) is not dict or before.get("id") != current.id.hex():
            raise KeyHistoryError(
                f"entry {index}: the key is introduced by another than the one in force"
            )
        try:
            signature = decode_base64(str(before.get("signature")))
        except MalformedNoteError:
            signature = b""
        if not current.is_signed_by(introduction(new.verifier), signature):
            raise KeyHistoryError(
                f"entry {index}: the signature of the key before does not introduce this key"
            )
        return replace(self, periods=(*self.periods, new))

    def _verifier(self, index: int, data: dict[str, Any]) -> Verifier:
        """The key that an entry introduces: as it says itself, or as the keys folder has it under its id."""
        said, public = data.get("id"), data.get("public")
        name = self.current.name
        if public is not None:
            try:
                raw = decode_base64(str(public))
                found = Verifier(name=name, key=raw[1:])
                vkey = Verifier.from_vkey(found.vkey()) if raw[:1] == bytes([ED25519]) else None
            except MalformedNoteError as e:
                raise KeyHistoryError(f"entry {index}: its key cannot be used: {e}") from e
            if vkey is None or found.id.hex() != said:
                raise KeyHistoryError(f"entry {index}: its key has another id than it says")
            return found
        for verifier in self.known:
            if verifier.id.hex() == said:
                return verifier
        raise KeyHistoryError(f"entry {index} introduces key {said!s:.16}, which keys/ has not")

    def _retire(self, index: int, data: dict[str, Any]) -> KeyHistory:
        until, found = data.get("from"), False
        periods = list(self.periods)
        for n, period in enumerate(periods):
            if period.verifier.id.hex() == data.get("id"):
                if type(until) is not int:
                    raise KeyHistoryError(f"entry {index}: says no number of entries")
                found = True
                least = until if period.until is None else min(until, period.until)
                periods[n] = replace(period, retired=index, why=str(data.get("why")), until=least)
        # Of a history that began in the middle, older keys are not known.
        if not found and periods[0].subject:
            raise KeyHistoryError(f"entry {index} retires a key that was never introduced")
        return replace(self, periods=tuple(periods))

    def check(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note that one of these keys signed while it could.

        Raises:
            MalformedNoteError: no such note; says why.
        """
        parsed = parse_note(note)
        verifier = signed_by(parsed, self.verifiers)
        if verifier is None:
            raise MalformedNoteError("not signed by any key of this ledger")
        checkpoint = verifier.check(parsed)
        if checkpoint.origin != verifier.name:
            raise MalformedNoteError("it is of another origin")
        if why := self.why_not_believed(verifier, checkpoint.size):
            raise MalformedNoteError(why)
        return checkpoint

    def why_not_believed(self, verifier: Verifier, size: int) -> str:
        """Why this key's checkpoint over so many entries is not believed; empty where it is."""
        for number, period in enumerate(self.periods):
            if period.verifier != verifier:
                continue
            if period.until is not None and size > period.until:
                return f"key {verifier.id.hex()} is believed up to {period.until} entries only"
            if number and size <= period.introduced + 1:
                return f"key {verifier.id.hex()} was not in force at {size} entries yet"
            return ""
        return f"key {verifier.id.hex()} is none of this ledger's"


def introduced_as(verifier: Verifier) -> dict[str, Any]:
    """The members that say which key it is, of an entry that introduces it."""
    public = base64.b64encode(bytes([ED25519]) + verifier.key).decode()
    return {"id": verifier.id.hex(), "use": "ledger", "public": public}
