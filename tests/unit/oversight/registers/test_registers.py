"""Who is certified when, from whose hands a recorder goes into whose, and what a look before duty finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from oversight.registers.certificates import (
    Kind,
    NewCertificate,
    certificate_at,
    certify,
    need_certificate,
    standing_at,
    withdraw,
)
from oversight.registers.errors import (
    CertificateTakenError,
    CertificateTextError,
    DutyCheckError,
    HandOverError,
    NotCertifiedError,
    NotRegisteredError,
)
from oversight.registers.recorders import HandOver, Look, check, hand_over, holder_at
from oversight.registers.staffing import ending, staffing
from oversight.registers.stations import charge, in_charge
from oversight.rules.own import book_of

ACTOR = "local-0"
GOOD = Look(battery=90, free_bytes=30_000_000_000, offset_ms=-1200)
AGENCY = """format = 1
[rules]
level = "agency"
place = "综合执法局"
title = { zh = "本局规定", en = "Rules of the bureau" }

[[limit]]
id = "duty_battery"
name = { zh = "电量", en = "Battery" }
least = 95
clause = { zh = "第三条", en = "Article 3" }
source = { zh = "记录仪管理办法", en = "Rules on recorders" }
in_force = 2020-01-01
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    root = tmp_path_factory.mktemp("registers") / "archive"
    create_archive(root, origin="station.test/archive", unit="North")
    with open_archive(root, write=True) as archive:
        yield archive


def officer(archive: Archive, badge: str | None = None) -> str:
    id_ = new_id("officer")
    event = Event(
        type="officer.registered",
        subject=id_,
        actor=ACTOR,
        data={"unit": archive.settings.unit},
        text={"badge": badge or id_[-8:]},
    )
    archive.record([event])
    archive.catalogue.catch_up()
    return id_


def recorder(archive: Archive, holder: str | None = None) -> str:
    id_ = new_id("recorder")
    event = Event(
        type="recorder.registered",
        subject=id_,
        actor=ACTOR,
        data={"unit": None, "officer": holder},
        text={"serial": id_[-8:]},
    )
    archive.record([event])
    archive.catalogue.catch_up()
    return id_


def certificate(number: str, first: date, last: date, kind: Kind = "enforcement") -> NewCertificate:
    return NewCertificate(kind=kind, number=number, first=first, last=last, issuer="市司法局")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_r14_is_kept_from_the_first_day_of_a_certificate_to_its_last_and_broken_outside(
    archive: Archive,
) -> None:
    wang = officer(archive)
    with pytest.raises(NotCertifiedError, match="no enforcement certificate in the register"):
        need_certificate(archive, wang, at("2026-05-01"))
    certify(
        archive,
        certificate("皖 001", date(2025, 1, 1), date(2026, 5, 31)),
        actor=ACTOR,
        officer=wang,
    )
    # The last day ends where the archive is, eight hours before it ends in Greenwich.
    found = need_certificate(archive, wang, at("2026-05-31T15:59:59"))
    assert (found.number, found.issuer) == ("皖 001", "市司法局")
    assert standing_at(archive, wang, at("2026-05-31T16:00:00")).state == "expired"
    assert standing_at(archive, wang, at("2024-12-31T15:59:59")).state == "early"
    assert standing_at(archive, wang, at("2024-12-31T16:00:00")).state == "valid"
    assert standing_at(archive, wang, at("2026-05-01"), "reviewer").state == "none"
    with pytest.raises(NotCertifiedError, match="ended with 2026-05-31"):
        need_certificate(archive, wang, at("2026-06-01T08:00:00"))


def test_r14_what_was_done_before_a_withdrawal_was_done_with_a_certificate(
    archive: Archive,
) -> None:
    li = officer(archive)
    today = datetime.now(UTC).date()
    days = today - timedelta(days=10), today + timedelta(days=10)
    certify(archive, certificate("皖 002", *days), actor=ACTOR, officer=li)
    before = datetime.now(UTC)
    withdraw(archive, actor=ACTOR, officer=li, kind="enforcement", reason="调离执法岗位")
    assert certificate_at(archive, li, before) is not None
    assert standing_at(archive, li, datetime.now(UTC)).state == "withdrawn"
    with pytest.raises(NotCertifiedError, match="nothing to withdraw"):
        withdraw(archive, actor=ACTOR, officer=li, kind="enforcement", reason="再次")
    certify(archive, certificate("皖 003", *days), actor=ACTOR, officer=li)
    assert standing_at(archive, li, datetime.now(UTC)).is_valid


def test_a_number_is_one_officer_s_whatever_its_width(archive: Archive) -> None:
    one, other = officer(archive), officer(archive)
    days = date(2026, 1, 1), date(2027, 1, 1)
    certify(archive, certificate("A-77", *days), actor=ACTOR, officer=one)
    with pytest.raises(CertificateTakenError, match="another officer"):
        certify(archive, certificate("A-77", *days), actor=ACTOR, officer=other)
    with pytest.raises(CertificateTakenError, match="already"):
        certify(archive, certificate(" A-77", *days), actor=ACTOR, officer=one)
    longer = certificate("A-77", date(2027, 1, 2), date(2028, 1, 1))
    certify(archive, longer, actor=ACTOR, officer=one)
    assert certificate_at(archive, one, at("2027-06-01")) is not None


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (certificate("", date(2026, 1, 1), date(2026, 2, 1)), CertificateTextError),
        (certificate("x" * 65, date(2026, 1, 1), date(2026, 2, 1)), CertificateTextError),
        (certificate("a\nb", date(2026, 1, 1), date(2026, 2, 1)), CertificateTextError),
        (certificate("1", date(2026, 2, 1), date(2026, 1, 1)), CertificateTextError),
        (certificate("1", date(2026, 1, 1), date(2026, 2, 1)), NotRegisteredError),
    ],
)
def test_what_is_no_certificate_is_not_entered(
    archive: Archive, new: NewCertificate, error: type[Exception]
) -> None:
    size = archive.reader.size()
    with pytest.raises(error):
        certify(archive, new, actor=ACTOR, officer=new_id("officer"))
    assert archive.reader.size() == size


def test_r12_reviewers_are_counted_against_the_share_of_the_rules(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    create_archive(root, origin="station.test/archive", unit="North")
    with open_archive(root, write=True) as own:
        book, day = book_of(root), date(2026, 5, 1)
        assert staffing(own, book, day).per_mille is None
        days = date(2026, 1, 1), date(2026, 12, 31)
        people = [officer(own, str(n)) for n in range(21)]
        for n, id_ in enumerate(people):
            certify(own, certificate(f"E{n}", *days), actor=ACTOR, officer=id_)
        new = certificate("法 1", *days, kind="reviewer")
        certify(own, new, actor=ACTOR, officer=people[0])
        found = staffing(own, book, day)
        assert (found.officers, found.reviewers, found.rule.percent) == (21, 1, 5)
        assert (found.per_mille, found.is_met) == (47, False)
        withdraw(own, actor=ACTOR, officer=people[20], kind="enforcement", reason="退休")
        assert staffing(own, book, day).is_met
        assert not staffing(own, book, date(2027, 1, 1)).reviewers


def test_r14_a_certificate_that_ends_soon_is_told_unless_another_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    create_archive(root, origin="station.test/archive", unit="North")
    with open_archive(root, write=True) as own:
        book, day = book_of(root), date(2026, 5, 1)
        first, wang, li = date(2026, 1, 1), officer(own, "1"), officer(own, "2")
        for id_, number, days in ((wang, "W1", 60), (li, "L1", 61)):
            new = certificate(number, first, day + timedelta(days=days))
            certify(own, new, actor=ACTOR, officer=id_)
        assert [row.number for row in ending(own, book, day)] == ["W1"]
        assert len(ending(own, book, day + timedelta(days=1))) == 2
        longer = certificate("W2", first, date(2030, 1, 1))
        certify(own, longer, actor=ACTOR, officer=wang)
        assert ending(own, book, day) == []


def test_r8_a_recorder_goes_from_hand_to_hand_and_each_is_named(archive: Archive) -> None:
    wang, li, zhao = (officer(archive) for _ in range(3))
    id_ = recorder(archive, wang)
    row = archive.catalogue.recorder(id_)
    assert row is not None
    assert holder_at(archive, row, datetime.now(UTC)) == wang
    given = hand_over(archive, id_, HandOver(to=li, by=wang, reason="换班"), actor=ACTOR)
    assert (given.officer_id, given.handed_by, given.reason) == (li, wang, "换班")
    # Who has it need not be said again.
    assert hand_over(archive, id_, HandOver(to=zhao), actor=ACTOR).handed_by == li
    assert hand_over(archive, id_, HandOver(to=None), actor=ACTOR).officer_id is None
    assert holder_at(archive, row, datetime.now(UTC)) is None


def test_r8_nobody_hands_over_what_they_do_not_have(archive: Archive) -> None:
    wang, li, zhao = (officer(archive) for _ in range(3))
    id_, now = recorder(archive, wang), datetime.now(UTC)
    for wrong in (
        HandOver(to=zhao, by=li),
        HandOver(to=wang),
        HandOver(to=li, at=now + timedelta(hours=1)),
    ):
        with pytest.raises(HandOverError):
            hand_over(archive, id_, wrong, actor=ACTOR)
    hand_over(archive, id_, HandOver(to=li), actor=ACTOR)
    with pytest.raises(HandOverError, match="last one"):
        hand_over(archive, id_, HandOver(to=wang, at=now), actor=ACTOR)
    with pytest.raises(NotRegisteredError):
        hand_over(archive, id_, HandOver(to=new_id("officer")), actor=ACTOR)
    with pytest.raises(NotRegisteredError):
        hand_over(archive, new_id("recorder"), HandOver(to=li), actor=ACTOR)


def test_r8_is_kept_by_battery_card_and_clock_in_order_before_duty_and_broken_by_bad_ones(
    archive: Archive,
) -> None:
    id_, wang = recorder(archive), officer(archive)
    good = Look(
        battery=GOOD.battery, free_bytes=GOOD.free_bytes, offset_ms=GOOD.offset_ms, officer=wang
    )
    found = check(archive, id_, good, actor=ACTOR)
    assert (found.ok, found.codes, found.officer_id) == (True, (), wang)
    bad = Look(battery=49, free_bytes=7_999_999_999, offset_ms=-60_001, note="已换电池")
    found = check(archive, id_, bad, actor=ACTOR)
    assert (found.ok, found.codes) == (False, ("battery_low", "card_full", "clock_off"))
    assert found.note == "已换电池"
    edge = Look(battery=50, free_bytes=8_000_000_000, offset_ms=60_000)
    assert check(archive, id_, edge, actor=ACTOR).ok
    blind = check(archive, id_, Look(battery=90, free_bytes=None, offset_ms=None), actor=ACTOR)
    assert blind.codes == ("card_not_looked_at", "clock_not_looked_at")
    for wrong in (
        Look(battery=101, free_bytes=0, offset_ms=0),
        Look(battery=1, free_bytes=-1, offset_ms=0),
        Look(battery=1, free_bytes=1, offset_ms=0, at=datetime.now(UTC) + timedelta(hours=1)),
    ):
        with pytest.raises(DutyCheckError):
            check(archive, id_, wrong, actor=ACTOR)


def test_r8_an_agency_s_own_limit_takes_the_country_s_place(archive: Archive) -> None:
    rules = archive.root / "rules"
    rules.mkdir()
    (rules / "agency.toml").write_text(AGENCY)
    try:
        assert check(archive, recorder(archive), GOOD, actor=ACTOR).codes == ("battery_low",)
    finally:
        (rules / "agency.toml").unlink()


def test_r8_a_station_has_somebody_in_charge(archive: Archive) -> None:
    assert in_charge(archive) is None
    wang = officer(archive)
    charge(archive, actor=ACTOR, officer=wang)
    found = in_charge(archive)
    assert found is not None
    assert (found.officer_id, found.station) == (wang, archive.settings.station)
    charge(archive, actor=ACTOR, officer=None)
    left = in_charge(archive)
    assert left is not None
    assert left.officer_id is None
    with pytest.raises(NotRegisteredError):
        charge(archive, actor=ACTOR, officer=wang, station=new_id("station"))
    with pytest.raises(NotRegisteredError):
        charge(archive, actor=ACTOR, officer=new_id("officer"))
