"""Sending a message to its peer: announced, in pieces from where the last try ended, until the receipt is here.

What always holds: a message counts as acknowledged by nothing but a receipt for just this message, signed by a key that
the settings name for the peer; it is in the ledger then, and kept with its note. Whatever else a peer answers (nothing,
nonsense, without end) leaves the message waiting. Only the peer that leads to its `ca` is asked.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import httpx

from archive.cases import deciding
from archive.errors import ArchiveError
from archive.events import Event
from archive.opening import Archive
from archive.settings.model import PeerSettings
from oversight.exchange.ending import Line
from oversight.exchange.errors import MessageRefusedError, PeerError, UnknownPeerError
from oversight.exchange.kept import ACKNOWLEDGED, Kept, Outgoing
from oversight.exchange.model import Envelope, Receipt
from oversight.exchange.outbox import envelope_of
from oversight.exchange.peers import of_origin
from oversight.exchange.receiving import PIECE
from oversight.exchange.signing import need_signed, sign

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_ANSWER: Final = 64 * 1024
_TIMEOUT: Final = 30.0  # seconds without a byte
_CHECKING: Final = 900.0  # seconds that a peer may take to check a package
_GRACE: Final = 60.0  # seconds that a question may take in all, beyond those
_PIECE_TIME: Final = 600.0  # seconds that a piece may take: a slow line
_MOST_BACK: Final = 5  # times that a peer may ask for what it had, or for part of it
_NOTED: Final = (ArchiveError, OSError, PeerError, UnknownPeerError)


class AwayError(PeerError):
    """Nobody takes calls where the peer should be: whatever the message, it is the same for all of them."""


def deliver(
    archive: Archive,
    sent: Outgoing,
    *,
    actor: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outgoing:
    """Send a message that waits; answers with how it stands then. What is acknowledged already is not sent again.

    Raises:
        PeerError: it did not get through: noted, it waits.
        UnknownPeerError: the settings no longer name the peer, or where it is: noted.
        ArchiveError, OSError, ExchangeUnreadableError: as the archive's; noted where it is about what is sent.
    """
    if sent.acknowledged is not None:
        return sent
    receipt, note = _delivered(archive, sent, now)
    return _acknowledge(archive, sent, receipt, note, actor)


def _delivered(
    archive: Archive, sent: Outgoing, now: Callable[[], datetime]
) -> tuple[Receipt, str]:
    """The peer's receipt and its note. Raises what _NOTED says, once it is noted."""
    try:
        peer = of_origin(archive.settings.exchange, sent.recipient)
        return _Delivery(archive, peer, sent).run()
    except _NOTED as e:
        Kept(archive).note_failure(sent.message, now(), str(e)[:500])
        raise


def _acknowledge(
    archive: Archive, sent: Outgoing, receipt: Receipt, note: str, actor: str
) -> Outgoing:
    kept = Kept(archive)
    with deciding(archive):
        known = kept.outgoing(sent.message)
        if known is None or known.acknowledged is None:
            data = {
                "message": sent.message,
                "recipient": sent.recipient,
                "entry": receipt.entry,
                "at": receipt.at,
            }
            event = Event(
                type=ACKNOWLEDGED,
                subject=sent.case_id,
                actor=actor,
                data=data,
                text={"note": note},
            )
            archive.record([event])
    return kept.outgoing(sent.message) or sent


class _Delivery:
    """One message on its way."""

    def __init__(self, archive: Archive, peer: PeerSettings, sent: Outgoing) -> None:
        if peer.url is None:
            raise UnknownPeerError(f"muniment.toml does not say where {peer.name} takes messages")
        self._archive, self._peer, self._sent = archive, peer, sent
        self._url = f"{peer.url}/messages/{sent.message}"
        self._line = Line()

    def run(self) -> tuple[Receipt, str]:
        """The peer's receipt and its note. Raises PeerError."""
        try:
            envelope = envelope_of(self._archive, self._sent)
            with (
                self._body() as body,
                self._line,
                httpx.Client(verify=self._tls(), timeout=_TIMEOUT, trust_env=False) as client,
            ):
                return self._send(client, envelope, body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as e:
            raise AwayError(f"{self._peer.name} is away: {type(e).__name__}") from e
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as e:
            raise PeerError(f"{self._peer.name} is away: {type(e).__name__}") from e
        except MessageRefusedError as e:
            raise PeerError(f"{self._peer.name} answers nonsense: {e}") from e

    def _send(
        self, client: httpx.Client, envelope: Envelope, body: IO[bytes]
    ) -> tuple[Receipt, str]:
        told = {"envelope": envelope.to_data(), "note": sign(self._archive, envelope)}
        answer = self._ask(client, "PUT", self._url, json.dumps(told).encode())
        have, back = _have(answer, envelope), 0
        while have < envelope.size and "receipt" not in answer:
            body.seek(have)
            piece = body.read(min(PIECE, envelope.size - have))
            if not piece:
                raise PeerError("the file of the message is shorter than it was")
            url = f"{self._url}/body?offset={have}"
            answer = self._ask(client, "PUT", url, piece, more=_PIECE_TIME)
            before, have = have, _have(answer, envelope)
            # A byte now and then is no way on: it would take all of what was sent a million times.
            if have < before + len(piece):
                back += 1
                if back > _MOST_BACK:
                    raise PeerError(f"{self._peer.name} takes nothing")
        if "receipt" not in answer:
            answer = self._ask(client, "POST", f"{self._url}/done", b"", patience=_CHECKING)
        receipt = Receipt.from_data(answer.get("receipt"))
        note = need_signed(self._peer, receipt, answer.get("note"))
        if not receipt.is_for(envelope):
            raise MessageRefusedError("the receipt is for another message")
        return receipt, note

    def _ask(
        self,
        client: httpx.Client,
        method: str,
        url: str,
        content: bytes,
        *,
        patience: float = _TIMEOUT,
        more: float = 0.0,
    ) -> dict[str, Any]:
        """The answer to one question, within patience, `more` seconds and _GRACE in all."""
        endless = PeerError(f"{self._peer.name} answers without end")
        try:
            with self._line.within(patience + more + _GRACE):
                status, said = self._heard(client, method, url, content, patience)
        except httpx.HTTPError as e:
            if self._line.is_over:
                raise endless from e
            raise
        if self._line.is_over or len(said) > _MOST_ANSWER:
            raise endless
        found = _document(said)
        if status == httpx.codes.OK:
            return found
        # Told where to go on: a piece that came twice, or one that was lost.
        if status == httpx.codes.CONFLICT and type(found.get("have")) is int:
            return found
        code = found.get("code")
        told = f" ({code})" if type(code) is str and code.isascii() and len(code) < 8 else ""
        raise PeerError(f"{self._peer.name} answers {status}{told}")

    def _heard(
        self, client: httpx.Client, method: str, url: str, content: bytes, patience: float
    ) -> tuple[int, bytes]:
        """Status and body, of which what is too much is left unread."""
        timeout, said = httpx.Timeout(_TIMEOUT, read=patience), b""
        trace = {"trace": self._line.heard}
        with client.stream(
            method, url, content=content, timeout=timeout, extensions=trace
        ) as answer:
            for part in answer.iter_raw():
                said += part
                if len(said) > _MOST_ANSWER:
                    break
        return answer.status_code, said

    @contextmanager
    def _body(self) -> Iterator[IO[bytes]]:
        """What is sent. Raises PeerError: a package is not where it was, or is another."""
        if self._sent.kind == "case":
            with self._archive.store.local(self._sent.digest) as path, path.open("rb") as file:
                yield file
            return
        try:
            file = Path(self._sent.path or "").open("rb")  # noqa: SIM115 - closed below
        except OSError as e:
            raise PeerError("the package is not where it was: name its file again") from e
        with file:
            if file.seek(0, 2) != self._sent.size:
                raise PeerError("the package is not what it was: name its file again")
            yield file

    def _tls(self) -> ssl.SSLContext:
        ours, ca = self._archive.settings.exchange, self._peer.ca
        if ours.tls_cert is None or ours.tls_key is None or ca is None:
            raise PeerError("muniment.toml names no exchange.tls_cert, or no ca of the peer")
        try:
            context = ssl.create_default_context(cafile=str(ca))
            context.load_cert_chain(ours.tls_cert, ours.tls_key)
        except OSError as e:
            raise PeerError(f"a certificate cannot be read: {e.strerror or e}") from e
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def deliver_waiting(
    archive: Archive, *, actor: str, now: datetime, also_not_due: bool = False
) -> tuple[int, int]:
    """Send whatever waits and is due; how many were acknowledged, and how many still wait.

    What is wrong with one message, or with where it goes, is noted and keeps no other back.

    Raises:
        ArchiveError, ExchangeUnreadableError: as the archive's: what came of the last message cannot be recorded.
    """
    done = waiting = 0
    away: set[str] = set()  # not called again for each of their messages
    for sent in _waiting(archive):
        if sent.recipient in away or not (also_not_due or sent.is_due(now)):
            waiting += 1
            continue
        try:
            receipt, note = _delivered(archive, sent, lambda: datetime.now(UTC))
        except _NOTED as e:
            waiting += 1
            if isinstance(e, AwayError):
                away.add(sent.recipient)
            continue
        _acknowledge(archive, sent, receipt, note, actor)
        done += 1
    return done, waiting


def _waiting(archive: Archive) -> Iterator[Outgoing]:
    """All of them, in the order in which they were made."""
    after = -1
    while page := Kept(archive).sent(waiting=True, after=after):
        yield from page
        after = page[-1].entry


def _have(answer: dict[str, Any], envelope: Envelope) -> int:
    have = answer.get("have")
    if type(have) is not int or not 0 <= have <= envelope.size:
        raise MessageRefusedError("it has what it was not sent")
    return have


def _document(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as e:
        raise MessageRefusedError("no JSON") from e
    if not isinstance(found, dict):
        raise MessageRefusedError("no object")
    return cast("dict[str, Any]", found)
