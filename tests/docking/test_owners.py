"""Clips belong to who had the recorder then; who else is said to have had it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.events import Event
from archive.ids import new_id
from archive.ledger.entry import Entry
from archive.opening import Archive, open_archive
from devices.recorder import RecorderFacts
from ingest.docking import dock
from ingest.errors import OfficerRefusedError
from ingest.owners import device_badge
from ingest.receipt import Receipt
from tests.fakes.talking import TalkingRecorder

ACTOR = "local-0"


class Register:
    """What a person does at the register."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def tell(
        self, type_: str, subject: str, data: dict[str, Any], text: dict[str, Any] | None = None
    ) -> str:
        self.archive.record([Event(type=type_, subject=subject, actor=ACTOR, data=data, text=text)])
        return subject

    def officer(self, badge: str, *, unit: str | None = None) -> str:
        return self.tell("officer.registered", new_id("officer"), {"unit": unit}, {"badge": badge})

    def recorder(
        self, serial: str = "SN-1", *, officer: str | None = None, unit: str | None = None
    ) -> str:
        return self.tell(
            "recorder.registered",
            new_id("recorder"),
            {"unit": unit, "officer": officer},
            {"serial": serial},
        )

    def assign(
        self, recorder: str, officer: str | None, since: str, unit: str | None = None
    ) -> None:
        self.tell("recorder.assigned", recorder, {"officer": officer, "unit": unit, "from": since})


@pytest.fixture
def register(archive: Archive) -> Register:
    return Register(archive)


def secured(
    archive: Archive, recorder: Path, *, officer: str | None = None, **facts: Any
) -> Receipt:
    said = RecorderFacts(**{"transport": "mtp", "serial": "SN-1", **facts})
    with TalkingRecorder(recorder, said) as source:
        return dock(
            archive, source, serial=None, officer=officer, case=None, reread=False, actor=ACTOR
        )


def write(recorder: Path, badge: str, date: str) -> None:
    (recorder / f"DCAM_A1_{badge}_{date}_120000.mp4").write_bytes(f"{badge} {date}".encode())


def entries(archive: Archive, type_: str) -> list[Entry]:
    return [entry for entry in archive.reader.entries() if entry.type == type_]


def officers(archive: Archive, receipt: Receipt) -> dict[str, str | None]:
    """Day of recording -> badge of the clip's officer."""
    archive.catalogue.catch_up()
    rows = [archive.catalogue.clip(clip.clip or "") for clip in receipt.clips]
    return {(row.start or "")[:10]: row.officer for row in rows if row is not None}


def test_a_clip_belongs_to_who_had_the_recorder_when_it_was_made(
    archive: Archive, recorder: Path, register: Register
) -> None:
    first, second, third = (register.officer(badge) for badge in ("1", "2", "3"))
    device = register.recorder(officer=first)
    register.assign(device, third, "2026-03-01T00:00:00Z")
    register.assign(device, second, "2026-02-01T00:00:00Z")
    for date in ("20260115", "20260215", "20260315"):
        (recorder / f"DCAM_A1_{date}_120000.mp4").write_bytes(date.encode())
        write(recorder, "9", date)
    receipt = secured(archive, recorder)
    assert officers(archive, receipt) == {"2026-01-15": "1", "2026-02-15": "2", "2026-03-15": "3"}


def test_the_corrected_clock_decides_who_had_it(
    archive: Archive, recorder: Path, register: Register
) -> None:
    first, second = register.officer("1"), register.officer("2")
    device = register.recorder(officer=first)
    register.assign(device, second, "2026-02-01T00:00:00Z")
    write(recorder, "1", "20260115")
    with TalkingRecorder(recorder, slow=timedelta(days=30)) as source:
        receipt = dock(
            archive, source, serial=None, officer=None, case=None, reread=False, actor=ACTOR
        )
    assert officers(archive, receipt) == {"2026-02-14": "2"}


def test_where_nobody_had_it_the_name_says_and_then_the_device(
    archive: Archive, recorder: Path, register: Register
) -> None:
    device = register.recorder(officer=register.officer("1"))
    register.assign(device, None, "2026-02-01T00:00:00Z")
    write(recorder, "012345", "20260215")
    (recorder / "VID_20260216_120000.mp4").write_bytes(b"no badge in it")
    (recorder / "b.bin").write_bytes(b"b")
    receipt = secured(archive, recorder, badge="054321")
    found = officers(archive, receipt)
    assert found.pop("2026-02-15") == "012345"
    assert set(found.values()) == {"054321"}
    (noticed,) = entries(archive, "docking.started")
    row = archive.catalogue.officer(noticed.data["officer"])
    assert row is not None
    assert (row.badge, row.registered) == ("054321", False)
    assert entries(archive, "officer.disputed") == []


def test_who_is_named_by_hand_wins_without_dispute(
    archive: Archive, recorder: Path, register: Register
) -> None:
    register.recorder(officer=register.officer("1"))
    write(recorder, "2", "20260115")
    receipt = secured(archive, recorder, officer="3", badge="4")
    assert officers(archive, receipt) == {"2026-01-15": "3"}
    assert entries(archive, "officer.disputed") == []


def test_a_clip_has_the_unit_of_its_officer_else_the_assignments_else_the_recorders_else_the_stations(
    archive: Archive, recorder: Path, register: Register
) -> None:
    station = archive.settings.unit
    at_home = register.officer("1", unit="unit-officer")
    away = register.officer("2")
    device = register.recorder(officer=at_home, unit="unit-recorder")
    register.assign(device, away, "2026-02-01T00:00:00Z", unit="unit-lent-to")
    register.assign(device, away, "2026-03-01T00:00:00Z")
    for date in ("20260115", "20260215", "20260315"):
        (recorder / f"VID_{date}_120000.mp4").write_bytes(date.encode())
    receipt = secured(archive, recorder)
    archive.catalogue.catch_up()
    rows = [archive.catalogue.clip(clip.clip or "") for clip in receipt.clips]
    units = {(row.start or "")[:10]: row.unit_id for row in rows if row is not None}
    assert units == {
        "2026-01-15": "unit-officer",
        "2026-02-15": "unit-lent-to",
        "2026-03-15": "unit-recorder",
    }
    assert station not in units.values()


def test_another_badge_than_the_registers_is_told_once_for_each_docking_and_pair(
    archive: Archive, recorder: Path, register: Register
) -> None:
    assigned, other = register.officer("1"), register.officer("2")
    register.recorder(officer=assigned)
    for date in ("20260115", "20260116"):
        write(recorder, "2", date)
    write(recorder, "1", "20260117")
    receipt = secured(archive, recorder, badge="000333")
    told = [e.data for e in entries(archive, "officer.disputed")]
    by = {d["by"]: d for d in told}
    assert len(told) == 2
    assert (by["name"]["assigned"], by["name"]["carried"]) == (assigned, other)
    assert by["name"]["clips"] == 2
    assert (by["device"]["assigned"], by["device"]["clips"]) == (assigned, 3)
    assert set(officers(archive, receipt).values()) == {"1"}
    kinds = [e.type for e in archive.reader.entries()]
    assert kinds.index("officer.disputed") < kinds.index("clip.ingested")
    # What is held already is not disputed again.
    secured(archive, recorder, badge="000333")
    assert len(entries(archive, "officer.disputed")) == 2


@pytest.mark.parametrize(
    ("field", "disputed"), [("123456", False), ("345678", False), ("234567", True), ("12345", True)]
)
def test_a_longer_badge_is_not_disputed_by_the_part_that_fits_the_devices_field(
    archive: Archive, recorder: Path, register: Register, field: str, disputed: bool
) -> None:
    register.recorder(officer=register.officer("12345678"))
    (recorder / "a.mp4").write_bytes(b"a")
    secured(archive, recorder, badge=field)
    assert bool(entries(archive, "officer.disputed")) is disputed


@pytest.mark.parametrize(
    ("said", "badge"),
    [
        (None, None),
        ("", None),
        ("000000", None),
        (" 012345\0\0", "012345"),
        ("警\udfff", "警\\udfff"),
    ],
)
def test_a_device_as_it_left_the_factory_carries_no_badge(
    said: str | None, badge: str | None
) -> None:
    assert device_badge(said) == badge


@pytest.mark.parametrize(("assigned", "status"), [(False, "quarantined"), (True, "ingested")])
def test_an_unknown_badge_sets_clips_apart_only_where_they_would_belong_to_it(
    root: Path, recorder: Path, assigned: bool, status: str
) -> None:
    settings = root / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('officer = "accept"', 'officer = "quarantine"')
    )
    write(recorder, "9", "20260115")
    with open_archive(root, write=True) as archive:
        register = Register(archive)
        register.recorder(officer=register.officer("1") if assigned else None)
        receipt = secured(archive, recorder)
        assert [clip.status for clip in receipt.clips] == [status]
        assert len(entries(archive, "officer.noticed")) == 1


@pytest.mark.parametrize("carried_by", ["name", "device"])
def test_an_unknown_badge_is_refused_where_the_settings_refuse_it_however_it_is_carried(
    root: Path, recorder: Path, carried_by: str
) -> None:
    settings = root / "muniment.toml"
    settings.write_text(settings.read_text().replace('officer = "accept"', 'officer = "refuse"'))
    if carried_by == "name":
        write(recorder, "9", "20260115")
    else:
        (recorder / "a.mp4").write_bytes(b"a")
    with open_archive(root, write=True) as archive:
        register = Register(archive)
        register.recorder()
        badge = "9" if carried_by == "device" else None
        for _ in range(2):
            with pytest.raises(OfficerRefusedError):
                secured(archive, recorder, badge=badge)
        assert len(entries(archive, "officer.noticed")) == 1
        assert [e.data["code"] for e in entries(archive, "docking.refused")] == [
            "unregistered_officer",
            "unregistered_officer",
        ]
        assert entries(archive, "docking.started") == []
        assert entries(archive, "clip.ingested") == []
