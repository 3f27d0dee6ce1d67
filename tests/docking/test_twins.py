"""Two recorders with one serial: neither takes the other's clips for its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from archive.opening import Archive
from devices.recorder import RecorderFacts
from ingest.docking import dock
from ingest.receipt import Receipt
from ingest.twins import docking_serial, is_ambiguous, notice_twins
from tests.fakes.talking import TalkingRecorder

ACTOR = "local-0"


def facts(**said: Any) -> RecorderFacts:
    return RecorderFacts(**{"transport": "mtp", "serial": "SN-1", **said})


def secured(
    archive: Archive, folder: Path, said: RecorderFacts, beside: RecorderFacts | None = None
) -> Receipt:
    with TalkingRecorder(folder, said) as source:
        return dock(
            archive,
            source,
            serial=None,
            officer=None,
            case=None,
            reread=False,
            actor=ACTOR,
            beside=beside,
        )


def card(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    file = folder / "a.mp4"
    file.write_bytes(name.encode())
    os.utime(file, (0, 0))
    return folder


def test_the_second_of_two_loses_nothing_to_the_first(archive: Archive, tmp_path: Path) -> None:
    one, other = facts(second_serial="A", port="1-1"), facts(second_serial="B", port="1-2")
    first, second = card(tmp_path, "1"), card(tmp_path, "2")
    # The same path, size and time: by these alone the second card's clip would pass for held.
    assert secured(archive, first, one).clips[0].status == "ingested"
    notice_twins(archive, serial="SN-1", ports=["1-1", "1-2"], actor=ACTOR)
    receipt = secured(archive, second, other, beside=one)
    assert (receipt.recorder, receipt.clips[0].status) == ("SN-1#B", "ingested")
    assert archive.catalogue.twins()[0].ports == ("1-1", "1-2")


def test_once_noticed_each_is_itself_also_when_alone(archive: Archive, tmp_path: Path) -> None:
    one, other = facts(second_serial="A"), facts(second_serial="B")
    first, second = card(tmp_path, "1"), card(tmp_path, "2")
    secured(archive, first, one)
    notice_twins(archive, serial="SN-1", ports=["1-1", "1-2"], actor=ACTOR)
    secured(archive, second, other, beside=one)
    again = secured(archive, second, other)
    assert (again.recorder, again.clips[0].status) == ("SN-1#B", "known")
    assert secured(archive, first, one).recorder == "SN-1"
    # What it says over another kind of connection is compared with nothing that was said over this.
    disk = facts(second_serial="C", transport="mass_storage")
    assert secured(archive, first, disk).recorder == "SN-1"


def test_a_recorder_whose_second_serial_changes_is_no_twin_before_two_were_seen(
    archive: Archive, tmp_path: Path
) -> None:
    first = card(tmp_path, "1")
    secured(archive, first, facts(second_serial="A"))
    receipt = secured(archive, first, facts(second_serial="B"))
    assert (receipt.recorder, receipt.clips[0].status) == ("SN-1", "known")


def test_without_a_usb_serial_its_own_protocol_s_is_what_it_docks_under(
    archive: Archive, tmp_path: Path
) -> None:
    for serial in (None, " "):
        one, other = (facts(serial=serial, second_serial=name) for name in "AB")
        assert docking_serial(archive, one, name="Make Model") == "A"
        assert docking_serial(archive, other, name="Make Model") == "B"
    secured(archive, card(tmp_path, "1"), facts(serial=None, second_serial="A"))
    receipt = secured(archive, card(tmp_path, "2"), facts(serial=None, second_serial="B"))
    assert (receipt.recorder, receipt.clips[0].status) == ("B", "ingested")


def test_where_another_recorder_may_have_this_serial_the_bytes_have_to_tell(
    archive: Archive, tmp_path: Path
) -> None:
    folder = facts(serial=None, transport="folder")
    nameless = facts(serial=None)
    assert not is_ambiguous(archive, folder, "folder:x")
    assert is_ambiguous(archive, nameless, "folder:Make Model")
    assert not is_ambiguous(archive, facts(), "SN-1")
    one = card(tmp_path, "1")
    secured(archive, one, facts(second_serial="A"))
    archive.catalogue.catch_up()
    assert not is_ambiguous(archive, facts(second_serial="A"), "SN-1")
    assert is_ambiguous(archive, facts(second_serial="B"), "SN-1")
    assert not is_ambiguous(archive, facts(), "SN-1")
    notice_twins(archive, serial="SN-1", ports=["1-1", "1-2"], actor=ACTOR)
    archive.catalogue.catch_up()
    assert is_ambiguous(archive, facts(), "SN-1")
    assert not is_ambiguous(archive, facts(second_serial="A"), "SN-1")


def test_where_only_the_port_differs_the_port_tells_them_apart(
    archive: Archive, tmp_path: Path
) -> None:
    one, other = facts(second_serial="0", port="1-1"), facts(second_serial="0", port="1-2")
    secured(archive, card(tmp_path, "1"), one)
    assert secured(archive, card(tmp_path, "2"), other, beside=one).recorder == "SN-1#1-2"
    assert secured(archive, card(tmp_path, "3"), facts(), beside=one).recorder == "SN-1#twin"


def test_twins_nobody_has_docked_yet_are_noticed_with_their_recorder(archive: Archive) -> None:
    notice_twins(archive, serial="SN-9", ports=["1-1", "1-2\udfff"], actor=ACTOR)
    archive.catalogue.catch_up()
    (found,) = archive.catalogue.twins()
    assert (found.recorder, found.ports) == ("SN-9", ("1-1", "1-2\\udfff"))
    notice_twins(archive, serial="SN-9", ports=["1-1", "1-3"], actor=ACTOR)
    archive.catalogue.catch_up()
    assert len(archive.catalogue.recorders()) == 1
