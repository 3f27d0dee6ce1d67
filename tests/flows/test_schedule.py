from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.opening import open_archive
from archive.store.area import Area, recorder_area
from flows import stages
from flows.schedule import (
    DueAudit,
    LastAudit,
    audits_on_record,
    due_audit,
    left_dockings,
    timestamp_due,
)
from ingest.receipt import Progress
from tests.flows.footage import dock_into, make_recorder

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def audit(days: float, size: int, *, full: bool = False, ok: bool = True) -> LastAudit:
    return LastAudit(at=NOW - timedelta(days=days), full=full, ok=ok, size=size)


@pytest.mark.parametrize(
    ("audits", "due"),
    [
        ([], DueAudit(since=None)),
        ([audit(29, 10, full=True), audit(0.1, 90)], DueAudit(since=None)),
        ([audit(2, 10, full=True)], DueAudit(since=10)),
        ([audit(3, 10, full=True), audit(2, 40)], DueAudit(since=40)),
        # What a failed audit covered is not taken for good.
        ([audit(3, 10, full=True), audit(2, 40, ok=False)], DueAudit(since=10)),
        ([audit(2, 10, full=True, ok=False)], DueAudit(since=None)),
        ([audit(3, 10, full=True), audit(0.5, 40)], None),
        ([audit(0.5, 10, full=True)], None),
    ],
)
def test_all_is_audited_each_month_and_what_is_new_each_day(
    audits: list[LastAudit], due: DueAudit | None
) -> None:
    assert due_audit(audits, NOW) == due


def test_an_audit_on_record_is_found_again_in_the_ledger(root: Path, docking: str) -> None:
    del docking
    with open_archive(root, write=True) as archive:
        assert audits_on_record(archive) == []
        report = stages.audit_on_record(archive, since=None)
        assert report.ok, report.findings
        size = report.size
        assert stages.audit_on_record(archive, since=size).ok
        first, second = audits_on_record(archive)
    assert (first.full, first.ok, first.size) == (True, True, size)
    assert (second.full, second.ok, second.size) == (False, True, size + 1)


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
