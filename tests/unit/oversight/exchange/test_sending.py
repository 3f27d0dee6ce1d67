"""No message and no peer keeps the others back, or the sender for ever."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import cases
from archive.cases import need_case
from archive.events import Event
from oversight.exchange import sending
from oversight.exchange.errors import PeerError
from oversight.exchange.kept import SENT, Kept, sent_data
from oversight.exchange.model import Envelope
from oversight.exchange.outbox import make_case
from oversight.exchange.sending import deliver, deliver_waiting
from tests.unit.oversight.exchange.levels import ACTOR, Level, impostor, make_new, two_levels

NUMBER = "2026-0117"


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two archives as they were made."""
    return make_new(tmp_path_factory.mktemp("new"))


@pytest.fixture
def levels(tmp_path: Path, new: Path) -> Iterator[tuple[Level, Level]]:
    """A county with one case, and a province."""
    with two_levels(tmp_path, new) as (county, province):
        cases.open_case(county.archive, actor=ACTOR, number=NUMBER, title="占道经营")
        yield county, province


def waits(county: Level, recipient: str, count: int) -> None:
    """So many messages to somebody are in the ledger, whose bodies are nowhere."""
    county.archive.catalogue.catch_up()
    case = need_case(county.archive.catalogue, NUMBER).id
    events = []
    for revision in range(count):
        envelope = Envelope(
            sender="county.test/archive",
            recipient=recipient,
            kind="case",
            case=case,
            revision=revision,
            digest="0" * 64,
            size=1,
        )
        events.append(Event(type=SENT, subject=case, actor=ACTOR, data=sent_data(envelope)))
    county.archive.record(events)


def test_a_message_whose_body_is_gone_is_noted_and_the_next_is_sent(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    waits(county, "province.test/archive", 1)
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    with province.door():
        assert deliver_waiting(county.archive, actor=ACTOR, now=datetime.now(UTC)) == (1, 1)
    [lost] = Kept(county.archive).sent(waiting=True)
    assert lost.message != message.message
    assert lost.failures == 1
    assert lost.said is not None
    assert "is missing" in lost.said


def test_more_messages_than_are_read_at_once_keep_no_later_one_back(
    levels: tuple[Level, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    county, province = levels
    waits(county, "gone.test/archive", 3)
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    sent = Kept.sent
    monkeypatch.setattr(  # pages of two instead of a thousand
        Kept, "sent", lambda kept, **asked: sent(kept, **asked, limit=2)
    )
    with province.door():
        assert deliver_waiting(county.archive, actor=ACTOR, now=datetime.now(UTC)) == (1, 3)
    found = Kept(county.archive).outgoing(message.message)
    assert found is not None
    assert found.acknowledged is not None


def test_a_peer_that_takes_no_calls_is_called_once_for_all_its_messages(
    levels: tuple[Level, Level],
) -> None:
    county, _ = levels
    for number in ("2026-0118", "2026-0119"):
        cases.open_case(county.archive, actor=ACTOR, number=number, title="占道经营")
        make_case(county.archive, number, county.peer("province"), actor=ACTOR)
    assert deliver_waiting(county.archive, actor=ACTOR, now=datetime.now(UTC)) == (0, 2)
    assert [one.failures for one in Kept(county.archive).sent(waiting=True)] == [1, 0]


def test_a_peer_that_takes_a_byte_of_each_piece_is_given_up(levels: tuple[Level, Level]) -> None:
    county, province = levels
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    have: list[int] = []

    def answer(_method: str, _path: str) -> tuple[int, bytes]:
        have.append(len(have))
        return 200, json.dumps({"have": have[-1]}).encode()

    with impostor(province, answer), pytest.raises(PeerError, match="takes nothing"):
        deliver(county.archive, message, actor=ACTOR)
    assert len(have) < 10


@contextmanager
def dripping(level: Level, say: Callable[[int], bytes]) -> Iterator[None]:
    """Somebody with the level's certificate who never ends: what is said at each moment."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(level.pair.chain, level.pair.key)
    ended = threading.Event()

    def run(listening: socket.socket) -> None:
        plain, _ = listening.accept()
        with context.wrap_socket(plain, server_side=True) as talking:
            talking.recv(65536)
            moment = 0
            try:
                while not ended.wait(0.05):
                    talking.sendall(say(moment))
                    moment += 1
            except OSError:
                return  # the line was cut

    with socket.create_server(("127.0.0.1", level.port)) as listening:
        thread = threading.Thread(target=run, args=(listening,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(20)


DRIPS: dict[str, Callable[[int], bytes]] = {
    "hints": lambda _: b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "headers": lambda moment: b"X" if moment else b"HTTP/1.1 200 OK\r\nX",
    "a body": lambda moment: b" " if moment else b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
    "a body without a length": lambda moment: b" " if moment else b"HTTP/1.1 200 OK\r\n\r\n{}",
}


@pytest.mark.parametrize("what", DRIPS)
def test_a_peer_that_drips_is_cut_off_when_the_time_of_a_question_is_over(
    levels: tuple[Level, Level], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    county, province = levels
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    monkeypatch.setattr(sending, "_GRACE", 1.0 - sending._TIMEOUT)  # a second in all
    begin = time.monotonic()
    with dripping(province, DRIPS[what]), pytest.raises(PeerError, match="without end"):
        deliver(county.archive, message, actor=ACTOR)
    assert 0.9 < time.monotonic() - begin < 3.5
    [found] = Kept(county.archive).sent(waiting=True)
    assert found.failures == 1
