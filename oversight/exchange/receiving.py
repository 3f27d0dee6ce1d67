"""Taking messages in: announced, in pieces, checked, recorded, receipted.

What always holds: nothing counts or is receipted before `exchange.received` is in the ledger; what came already is
answered with the same receipt, and changes nothing. What is under way lies below ROOT/exchange, bounded by what the
settings allow each peer, and is forgotten when nobody goes on with it. A full disk loses nothing: whoever sends goes on
where it stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archive.cases import deciding
from archive.durable import is_full
from archive.errors import NoSpaceError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.settings.model import PeerSettings
from oversight.exchange.checking import need_body
from oversight.exchange.errors import (
    ExchangeUnreadableError,
    MessageRefusedError,
    PackageRefusedError,
)
from oversight.exchange.kept import RECEIVED, Incoming, Kept
from oversight.exchange.model import Envelope, Receipt, is_digest
from oversight.exchange.signing import need_signed, sign

FOLDER: Final = "exchange"  # below ROOT
PIECE: Final = 4 << 20  # bytes, the most that come at once
_MOST_CASE: Final = 16 << 20  # bytes of a body of kind `case`: read, it takes many times as much
_DAY: Final = 86_400
_SPARE: Final = 64 << 20  # bytes that stay free on the disk, for the ledger
_MOST_UNDER_WAY: Final = 200  # of one peer
_LOCKS: Final = 64
# Of a message under way, forgotten in this order: bytes that nobody announced would count for nothing.
_ENDS: Final = ("part", "new", "json")


class OffsetError(MessageRefusedError):
    """The piece does not begin where the last one ended, or goes beyond the message. Nothing was written."""

    def __init__(self, have: int) -> None:
        super().__init__(f"the next byte is {have}")
        self.have = have


class TooMuchError(MessageRefusedError):
    """More than a peer may have under way. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a message is."""

    have: int  # bytes
    receipt: dict[str, Any] | None  # with its note, once it came


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partial:
    """A message under way."""

    envelope: Envelope
    note: str


class Receiver:
    """For one process that takes messages in; threads may share it."""

    def __init__(self, archive: Archive, *, now: Callable[[], float] = time.time) -> None:
        self._archive, self._now = archive, now
        self._folder = archive.root / FOLDER
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._room, self._reading = threading.Lock(), threading.Lock()

    def announce(
        self, peer: PeerSettings, data: object, *, named: str | None = None
    ) -> tuple[str, Standing]:
        """Take an envelope and its note; answers with the message's id and how far it is.

        Args:
            peer: who says it.
            data: what it says.
            named: the id that the message has to have.

        Raises:
            MessageRefusedError: it is not the peer's, or not for this archive.
            TooMuchError: the peer has too much under way.
            NoSpaceError: the disk has no room for it.
        """
        if not isinstance(data, dict) or data.keys() != {"envelope", "note"}:
            raise MessageRefusedError("there have to be an envelope and a note")
        envelope = Envelope.from_data(data["envelope"])
        if envelope.recipient != self._archive.settings.origin:
            raise MessageRefusedError("the message is for another archive")
        if named not in (None, envelope.id):
            raise MessageRefusedError("the envelope has another id")
        note = need_signed(peer, envelope, data["note"])
        with self._alone(envelope.id):
            found = self._standing(envelope.id)
            if found is None:
                with self._room:  # what two have under way is counted one after the other
                    self._begin(peer, envelope, note)
                found = Standing(have=0, receipt=None)
        return envelope.id, found

    def standing(self, peer: PeerSettings, message: str) -> Standing | None:
        """How far a message of the peer is; None: nobody announced it."""
        came = Kept(self._archive).incoming(message)
        if came is None:
            partial = self._partial(message)
            mine = partial is not None and partial.envelope.sender == peer.origin
        else:
            mine = came.sender == peer.origin
        return self._standing(message) if mine else None

    def put(self, peer: PeerSettings, message: str, offset: int, piece: bytes) -> Standing | None:
        """Write a piece; None: nobody announced the message. What came already is answered as `announce` does.

        Raises:
            OffsetError: it is not the next one.
            NoSpaceError: the disk is full. What came before is kept.
        """
        with self._alone(message):
            found = self.standing(peer, message)
            partial = self._partial(message)
            if found is None or found.receipt is not None or partial is None:
                return found
            if offset != found.have or offset + len(piece) > partial.envelope.size:
                raise OffsetError(found.have)
            self._write(message, offset, piece)
            return Standing(have=offset + len(piece), receipt=None)

    def finish(self, peer: PeerSettings, message: str) -> Standing | None:
        """Check what came, record it, and sign the receipt; None: nobody announced the message.

        Raises:
            OffsetError: not all of it is there.
            MessageRefusedError, PackageRefusedError: it does not hold; what came of it is forgotten.
            NoSpaceError, ArchiveError, OSError: nothing was receipted. The same again is right.
        """
        with self._alone(message):
            found = self.standing(peer, message)
            partial = self._partial(message)
            if found is None or found.receipt is not None or partial is None:
                return found
            if found.have != partial.envelope.size:
                raise OffsetError(found.have)
            try:
                # One case at a time: what is read of it lies in memory.
                with self._reading if partial.envelope.kind == "case" else nullcontext():
                    need_body(self._part(message), partial.envelope, peer)
            except (MessageRefusedError, PackageRefusedError):
                self._forget(message)
                raise
            self._record(partial)
            self._forget(message)
            return self._standing(message)

    def sweep(self) -> int:
        """Forget what nobody went on with for the days that the settings say; how many there were."""
        oldest = self._now() - self._archive.settings.exchange.keep_days * _DAY
        gone = 0
        # Also what a crash left of one alone: an announcement without its bytes, or bytes of no announcement.
        for message in sorted({path.stem for path in self._files()}):
            if max(map(_changed, self._of(message))) < oldest:
                self._forget(message)
                gone += 1
        return gone

    def _begin(self, peer: PeerSettings, envelope: Envelope, note: str) -> None:
        self.sweep()
        self._forget(envelope.id)  # what a crash left of it counts for nothing
        if envelope.kind == "case" and envelope.size > _MOST_CASE:
            raise TooMuchError(f"a case has at most {_MOST_CASE} bytes")
        under_way = [
            p
            for p in map(self._partial, (f.stem for f in self._files() if f.suffix == ".json"))
            if p
        ]
        sizes = [p.envelope.size for p in under_way if p.envelope.sender == peer.origin]
        most = self._archive.settings.exchange.most_mb * 1_000_000
        if sum(sizes) + envelope.size > most or len(sizes) >= _MOST_UNDER_WAY:
            raise TooMuchError(f"{peer.name} may have {most} bytes under way")
        if self._archive.free_bytes() < envelope.size + _SPARE:
            raise NoSpaceError("the disk has no room for the message")
        with _writing():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._part(envelope.id).write_bytes(b"")
            told = {"envelope": envelope.to_data(), "note": note}
            # Replaced whole: half of it would be nobody's message.
            made = self._folder / f"{envelope.id}.new"
            made.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
            made.replace(self._folder / f"{envelope.id}.json")

    def _write(self, message: str, offset: int, piece: bytes) -> None:
        path = self._part(message)
        if self._archive.free_bytes() < len(piece) + _SPARE:
            raise NoSpaceError("the disk is full")
        with _writing(), path.open("r+b", buffering=0) as file:
            try:
                file.truncate(offset)
                file.seek(offset)
                view = memoryview(piece)
                while view:
                    view = view[file.write(view) :]
                os.fdatasync(file.fileno())
            except OSError:
                # Half a piece must not be taken for one that came.
                file.truncate(offset)
                raise

    def _record(self, partial: _Partial) -> None:
        envelope, archive = partial.envelope, self._archive
        with deciding(archive):
            if Kept(archive).incoming(envelope.id) is not None:
                return  # another process took it in
            with archive.store.writing() as writing:
                path = writing.new_path()
                # Moved: there may be no room for it twice. Cut off from here on, the peer sends it again.
                shutil.move(self._part(envelope.id), path)
                kept = writing.adopt(path)
                if kept.digest != envelope.digest:
                    raise ExchangeUnreadableError("what came changed while it was taken in")
                data = {
                    "message": envelope.id,
                    "sender": envelope.sender,
                    "kind": envelope.kind,
                    "case": envelope.case,
                    "revision": envelope.revision,
                    "body": {"object": kept.digest, "size": kept.size},
                }
                station = archive.settings.station
                event = Event(
                    type=RECEIVED,
                    subject=station,
                    actor=station,
                    data=data,
                    text={"note": partial.note},
                )
                archive.ledger.append(drafts(writing, [event]))

    def _standing(self, message: str) -> Standing | None:
        came = Kept(self._archive).incoming(message)
        if came is not None:
            self._forget(message)  # a crash came between the entry and this
            return Standing(have=came.size, receipt=receipt_of(self._archive, came))
        if self._partial(message) is None:
            return None
        with suppress(FileNotFoundError):
            return Standing(have=self._part(message).stat().st_size, receipt=None)
        return None

    def _partial(self, message: str) -> _Partial | None:
        if not is_digest(message):
            return None  # a name from outside never becomes a path
        try:
            found = json.loads((self._folder / f"{message}.json").read_bytes())
            return _Partial(envelope=Envelope.from_data(found["envelope"]), note=found["note"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, MessageRefusedError):
            return None  # cut off while it was written: it is announced again

    def _files(self) -> list[Path]:
        found = self._folder.iterdir() if self._folder.is_dir() else []
        return sorted(path for path in found if path.suffix[1:] in _ENDS)

    def _part(self, message: str) -> Path:
        return self._folder / f"{message}.part"

    def _of(self, message: str) -> list[Path]:
        return [self._folder / f"{message}.{end}" for end in _ENDS]

    def _forget(self, message: str) -> None:
        for path in self._of(message):
            path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, message: str) -> Iterator[None]:
        """Two messages now and then share a lock: one waits then, and nothing else happens."""
        with self._locks[hash(message) % _LOCKS]:
            yield


def receipt_of(archive: Archive, came: Incoming) -> dict[str, Any]:
    """The receipt for a message that is in the ledger, and its note: signed while its body is here, or lawfully gone.

    Raises:
        ExchangeUnreadableError, ArchiveError: the body is gone or another, or the key cannot be used.
    """
    if not archive.catalogue.is_removed(came.digest):
        size = archive.store.size(came.digest)
        if size != came.size:
            raise ExchangeUnreadableError(f"the body of message {came.message} has {size} bytes")
    receipt = Receipt(
        message=came.message,
        sender=came.sender,
        recipient=archive.settings.origin,
        digest=came.digest,
        size=came.size,
        entry=came.entry,
        at=archive.reader.entry(came.entry).time,
    )
    return {"receipt": receipt.to_data(), "note": sign(archive, receipt)}


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if is_full(e):
            raise NoSpaceError("the disk is full: free some space, then try again") from e
        raise
