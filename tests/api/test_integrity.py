"""The integrity page: findings first; who vouches, and since when; whose keys; what was hashed again."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from api.integrity import shown
from archive.audit import Code, Finding, audit
from archive.audit.recording import recorded
from archive.audit.report import AuditReport
from archive.audit.standing import record
from archive.keys.rotation import rotate
from archive.ledger.note import parse_note
from archive.ledger.published import COSIGNED
from archive.settings.model import WitnessPolicy, WitnessSettings
from archive.timestamps.stamping import stamp_newest
from tests.api.world import World
from tests.fakes.witnesses import cosigner

# At every moment one of them has another date than the archive.
ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Etc/GMT+12")
DAMAGED = Finding(code=Code.OBJECT_CHANGED, where="store/x", detail="d")


def put_on_record(world: World, report: AuditReport) -> None:
    station = world.archive.settings.station
    world.archive.record([recorded(report, station=station, actor=station)])
    world.archive.catalogue.catch_up()


def figures(world: World) -> dict[str, float]:
    text = world.at("127.0.0.1").get("/metrics").text
    rows = [line.split() for line in text.splitlines() if line.startswith("muniment_audit_")]
    return {name: float(value) for name, value in rows}


def test_findings_come_first_and_are_in_the_figures(fresh: World) -> None:
    browser = fresh.browser("archivist")
    assert "No audit has been recorded yet" in browser.get("/integrity").text
    assert figures(fresh) == {
        "muniment_audit_findings": 0,
        "muniment_audit_last_time": 0,
        "muniment_audit_last_ok_time": 0,
    }
    put_on_record(fresh, audit(fresh.archive.root))
    good = browser.get("/integrity").text
    assert 'role="alert"' not in good
    assert "No findings." in good
    before = figures(fresh)
    assert before["muniment_audit_last_ok_time"] == pytest.approx(time.time(), abs=60)

    put_on_record(fresh, AuditReport(mode="full", findings=(DAMAGED, DAMAGED)))
    bad = browser.get("/integrity").text
    alert = bad.index('role="alert"')
    assert alert < bad.index("<section")
    assert "<code>object_changed</code> × 2" in bad[alert:]
    assert 'class="bad"' in bad
    after = figures(fresh)
    assert after["muniment_audit_findings"] == 2
    assert after["muniment_audit_last_ok_time"] == before["muniment_audit_last_ok_time"]


def test_whose_time_it_is_stands_in_both_languages(fresh: World) -> None:
    stamp_newest(fresh.archive, force=False)
    fresh.archive.catalogue.catch_up()
    for lang, label, lack in (
        ("zh", "本机关自签", "没有外部时间"),
        ("en", "issued by this agency itself", "No outside time"),
    ):
        text = fresh.browser("archivist", lang=lang).get("/integrity").text
        assert label in text
        assert lack in text


def test_witnesses_keys_and_days_are_shown(fresh: World) -> None:
    archive = fresh.archive
    assert shown(archive, datetime.now(UTC))["witnesses"] is None
    asked = tuple(
        WitnessSettings(url="http://127.0.0.1:1/", vkey=cosigner(n).verifier.vkey())
        for n in range(2)
    )
    policy = WitnessPolicy(quorum=2, witnesses=asked)
    archive.settings = replace(archive.settings, witnesses=policy)
    note = archive.ledger.publish()
    line = cosigner(0).cosign(parse_note(note), int(time.time())).line()
    (archive.root / "ledger" / COSIGNED).write_bytes(note + line.encode())
    done = rotate(archive, actor="local-0", hardware=False, compromised="it was stolen")
    put_on_record(fresh, audit(archive.root))
    values = shown(archive, datetime.now(UTC))
    assert (values["witnesses"].count, values["witnesses"].reached) == (1, False)
    assert [(key.id, key.state) for key in values["keys"]] == [
        (done.before.id.hex(), "compromised"),
        (done.key.id.hex(), "in_force"),
    ]
    assert len(values["cells"]) == 90
    assert values["cells"][-1].shade == "heat-4"
    assert 0 <= values["before"] < 7
    text = fresh.browser("archivist").get("/integrity").text
    for words in ("cosigned by 1, 2 are needed", "Compromised", "Not cosigned", "heat-4"):
        assert words in text


def test_a_day_of_the_calendar_begins_at_midnight_of_the_archive(fresh: World) -> None:
    put_on_record(fresh, audit(fresh.archive.root))
    archive = fresh.archive
    before = record(archive, datetime.now(UTC)).days
    done = next(day.date for day in before if day.audits)
    late = sorted(
        ZONES, key=lambda zone: datetime.now(ZoneInfo(zone)).date() == date.fromisoformat(done)
    )[0]
    archive.settings = replace(archive.settings, time_zone=late)
    there = record(archive, datetime.now(UTC)).days
    assert next(day.date for day in there if day.audits) != done
    assert next(day.date for day in there if day.audits) == there[-1].date
    assert sum(day.objects for day in there) == sum(day.objects for day in before)


@pytest.mark.parametrize("user", ["archivist", "root"])
def test_there_is_no_footage_and_no_clip_on_it(world: World, user: str) -> None:
    text = world.browser(user).get("/integrity").text
    assert "clip-" not in text
    assert "<video" not in text
