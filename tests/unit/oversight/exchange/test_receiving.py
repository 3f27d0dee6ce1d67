"""What a peer or a crash may do to the receiver: nothing stays behind, nothing is taken or receipted wrongly."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import canonical, cases
from archive.errors import MissingObjectError
from oversight.exchange import receiving
from oversight.exchange.errors import ExchangeUnreadableError, MessageRefusedError
from oversight.exchange.kept import NAME, Kept
from oversight.exchange.model import Envelope
from oversight.exchange.outbox import envelope_of, make_case
from oversight.exchange.receiving import Receiver, TooMuchError
from oversight.exchange.sending import deliver
from oversight.exchange.signing import sign
from tests.unit.oversight.exchange.levels import ACTOR, Level, make_new, two_levels

NUMBER = "2026-0117"
CASE = "case-" + "0" * 26
LATER = 15 * 86_400


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


def told(county: Level, envelope: Envelope) -> dict[str, Any]:
    """Its announcement."""
    return {"envelope": envelope.to_data(), "note": sign(county.archive, envelope)}


def package(digest: int, size: int) -> Envelope:
    """A message that is only announced."""
    return Envelope(
        sender="county.test/archive",
        recipient="province.test/archive",
        kind="package",
        case=CASE,
        revision=1,
        digest=f"{digest:064}",
        size=size,
    )


def body(**said: object) -> bytes:
    """Of a case, as the schema says but for what is said otherwise."""
    whole = {
        "format": "muniment-exchange-case-1",
        "archive": "county.test/archive",
        "case": CASE,
        "case_number": NUMBER,
        "items": [{"kind": "video", "id": "clip-1", "sha256": None, "size": 1}],
        "stages": [],
        "subjects": [],
    }
    return canonical.encode(whole | said)


def sent(county: Level, province: Level, content: bytes) -> None:
    """A case with this body comes whole."""
    digest = hashlib.sha256(content).hexdigest()
    data = package(0, len(content)).to_data() | {"kind": "case", "digest": digest}
    envelope = Envelope.from_data(data)
    receiver, peer = Receiver(province.archive), province.peer("county")
    receiver.announce(peer, told(county, envelope))
    receiver.put(peer, envelope.id, 0, content)
    receiver.finish(peer, envelope.id)


def under_way(province: Level) -> list[Path]:
    """What lies in the folder."""
    return sorted((province.archive.root / receiving.FOLDER).iterdir())


def test_what_a_crash_left_of_a_received_message_is_forgotten_when_it_is_asked_for(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    said = told(county, envelope_of(county.archive, message))
    peer, receiver = province.peer("county"), Receiver(province.archive)
    receiver.announce(peer, said)
    [left] = [path for path in under_way(province) if path.suffix == ".json"]
    content = left.read_bytes()
    with province.door():
        deliver(county.archive, message, actor=ACTOR)
    assert under_way(province) == []
    for ask in (
        lambda: receiver.announce(peer, said),
        lambda: receiver.finish(peer, message.message),
    ):
        left.write_bytes(content)
        assert ask() is not None
        assert under_way(province) == []


@pytest.mark.parametrize("end", ["json", "part", "new"])
def test_one_file_of_a_message_that_a_crash_left_is_swept_and_counts_for_nothing_then(
    levels: tuple[Level, Level], end: str
) -> None:
    county, province = levels
    now = datetime.now(UTC).timestamp()
    peer, receiver = province.peer("county"), Receiver(province.archive, now=lambda: now)
    envelope = package(1, 15_000_000)
    receiver.announce(peer, told(county, envelope))
    (json_file, part) = under_way(province)
    if end == "new":
        json_file.rename(json_file.with_suffix(".new"))
    for path in (json_file, part):
        if path.suffix != f".{end}":
            path.unlink(missing_ok=True)
    assert [path.suffix for path in under_way(province)] == [f".{end}"]
    now += LATER
    assert receiver.sweep() == 1
    assert under_way(province) == []


def test_what_a_crash_left_of_a_message_does_not_count_against_it(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    peer, receiver = province.peer("county"), Receiver(province.archive)
    said = told(county, package(1, 15_000_000))
    receiver.announce(peer, said)
    (_, part) = under_way(province)
    part.unlink()
    assert receiver.announce(peer, said)[1].have == 0


def test_many_at_once_get_no_more_than_one_after_the_other(
    levels: tuple[Level, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    county, province = levels

    def slowly(_: object) -> int:
        time.sleep(0.05)  # asked after the count, and before anything is written
        return 1 << 40

    monkeypatch.setattr(type(province.archive), "free_bytes", slowly)
    receiver, peer = Receiver(province.archive), province.peer("county")
    said = [told(county, package(number, 15_000_000)) for number in range(12)]
    start, taken = threading.Barrier(len(said)), list[int]()

    def ask(data: dict[str, Any]) -> None:
        start.wait()
        try:
            taken.append(receiver.announce(peer, data)[1].have)
        except TooMuchError:
            return

    threads = [threading.Thread(target=ask, args=(data,)) for data in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [0]


def test_no_receipt_is_signed_for_a_body_that_is_gone_unless_lawfully(
    levels: tuple[Level, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    county, province = levels
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    with province.door():
        deliver(county.archive, message, actor=ACTOR)
        file = province.archive.store.file(message.digest)
        assert file is not None
        content = file.read_bytes()
        file.unlink()
        path = f"/messages/{message.message}"
        assert province.ask("GET", path, by=county.pair) == (503, {"code": MissingObjectError.code})
        file.write_bytes(content[:-1])
        assert province.ask("GET", path, by=county.pair) == (
            503,
            {"code": ExchangeUnreadableError.code},
        )
        file.unlink()
        catalogue = type(province.archive.catalogue)
        monkeypatch.setattr(catalogue, "is_removed", lambda _, digest: digest == message.digest)
        assert "receipt" in province.ask("GET", path, by=county.pair)[1]


def test_a_damaged_exchange_db_is_made_anew(levels: tuple[Level, Level]) -> None:
    county, province = levels
    message = make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)
    with province.door():
        deliver(county.archive, message, actor=ACTOR)
    file = province.archive.root / NAME
    whole = file.read_bytes()
    for damaged in (b"garbage" * 1000, whole[:4096] + b"\xff" * (len(whole) - 4096)):
        file.write_bytes(damaged)
        assert Kept(province.archive).incoming(message.message) is not None
        assert len(Kept(province.archive).current()) == 1


def test_an_announcement_under_another_id_announces_nothing(levels: tuple[Level, Level]) -> None:
    county, province = levels
    envelope = package(1, 9)
    said = json.dumps(told(county, envelope)).encode()
    with province.door():
        answer = province.ask("PUT", f"/messages/{'0' * 64}", said, by=county.pair)
        assert (answer[0], answer[1]["code"]) == (422, MessageRefusedError.code)
        assert province.ask("GET", f"/messages/{envelope.id}", by=county.pair)[0] == 404


def test_half_a_character_in_a_name_is_refused_as_any_other_nonsense(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    said = told(county, package(1, 9))
    said["envelope"]["sender"] = "\ud800"
    with province.door():
        answer = province.ask(
            "PUT", f"/messages/{'0' * 64}", json.dumps(said).encode(), by=county.pair
        )
    assert (answer[0], answer[1]["code"]) == (422, MessageRefusedError.code)


def test_a_case_is_bounded_and_has_the_published_form(levels: tuple[Level, Level]) -> None:
    county, province = levels
    for content in (body(format=7), body(stages=0), body(items=[1, "x"])):
        with pytest.raises(MessageRefusedError, match="no case of this format"):
            sent(county, province, content)
    large = Envelope.from_data(package(1, 17 << 20).to_data() | {"kind": "case"})
    with pytest.raises(TooMuchError, match="a case has at most"):
        Receiver(province.archive).announce(province.peer("county"), told(county, large))
    sent(county, province, body())
    assert len(province.entries("exchange.received")) == 1
