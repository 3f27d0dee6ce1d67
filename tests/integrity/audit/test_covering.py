"""“Every byte at least once in 90 days”: what entries say is drawn again, and what is late is told."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.audit import Code, Finding, Full, Sample, Since, Turn
from archive.audit.covering import coverage, runs_of
from archive.audit.modes import TURNS, turn_of
from archive.audit.names import Names
from archive.audit.recording import recorded
from archive.audit.report import AuditReport, Coverage
from archive.audit.standing import record, standing
from archive.events import Event
from archive.opening import open_archive
from tests.integrity.audit.looking import audit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SIZE = 1000  # entries, one a day up to NOW; the first 500 name one object each
DIGESTS = [hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(500)]


def time_of(index: int) -> datetime:
    return NOW - timedelta(days=SIZE - index)


def names_of(count: int = 500) -> Names:
    names = Names()
    for index, digest in enumerate(DIGESTS[:count]):
        names.add((0, digest, 10, "", b""), index)
    return names


def run(index: int, size: int, **data: Any) -> tuple[int, bytes]:
    document = {"data": {"size": size, **data}, "type": "audit.run"}
    return index, json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def covered(*runs: tuple[int, bytes], hashed: frozenset[bytes] = frozenset()) -> Coverage:
    return coverage(names_of(), list(runs), hashed=set(hashed), size=SIZE, time_of=time_of, now=NOW)


def test_nothing_was_read_and_all_of_it_is_late() -> None:
    found = covered()
    assert (found.objects_hashed, found.objects_overdue, found.unchecked) == (0, 500, 500)
    assert found.oldest is None
    assert found.to_json()["bytes_percent"] == 0.0


def test_a_full_audit_covers_what_was_there_for_90_days() -> None:
    fresh = covered(run(950, 400, mode="full"))
    assert (fresh.objects_hashed, fresh.objects_overdue) == (400, 100)
    assert (fresh.bytes_hashed, fresh.bytes) == (4000, 5000)
    assert fresh.oldest == time_of(950).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    old = covered(run(909, 400, mode="full"))  # 91 days ago
    assert (old.objects_hashed, old.objects_overdue, old.unchecked) == (0, 500, 100)


def test_each_draw_is_made_again() -> None:
    turns = run(990, 500, mode="turn", turn=80, turns=8, of=TURNS, since=490)
    mode = Turn(first=80, count=8, since=490)
    expected = {d for n, d in enumerate(DIGESTS) if mode.has(d) or n >= 490}
    assert covered(turns).objects_hashed == len(expected)
    assert {turn_of(d) for d in DIGESTS if mode.has(d)} == {80, 81, 82, 83, 0, 1, 2, 3}

    sample = run(991, 300, mode="sample", percent="10.0", seed="7")
    drawn = Sample(percent=10, seed="7").draw(DIGESTS[:300])
    assert covered(sample).objects_hashed == len(drawn) == 30
    assert covered(turns, sample).objects_hashed == len(expected | drawn)

    since = run(992, 450, mode="since", since=430)
    assert covered(since).objects_hashed == 20
    # Of another number of turns, or not said: nobody can draw it again.
    assert covered(run(993, 500, mode="turn", turn=0, turns=9, of=9)).objects_hashed == 0
    assert covered(run(993, 500, mode="sample")).objects_hashed == 0


def test_an_audit_does_not_cover_what_came_after_it() -> None:
    turns = run(990, 200, mode="turn", turn=0, turns=TURNS, of=TURNS)
    assert covered(turns).objects_hashed == 200


def test_what_this_audit_read_and_what_was_read_back_count() -> None:
    assert covered(hashed=frozenset(DIGESTS[:7])).objects_hashed == 7
    names = names_of()
    names.verify(DIGESTS[3], 980)
    names.verify(DIGESTS[4], 20)  # long ago
    found = coverage(names, [], hashed=set(), size=SIZE, time_of=time_of, now=NOW)
    assert (found.objects_hashed, found.unchecked) == (1, 498)
    whole = coverage(names, [], hashed=None, size=SIZE, time_of=time_of, now=NOW)
    assert (whole.to_json()["objects_percent"], whole.oldest) == (100.0, None)


def test_a_share_is_rounded_down() -> None:
    assert Coverage(objects=30_000, objects_hashed=29_999).to_json()["objects_percent"] == 99.99
    assert Coverage().to_json()["objects_percent"] == 100.0


def test_what_is_older_than_the_newest_full_audit_adds_nothing() -> None:
    runs = [run(10, 5, mode="full"), run(20, 9, mode="since", since=0), run(30, 12, mode="full")]
    assert [r.index for r in runs_of([*runs, run(40, 13, mode="since", since=12)])] == [40, 30]


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (Full(), {"mode": "full"}),
        (Since(index=1), {"mode": "since", "since": 1}),
        (Sample(percent=12.5, seed="9"), {"mode": "sample", "percent": "12.5", "seed": "9"}),
        (Turn(first=3, count=2, since=1), {"mode": "turn", "turn": 3, "turns": 2, "of": TURNS}),
    ],
)
def test_the_entry_says_what_was_drawn(
    root: Path, mode: Full | Since | Sample | Turn, said: dict[str, Any]
) -> None:
    report = audit(root, mode=mode)
    with open_archive(root, write=True) as archive:
        station = archive.settings.station
        archive.record([recorded(report, station=station, actor="local-0")])
        data = archive.reader.entry(report.size).data
    assert said.items() <= data.items()
    assert data["bytes"] == report.bytes_checked > 0
    assert (data["timestamps"], data["codes"]) == (1, {})
    assert data["covered"]["objects"] == report.coverage_90_days.objects
    after = audit(root, mode=Since(index=report.size + 1)).coverage_90_days
    # What was named before, and again since, is not counted: when it was named again is not kept.
    again = 1 if isinstance(mode, Since | Turn) else 0
    assert after.objects_hashed >= report.objects_checked - again


def test_how_the_last_audit_ended_is_known_until_the_next(root: Path) -> None:
    good = audit(root)
    finding = Finding(code=Code.OBJECT_CHANGED, where="store/x", detail="d")
    bad = AuditReport(mode="full", findings=(finding, finding))
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        assert standing(archive) is None
        assert record(archive, NOW).standing is None
        for report in (good, bad):
            event = recorded(report, station=archive.settings.station, actor="local-0")
            archive.record([event])
        archive.catalogue.catch_up()
        found = standing(archive)
        assert found is not None
        assert (found.ok, found.findings, found.codes) == (False, 2, {"object_changed": 2})
        assert found.last_ok is not None
        assert found.last_ok < found.time
        now = datetime.now(UTC)
        assert (found.is_late(now), found.is_late(now + timedelta(days=4))) == (False, True)
        shown = record(archive, now).days
        today = now.astimezone(archive.settings.zone).date()
        assert (len(shown), shown[-1].date) == (90, today.isoformat())
        assert (shown[-1].bytes, shown[-1].audits, shown[-1].findings) == (
            good.bytes_checked,
            2,
            2,
        )


def test_an_audit_on_record_of_before_this_form_is_read(root: Path) -> None:
    data = {"ok": True, "mode": "full", "objects": 3, "entries": 2, "findings": 0, "size": 2}
    with open_archive(root, write=True) as archive:
        station = archive.settings.station
        archive.record([Event(type="audit.run", subject=station, actor=station, data=data)])
        archive.catalogue.catch_up()
        found = standing(archive)
        assert found is not None
        assert (found.ok, found.covered, found.codes) == (True, {}, {})
    assert audit(root).ok


def test_with_immutable_objects_an_audit_says_how_many_wait_for_the_sealer(root: Path) -> None:
    assert audit(root).unsealed is None
    with (root / "muniment.toml").open("a") as settings:
        settings.write("\n[store]\nimmutable = true\n")
    report = audit(root)
    assert report.ok  # it is told, and is no finding
    assert report.unsealed == report.objects_total > 0
    assert report.to_json()["unsealed"] == report.unsealed
