"""Messages reach another level whole and once, whatever happens on the way; nobody else's are taken."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from archive import cases
from archive.audit import audit
from archive.errors import NoSpaceError
from archive.package.report import fonts
from oversight.exchange import receiving
from oversight.exchange.errors import MessageRefusedError, PackageRefusedError, PeerError
from oversight.exchange.kept import NAME, Kept, Outgoing
from oversight.exchange.model import SCHEMAS, Envelope, Receipt
from oversight.exchange.outbox import envelope_of, make_case, make_package
from oversight.exchange.receiving import Receiver
from oversight.exchange.sending import deliver, deliver_waiting
from oversight.exchange.signing import sign
from tests.integrity.package.making import dock_clips, open_case, pack
from tests.unit.oversight.exchange.levels import (
    ACTOR,
    Authority,
    Level,
    impostor,
    make_new,
    two_levels,
)

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


def made(county: Level) -> Outgoing:
    """The case as a message."""
    return make_case(county.archive, NUMBER, county.peer("province"), actor=ACTOR)


def announced(county: Level, sent: Outgoing) -> dict[str, Any]:
    """What the county says first."""
    envelope = envelope_of(county.archive, sent)
    return {"envelope": envelope.to_data(), "note": sign(county.archive, envelope)}


def large(county: Level, size: int) -> dict[str, Any]:
    """The announcement of a package of so many bytes."""
    return signed(county, kind="package", digest="0" * 64, size=size)


def signed(county: Level, **said: Any) -> dict[str, Any]:
    """The announcement of the case's message, but for what is said otherwise."""
    envelope = envelope_of(county.archive, made(county))
    envelope = Envelope.from_data(envelope.to_data() | said)
    return {"envelope": envelope.to_data(), "note": sign(county.archive, envelope)}


def forged(note: str) -> str:
    """The same text and the same key's name, and another signature."""
    text, _, line = note.rstrip("\n").rpartition(" ")
    value = bytearray(base64.b64decode(line))
    value[-1] ^= 1
    return f"{text} {base64.b64encode(bytes(value)).decode()}\n"


def holds(province: Level) -> list[tuple[str, int]]:
    """Kind and revision of what the province goes by."""
    return [(came.kind, came.revision) for came in Kept(province.archive).current()]


def test_a_case_reaches_the_other_level_is_acknowledged_and_fits_the_published_schemas(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    sent = made(county)
    with province.door():
        done = deliver(county.archive, sent, actor=ACTOR)
        status, schemas = province.ask("GET", "/schema", by=county.pair)
        _, answer = province.ask("GET", f"/messages/{sent.message}", by=county.pair)
    [came] = province.entries("exchange.received")
    assert done.acknowledged == answer["receipt"]["entry"]
    body = json.loads(province.archive.store.read(came["body"]["object"]))
    assert (body["case_number"], body["title"]) == (NUMBER, "占道经营")
    assert (status, schemas) == (200, {n: json.loads(p.read_text()) for n, p in SCHEMAS.items()})
    told = {
        "envelope": announced(county, sent)["envelope"],
        "receipt": answer["receipt"],
        "case": body,
    }
    for name, document in told.items():
        Draft202012Validator.check_schema(schemas[name])
        Draft202012Validator(schemas[name]).validate(document)


def test_sent_twice_it_is_one_message_with_the_same_receipt_also_where_exchange_db_was_lost(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    sent = made(county)
    assert made(county) == sent
    with province.door():
        first = deliver(county.archive, sent, actor=ACTOR)
        for level in levels:
            (level.archive.root / NAME).unlink()
        assert deliver(county.archive, sent, actor=ACTOR) == first
        again = province.ask("PUT", f"/messages/{sent.message}/body?offset=0", b"x", by=county.pair)
        assert again[1]["receipt"]["entry"] == first.acknowledged
    assert [len(province.entries("exchange.received"))] == [1]
    assert [len(county.entries(f"exchange.{what}")) for what in ("sent", "acknowledged")] == [1, 1]


def test_an_older_revision_that_comes_later_replaces_nothing(levels: tuple[Level, Level]) -> None:
    county, province = levels
    older = made(county)
    cases.close_case(county.archive, actor=ACTOR, number=NUMBER)
    newer = made(county)
    assert newer.revision > older.revision
    with province.door():
        deliver(county.archive, newer, actor=ACTOR)
        assert deliver(county.archive, older, actor=ACTOR).acknowledged is not None
    assert holds(province) == [("case", newer.revision)]
    assert len(province.entries("exchange.received")) == 2


def test_a_message_that_was_cut_goes_on_where_it_stopped(levels: tuple[Level, Level]) -> None:
    county, province = levels
    sent = made(county)
    body = county.archive.store.read(sent.digest)
    with province.door():
        path = f"/messages/{sent.message}"
        first = json.dumps(announced(county, sent)).encode()
        assert province.ask("PUT", path, first, by=county.pair) == (200, {"have": 0})
        assert province.ask("PUT", f"{path}/body?offset=0", body[:100], by=county.pair) == (
            200,
            {"have": 100},
        )
        early = province.ask("POST", f"{path}/done", by=county.pair)
        beyond = province.ask("PUT", f"{path}/body?offset=101", body[101:], by=county.pair)
        assert [(early[0], early[1]["have"]), (beyond[0], beyond[1]["have"])] == [(409, 100)] * 2
    with province.door():  # it was started anew meanwhile
        assert province.ask("GET", path, by=county.pair) == (200, {"have": 100})
        assert deliver(county.archive, sent, actor=ACTOR).acknowledged is not None
    assert list((province.archive.root / receiving.FOLDER).iterdir()) == []


def test_a_piece_that_is_cut_off_leaves_what_came_before(levels: tuple[Level, Level]) -> None:
    county, province = levels
    sent, peer = made(county), province.peer("county")
    body = county.archive.store.read(sent.digest)
    with province.door():
        Receiver(province.archive).announce(peer, announced(county, sent))
        path = f"/messages/{sent.message}/body?offset=0"
        province.cut(path, body[:50], length=len(body), by=county.pair)
        where = f"/messages/{sent.message}"
        assert province.ask("GET", where, by=county.pair) == (200, {"have": 0})
        assert deliver(county.archive, sent, actor=ACTOR).acknowledged is not None


def test_only_a_certificate_that_the_settings_name_is_answered(
    levels: tuple[Level, Level], tmp_path: Path
) -> None:
    county, province = levels
    sent = made(county)
    elsewhere = Authority(tmp_path, "elsewhere").issue("stranger")
    with province.door():
        for by in (None, elsewhere):
            with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
                province.ask("GET", "/schema", by=by)
        for path in ("/schema", f"/messages/{sent.message}"):
            assert province.ask("GET", path, by=province.pair) == (403, {"code": "O085"})
    assert province.entries("exchange.received") == []


@pytest.mark.parametrize("member", ["sender", "recipient", "revision", "digest", "kind"])
def test_what_is_not_signed_by_the_peer_is_refused(
    levels: tuple[Level, Level], member: str
) -> None:
    county, province = levels
    told = announced(county, made(county))
    changed = {
        "sender": "province.test/archive",
        "recipient": "county.test/archive",
        "revision": told["envelope"]["revision"] + 1,
        "digest": "0" * 64,
        "kind": "package",
    }
    told["envelope"][member] = changed[member]
    with pytest.raises(MessageRefusedError):
        Receiver(province.archive).announce(province.peer("county"), told)
    own = announced(county, made(county))
    good = own["note"]
    for note in (sign(province.archive, envelope_of(county.archive, made(county))), forged(good)):
        with pytest.raises(MessageRefusedError):
            Receiver(province.archive).announce(province.peer("county"), own | {"note": note})
    elsewhere = signed(county, recipient="third.test/archive")
    with pytest.raises(MessageRefusedError, match="another archive"):
        Receiver(province.archive).announce(province.peer("county"), elsewhere)
    assert Receiver(province.archive).announce(province.peer("county"), own)[1].have == 0


def test_a_body_that_is_not_what_was_announced_is_refused_and_forgotten(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    sent, peer = made(county), province.peer("county")
    receiver = Receiver(province.archive)
    receiver.announce(peer, announced(county, sent))
    body = county.archive.store.read(sent.digest)
    other = body.replace("占道".encode(), "道占".encode())  # as good a case, and another
    assert len(other) == len(body) != other.count(body)
    receiver.put(peer, sent.message, 0, other)
    with pytest.raises(MessageRefusedError):
        receiver.finish(peer, sent.message)
    assert receiver.standing(peer, sent.message) is None
    assert province.entries("exchange.received") == []


NONSENSE = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "nothing": b"",
    "more than was sent": b'{"have": 99999999}',
    "true": b'{"have": true}',
    "no receipt": b'{"have": 0}',
    "deep": b"[" * 60_000,
    "endless": b" " * 10_000_000,
    "a receipt of nobody": b'{"have": 0, "receipt": {}, "note": ""}',
}


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_no_acknowledgement_and_the_message_waits(
    levels: tuple[Level, Level], said: str
) -> None:
    county, province = levels
    sent = made(county)
    with (
        impostor(province, lambda _method, _path: (200, NONSENSE[said])),
        pytest.raises(PeerError, match="without end" if said == "endless" else "nonsense|nothing"),
    ):
        deliver(county.archive, sent, actor=ACTOR)
    [waits] = Kept(county.archive).sent(waiting=True)
    assert (waits.message, waits.failures) == (sent.message, 1)
    assert county.entries("exchange.acknowledged") == []
    with province.door():
        assert deliver_waiting(county.archive, actor=ACTOR, now=datetime.now(UTC)) == (0, 1)
        later = datetime.now(UTC) + timedelta(minutes=2)
        assert deliver_waiting(county.archive, actor=ACTOR, now=later) == (1, 0)


def test_a_receipt_that_somebody_else_signed_is_none(levels: tuple[Level, Level]) -> None:
    county, province = levels
    sent = made(county)
    with province.door():
        deliver(county.archive, sent, actor=ACTOR)
        _, answer = province.ask("GET", f"/messages/{sent.message}", by=county.pair)
    cases.close_case(county.archive, actor=ACTOR, number=NUMBER)
    newer = made(county)
    changed = answer["receipt"] | {
        "message": newer.message,
        "digest": newer.digest,
        "size": newer.size,
    }
    told_ = Receipt.from_data(changed)
    county_says = {"receipt": changed, "note": sign(county.archive, told_)}
    under_it = {"receipt": changed, "note": forged(sign(province.archive, told_))}
    for told in (answer, answer | {"receipt": changed}, county_says, under_it):
        said = json.dumps(told | {"have": newer.size}).encode()
        with (
            impostor(province, lambda _method, _path, said=said: (200, said)),  # type: ignore[misc]  # a default binds this round's
            pytest.raises(PeerError),
        ):
            deliver(county.archive, newer, actor=ACTOR)
    assert len(county.entries("exchange.acknowledged")) == 1


def test_a_peer_that_is_down_for_a_week_loses_nothing_and_is_asked_less_and_less(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    sent, now, asked = made(county), datetime.now(UTC), 0
    for hour in range(24 * 7):
        waits = Kept(county.archive).outgoing(sent.message)
        assert waits is not None
        moment = now + timedelta(hours=hour)
        if waits.is_due(moment):
            asked += 1
            with pytest.raises(PeerError):
                deliver(county.archive, waits, actor=ACTOR, now=lambda: moment)  # noqa: B023 - at once
    assert 20 < asked < 60
    with province.door():
        end = now + timedelta(days=8)
        assert deliver_waiting(county.archive, actor=ACTOR, now=end) == (1, 0)


def test_a_full_disk_is_told_and_what_came_before_stays(
    levels: tuple[Level, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    county, province = levels
    sent, peer = made(county), province.peer("county")
    receiver = Receiver(province.archive)
    receiver.announce(peer, announced(county, sent))
    receiver.put(peer, sent.message, 0, b"x" * 10)
    with province.door(), monkeypatch.context() as full:
        full.setattr(receiving, "_SPARE", 1 << 62)
        path = f"/messages/{sent.message}/body?offset=10"
        assert province.ask("PUT", path, b"y", by=county.pair) == (507, {"code": "A050"})
        with pytest.raises(NoSpaceError):
            receiver.put(peer, sent.message, 10, b"y")
    found = receiver.standing(peer, sent.message)
    assert found is not None
    assert found.have == 10


def test_what_a_peer_has_under_way_is_bounded_and_forgotten_after_the_days_of_the_settings(
    levels: tuple[Level, Level],
) -> None:
    county, province = levels
    peer, now = province.peer("county"), datetime.now(UTC).timestamp()
    receiver = Receiver(province.archive, now=lambda: now)
    told = [large(county, size) for size in (15_000_000, 6_000_000)]
    receiver.announce(peer, told[0])
    with pytest.raises(receiving.TooMuchError):
        receiver.announce(peer, told[1])
    now += 13 * 86_400
    assert receiver.sweep() == 0
    now += 2 * 86_400
    assert receiver.sweep() == 1
    assert receiver.announce(peer, told[1])[1].have == 0


def test_a_package_is_verified_on_both_sides_before_anybody_answers_for_it(
    levels: tuple[Level, Level], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "find", lambda: None)  # a report without a PDF
    county, province = levels
    clips = dock_clips(county.archive, tmp_path / "card", {"one.mp4": b"one" * 1000})
    case = open_case(county.archive, clips, number="2026-0118")
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    pack(county.archive, case, good, ())
    data = bytearray(good.read_bytes())
    data[data.find(b"oneoneone")] ^= 1
    bad.write_bytes(bytes(data))
    peer = county.peer("province")
    for number, file in (("2026-0118", bad), (NUMBER, good)):
        with pytest.raises(PackageRefusedError):
            make_package(county.archive, number, peer, file, actor=ACTOR)
        told = {"kind": "package", "size": file.stat().st_size, "digest": sha256(file)}
        if file == bad:
            told["case"] = case
        with pytest.raises(PackageRefusedError):
            taken(province, signed(county, **told), file.read_bytes())
    assert province.entries("exchange.received") == []
    whole = make_package(county.archive, "2026-0118", peer, good, actor=ACTOR)
    with province.door():
        assert deliver(county.archive, whole, actor=ACTOR).acknowledged is not None
        about = make_case(county.archive, "2026-0118", peer, actor=ACTOR)
        assert deliver(county.archive, about, actor=ACTOR).acknowledged is not None
    came, _ = province.entries("exchange.received")
    assert province.archive.store.check(came["body"]["object"]) == good.stat().st_size
    assert came["case"] == case
    for level in levels:
        level.archive.ledger.publish()
        report = audit(level.archive.root)
        assert report.ok, report.findings


def taken(province: Level, told: dict[str, Any], body: bytes) -> None:
    """A message that comes whole."""
    peer, receiver = province.peer("county"), Receiver(province.archive)
    message, _ = receiver.announce(peer, told)
    receiver.put(peer, message, 0, body)
    receiver.finish(peer, message)


def sha256(file: Path) -> str:
    """Of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_package_that_went_away_waits_until_its_file_is_named_again(
    levels: tuple[Level, Level], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "find", lambda: None)
    county, province = levels
    clips = dock_clips(county.archive, tmp_path / "card", {"one.mp4": b"one" * 1000})
    case = open_case(county.archive, clips, number="2026-0118")
    first, peer = tmp_path / "first.zip", county.peer("province")
    pack(county.archive, case, first, ())
    sent = make_package(county.archive, "2026-0118", peer, first, actor=ACTOR)
    second = first.rename(tmp_path / "second.zip")
    with province.door():
        with pytest.raises(PeerError):
            deliver(county.archive, sent, actor=ACTOR)
        again = make_package(county.archive, "2026-0118", peer, second, actor=ACTOR)
        assert again.message == sent.message
        assert deliver(county.archive, again, actor=ACTOR).acknowledged is not None
