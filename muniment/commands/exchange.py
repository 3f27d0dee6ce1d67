"""`exchange …`: messages to and from archives of other levels. What is refused is oversight/exchange's."""

from __future__ import annotations

import contextlib
import errno
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import PortTakenError
from muniment.opening import reading, writing
from oversight.exchange.kept import Incoming, Kept, Outgoing
from oversight.exchange.outbox import make_case, make_package
from oversight.exchange.peers import named
from oversight.exchange.sending import deliver, deliver_waiting

_WAITS = 3  # exit status: partly done


def send(asked: Asked, number: str, to: str, package: Path | None) -> Answer:
    """Send a case as it stands, or a package of it.

    Raises:
        UnknownPeerError, UnknownCaseError, MessageRefusedError: nothing was recorded.
        PeerError: it did not get through; it waits.
    """
    with writing(asked) as archive:
        peer = named(archive.settings.exchange, to)
        if package is None:
            made = make_case(archive, number, peer, actor=asked.actor)
        else:
            made = make_package(archive, number, peer, package, actor=asked.actor)
        found = deliver(archive, made, actor=asked.actor)
        document = _of_sent(archive, found)
    text = asked.words("exchange.sent", entry=found.acknowledged, message=found.message[:16])
    return Answer(document=document, text=text)


def send_waiting(asked: Asked) -> Answer:
    """Send what waits and is due. Raises ArchiveError, ExchangeUnreadableError."""
    with writing(asked) as archive:
        done, waiting = deliver_waiting(archive, actor=asked.actor, now=datetime.now(UTC))
    text = asked.words("exchange.waiting", done=done, waiting=waiting)
    status = _WAITS if waiting else 0
    return Answer(document={"acknowledged": done, "waiting": waiting}, text=text, status=status)


def status(asked: Asked) -> Answer:
    """What was sent and what waits; what was received, and which of it holds."""
    with reading(asked) as archive:
        kept = Kept(archive)
        waiting = kept.sent(waiting=True)
        sent = waiting + [s for s in kept.sent() if s.acknowledged is not None]
        received = kept.current()
        document = {
            "sent": [_of_sent(archive, one) for one in sent],
            "received": [_of_received(archive, one) for one in received],
        }
    lines = [asked.words("exchange.sent_head")]
    lines += _sent_table(asked, document["sent"]) or [asked.words("exchange.none")]
    lines += ["", asked.words("exchange.received_head")]
    lines += _received_table(asked, document["received"]) or [asked.words("exchange.none")]
    return Answer(document=document, text="\n".join(lines))


def serve(asked: Asked, *, host: str, port: int) -> Answer:
    """Take messages until interrupted.

    Raises:
        SettingsError: certificates are not set.
        PortTakenError: somebody else listens there.
    """
    from api.exchange.serving import serve_exchange
    from api.serving import address_of, listen

    with writing(asked) as archive:
        try:
            listening = listen(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(f"{host}:{port}: {error.strerror}") from error
            raise
        address = address_of(listening, tls=True)

        def ready(page: str) -> None:
            asked.say(asked.words("serve.page", address=page))
            asked.note(asked.words("serve.stop"))

        with contextlib.suppress(KeyboardInterrupt):
            serve_exchange(archive, listening, ready=ready)
    return Answer(document={"page": address, "stopped": True})


def _of_sent(archive: Archive, sent: Outgoing) -> dict[str, Any]:
    case = archive.catalogue.case(sent.case_id)
    return {
        "message": sent.message,
        "peer": _name(archive, sent.recipient),
        "kind": sent.kind,
        "case": sent.case_id,
        "number": None if case is None else case.number,
        "revision": sent.revision,
        "sha256": sent.digest,
        "size": sent.size,
        "acknowledged": sent.acknowledged,
        "failures": sent.failures,
        "failed_at": sent.failed_at,
        "said": sent.said,
    }


def _of_received(archive: Archive, came: Incoming) -> dict[str, Any]:
    return {
        "message": came.message,
        "peer": _name(archive, came.sender),
        "kind": came.kind,
        "case": came.case_id,
        "revision": came.revision,
        "sha256": came.digest,
        "size": came.size,
        "entry": came.entry,
    }


def _name(archive: Archive, origin: str) -> str:
    """How the settings call it; one that they no longer name is called by its ledger."""
    for peer in archive.settings.exchange.peers:
        if peer.origin == origin:
            return peer.name
    return origin


def _sent_table(asked: Asked, rows: list[dict[str, Any]]) -> list[str]:
    cells = []
    for row in rows:
        waits = row["acknowledged"] is None
        state = asked.words("exchange.waits" if waits else "exchange.done")
        said = printable(row["said"] or "-") if waits else str(row["acknowledged"])
        number = printable(row["number"] or "-")
        cells.append([row["message"][:16], row["peer"], row["kind"], number, state, said])
    return table(asked.words("exchange.sent_columns").split("|"), cells) if cells else []


def _received_table(asked: Asked, rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        [r["message"][:16], r["peer"], r["kind"], r["case"], str(r["revision"]), str(r["entry"])]
        for r in rows
    ]
    return table(asked.words("exchange.received_columns").split("|"), cells) if cells else []
