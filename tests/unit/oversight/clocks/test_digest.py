"""The day's digest: each unit is told once what it missed, and never twice the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import cases
from archive.events import Event
from archive.opening import Archive, create_archive, open_archive
from oversight.clocks.digest import ALARM, digests, is_due, tell
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import Kept
from oversight.clocks.standing import now_of

LONG_AGO = "2026-01-05T08:00:00Z"
DAY = 86_400_000_000


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    create_archive(tmp_path / "root", origin="station.test/digest", unit="North")
    with open_archive(tmp_path / "root", write=True) as opened:
        yield opened


def missed(archive: Archive, number: str, unit: str | None) -> str:
    case = cases.open_case(archive, actor="local-0", number=number, unit=unit)
    ended = {"at": LONG_AGO}
    archive.record([Event(type="case.action_ended", subject=case, actor="local-0", data=ended)])
    return case


def alarms(archive: Archive) -> list[tuple[str, int | None]]:
    archive.catalogue.catch_up()
    return sorted((a.subject, a.count) for a in archive.catalogue.alarms() if a.code == ALARM)


def test_each_unit_is_told_once_a_day_and_not_the_same_again(archive: Archive) -> None:
    kept, station = Kept(archive.root), archive.settings.station
    assert is_due(archive, kept)
    assert tell(archive, kept) == 0, "nothing is missed"
    assert not is_due(archive, kept)
    missed(archive, "1", "unit-1")
    missed(archive, "2", "unit-1")
    missed(archive, "3", None)
    now = now_of(archive)
    assert tell(archive, kept, now=now) == 2
    first = [(station, 1), ("unit-1", 2)]
    assert alarms(archive) == first
    missed(archive, "4", "unit-1")
    assert tell(archive, kept, now=now) == 0, "it was told today"
    assert tell(archive, kept, now=now + DAY) == 1, "the station's own says the same"
    assert alarms(archive) == sorted([*first, ("unit-1", 3)])
    kept.forget()
    assert tell(archive, kept, now=now) == 0, "although oversight.db forgot"


def test_what_was_settled_is_told_again_while_it_stands(archive: Archive) -> None:
    kept = Kept(archive.root)
    missed(archive, "1", "unit-1")
    tell(archive, kept)
    alarm = archive.catalogue.alarms()[0]
    settled = Event(
        type="alarm.settled",
        subject=alarm.subject,
        actor="account-1",
        data={"alarm": alarm.index},
        text={"reason": "看过"},
    )
    archive.record([settled])
    assert tell(archive, kept) == 0, "not on the same day"
    assert tell(archive, kept, now=now_of(archive) + DAY) == 1


def test_an_alarm_counts_and_names_nobody(archive: Archive) -> None:
    case = missed(archive, "秘密-1", "unit-1")
    tell(archive, Kept(archive.root))
    entry = next(e for e in archive.reader.entries() if e.type == "alarm.raised")
    text = entry.raw.decode()
    assert case not in text
    assert "秘密" not in text
    assert entry.data == {"code": ALARM, "account": None, "count": 1}


def test_a_digest_says_what_is_missed_and_near_unit_by_unit(archive: Archive) -> None:
    kept = Kept(archive.root)
    first = missed(archive, "1", "unit-1")
    missed(archive, "2", "unit-2")
    missed(archive, "3", "unit-2")
    refresh(archive, kept)
    now = now_of(archive)
    found = digests(kept, now)
    assert [(one.unit, one.count("missed"), len(one.missed)) for one in found] == [
        ("unit-2", 2, 2),
        ("unit-1", 1, 1),
    ]
    (own,) = digests(kept, now, unit="unit-1")
    assert [clock.subject for clock in own.missed] == [first]
    assert digests(kept, now, unit="unit-9") == []
