"""What a recorder says of itself stands in the entry that a docking begins with."""

from __future__ import annotations

from pathlib import Path

from archive.opening import Archive
from devices.folder import FolderRecorder
from devices.recorder import RecorderFacts
from ingest.docking import dock
from ingest.receipt import Receipt


class NamedRecorder(FolderRecorder):
    """A folder that says of itself what a recorder at a cable says."""

    facts = RecorderFacts(
        transport="mtp",
        serial="SN-0042",
        second_serial="DSJ-77",
        make="执法仪厂\udfff",
        model="T9",
        firmware="1.2",
        port="1-1.4",
        battery=80,
    )


def secured(archive: Archive, source: FolderRecorder) -> Receipt:
    with source:
        return dock(
            archive, source, serial=None, officer=None, case=None, reread=False, actor="local-0"
        )


def test_a_recorder_is_known_by_its_own_serial_and_its_facts_are_kept(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(b"a")
    assert secured(archive, NamedRecorder(recorder)).recorder == "SN-0042"
    (started,) = [e for e in archive.reader.entries() if e.type == "docking.started"]
    assert (started.data["source"], started.data["port"], started.data["battery"]) == (
        "mtp",
        "1-1.4",
        80,
    )
    assert "执法仪厂".encode() not in started.raw
    assert b"DSJ-77" not in started.raw


def test_what_a_folder_cannot_say_is_not_in_the_entry(archive: Archive, recorder: Path) -> None:
    assert secured(archive, FolderRecorder(recorder)).recorder == "folder:recorder"
    (started,) = [e for e in archive.reader.entries() if e.type == "docking.started"]
    assert started.data["source"] == "folder"
    assert not {"port", "battery"} & started.data.keys()
