from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.audit import Full, Turn
from archive.audit.modes import TURNS
from archive.opening import open_archive
from archive.store.area import Area, recorder_area
from flows import stages
from flows.schedule import (
    LastAudit,
    audits_on_record,
    due_audit,
    left_dockings,
    timestamp_due,
)
from ingest.receipt import Progress
from tests.flows.footage import dock_into, make_recorder

NOW = datetime(2026, 5, 1, tzinfo=UTC)


TODAY = int(NOW.timestamp() // 86400) % TURNS


def audit(
    days: float, size: int, *, full: bool = False, ok: bool = True, turn: int | None = None
) -> LastAudit:
    return LastAudit(at=NOW - timedelta(days=days), full=full, ok=ok, size=size, turn=turn)


@pytest.mark.parametrize(
    ("audits", "due"),
    [
        ([], Full()),
        ([audit(2, 10)], Full()),  # what is new is not all
        ([audit(1, 10, full=True)], Turn(first=TODAY, count=1, since=10)),
        (
            [audit(3, 10, full=True), audit(1, 40, turn=TODAY)],
            Turn(first=TODAY, count=1, since=40),
        ),
        ([audit(29, 10, full=True), audit(0.9, 90, turn=TODAY)], None),
        # Days on which nothing ran are made up for.
        (
            [audit(9, 10, full=True), audit(4, 40, turn=TODAY - 3)],
            Turn(first=TODAY - 3, count=4, since=40),
        ),
        (
            [audit(300, 10, full=True)],
            Turn(first=(TODAY - 300 + 1) % TURNS, count=84, since=10),
        ),
        # What an audit with findings covered is not taken for good.
        (
            [audit(3, 10, full=True), audit(2, 40, ok=False, turn=TODAY - 1)],
            Turn(first=TODAY - 1, count=2, since=10),
        ),
        ([audit(2, 10, full=True, ok=False)], Full()),
        ([audit(0.5, 10, full=True)], None),
    ],
)
def test_each_object_has_its_turn_and_what_is_new_is_read_each_day(
    audits: list[LastAudit], due: Full | Turn | None
) -> None:
    assert due_audit(audits, NOW) == due


def test_every_object_is_read_in_90_days_also_where_days_are_missed() -> None:
    digests = [hashlib.sha256(bytes([n, m])).digest() for n in range(256) for m in range(4)]
    audits, now = [audit(0, 10, full=True)], NOW
    read: dict[bytes, datetime] = dict.fromkeys(digests, NOW)
    rng = random.Random(4)  # noqa: S311 - the same days every time
    while now < NOW + timedelta(days=400):
        now += timedelta(hours=rng.choice([24, 26, 28, 49, 120]))
        due = due_audit(audits, now)
        assert isinstance(due, Turn)
        for digest in filter(due.has, digests):
            assert now - read[digest] <= timedelta(days=90)
            read[digest] = now
        audits.append(LastAudit(now, False, True, 10, (due.first + due.count) % TURNS))
    assert max(now - day for day in read.values()) <= timedelta(days=90)


def test_an_audit_on_record_is_found_again_in_the_ledger(root: Path, docking: str) -> None:
    del docking
    with open_archive(root, write=True) as archive:
        assert audits_on_record(archive) == []
        report = stages.audit_on_record(archive, Full())
        assert report.ok, report.findings
        size = report.size
        assert stages.audit_on_record(archive, Turn(first=83, count=2, since=size)).ok
        first, second = audits_on_record(archive)
    assert (first.full, first.ok, first.size, first.turn) == (True, True, size, None)
    assert (second.full, second.ok, second.size, second.turn) == (False, True, size + 1, 1)


def test_a_docking_whose_command_died_is_found_once_it_is_old_enough(
    root: Path, docking: str
) -> None:
    with open_archive(root, write=True) as archive:
        now = datetime.now(UTC)
        assert left_dockings(archive, now) == []
        assert left_dockings(archive, now + timedelta(hours=1)) == [docking]
        stages.finish(archive, docking)
        assert left_dockings(archive, now + timedelta(hours=1)) == []


def test_a_docking_that_still_runs_is_left_to_whoever_runs_it(root: Path, tmp_path: Path) -> None:
    class Killed(BaseException):
        """Ends a docking between its clips and its end, as a kill does."""

    def kill(_progress: Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        dock_into(root, make_recorder(tmp_path / "recorder"), progress=kill)
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        (row,) = archive.catalogue.dockings()
        assert row.ended_at is None
        assert row.recorder_id is not None
        later = datetime.now(UTC) + timedelta(hours=1)
        with Area(archive.store.incoming, recorder_area(row.recorder_id), archive.disk):
            assert left_dockings(archive, later) == []
        assert left_dockings(archive, later) == [row.id]


def test_a_timestamp_is_due_after_a_docking_and_every_so_often_where_something_came(
    root: Path, tmp_path: Path
) -> None:
    with open_archive(root, write=True) as archive:
        now = datetime.now(UTC)
        assert timestamp_due(archive, now, None)
        made = stages.stamp(archive)
        assert [stamp.authority for stamp in made.stamps] == ["embedded"]
        assert not timestamp_due(archive, now + timedelta(days=1), None)  # nothing came since
    dock_into(root, make_recorder(tmp_path / "recorder"))
    with open_archive(root, write=True) as archive:
        now = datetime.now(UTC)
        assert timestamp_due(archive, now, None)
        # It was tried after that docking, and nobody answered: again in an hour.
        assert not timestamp_due(archive, now, now)
        assert not timestamp_due(archive, now + timedelta(minutes=59), now)
        assert timestamp_due(archive, now + timedelta(minutes=60), now)
        assert timestamp_due(archive, now - timedelta(minutes=1), now)  # the clock was put back
        stages.stamp(archive)
        assert not timestamp_due(archive, now + timedelta(days=1), now)
