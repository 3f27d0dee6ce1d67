"""The daily look at deadlines, without Prefect: told once a day, and oversight.db is no reason to fail."""

from __future__ import annotations

from pathlib import Path

from archive import cases
from archive.events import Event
from archive.opening import create_archive, open_archive
from flows import schedule, stages
from oversight.clocks.digest import ALARM
from oversight.clocks.kept import NAME


def test_deadlines_are_told_once_a_day(tmp_path: Path) -> None:
    create_archive(tmp_path / "root", origin="station.test/flow", unit="North")
    with open_archive(tmp_path / "root", write=True) as archive:
        archive.catalogue.catch_up()
        unit = archive.settings.unit
        case = cases.open_case(archive, actor="local-0", number="1", unit=unit)
        ended = {"at": "2026-01-05T08:00:00Z"}
        archive.record([Event(type="case.action_ended", subject=case, actor="local-0", data=ended)])
        assert schedule.deadlines_due(archive)
        assert stages.tell_deadlines(archive) == 1
        assert not schedule.deadlines_due(archive)
        assert stages.tell_deadlines(archive) == 0
        assert [(a.subject, a.code) for a in archive.catalogue.alarms()] == [(unit, ALARM)]


def test_where_oversight_db_cannot_be_written_deadlines_are_told_all_the_same(
    tmp_path: Path,
) -> None:
    create_archive(tmp_path / "root", origin="station.test/flow", unit="North")
    (tmp_path / "root" / NAME).mkdir()
    with open_archive(tmp_path / "root", write=True) as archive:
        case = cases.open_case(archive, actor="local-0", number="1", unit="unit-1")
        ended = {"at": "2026-01-05T08:00:00Z"}
        archive.record([Event(type="case.action_ended", subject=case, actor="local-0", data=ended)])
        assert stages.tell_deadlines(archive) == 1
        assert stages.tell_deadlines(archive) == 0
