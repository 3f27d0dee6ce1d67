"""Recorders are plugged in and pulled out of a station with real threads and a real archive."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.events import Event
from archive.ids import new_id
from archive.opening import open_archive
from archive.store.area import Area, recorder_area
from muniment.work import Work
from tests.fakes.plugs import Cable
from tests.station.bench import MB, Bench, make_recorder, make_root, running, until

SLOW = 4 * MB  # bytes a second for one reader


def test_a_plugged_recorder_is_on_the_board_at_once_and_secured(
    bench: Bench, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 3 * MB, 1000, 0)
    began = time.monotonic()
    bench.cable.plug("1-1", recorder, battery=61)
    until(lambda: bench.port("1-1"), 2)
    assert time.monotonic() - began < 2
    port = bench.reaches("1-1", "done")
    assert (port.recorder, port.model, port.battery) == ("A1", "Example DSJ", 61)
    assert port.may_unplug
    assert port.receipt is not None
    assert (port.receipt.new, port.receipt.refused, port.receipt.whole) == (3, 0, True)
    assert bench.view().arrivals == (port.receipt,)
    assert bench.types()["clip.verified"] == 3
    assert Work(bench.archive.root).pending() == [port.receipt.docking]
    assert bench.is_whole()
    bench.cable.pull("1-1")
    until(lambda: bench.port("1-1") is None, 2)


def test_eight_at_once_some_pulled_in_the_middle_and_plugged_in_elsewhere(
    bench: Bench, tmp_path: Path
) -> None:
    recorders = [make_recorder(tmp_path / f"R{n}", 8 * MB, 2 * MB, 500) for n in range(8)]
    for number, recorder in enumerate(recorders):
        bench.cable.plug(f"1-{number}", recorder, speed=SLOW)
    until(lambda: [p.state for p in bench.view().ports].count("copying") == 8, 20)
    for number in (1, 4, 6):
        bench.moves(f"1-{number}", 4 * MB)
        bench.cable.pull(f"1-{number}")
    for number in (1, 4, 6):
        assert bench.reaches(f"1-{number}", "gone").reason is not None
    for number in (0, 2, 3, 5, 7):
        receipt = bench.reaches(f"1-{number}", "done").receipt
        assert receipt is not None
        assert receipt.whole
    for number in (1, 4, 6):
        bench.cable.plug(f"2-{number}", recorders[number])
    for number in (1, 4, 6):
        receipt = bench.reaches(f"2-{number}", "done").receipt
        assert receipt is not None
        assert receipt.whole
        assert bench.port(f"1-{number}") is None, "it is gone no more"
    entries = [e for e in bench.archive.reader.entries() if e.type == "clip.ingested"]
    assert len(entries) == 24
    assert any(e.data["resumed"] for e in entries), "something was not read twice"
    assert bench.is_whole()


def test_a_thousand_small_clips_and_a_large_one_both_get_on(bench: Bench, tmp_path: Path) -> None:
    small_one = make_recorder(tmp_path / "small", *[2000] * 1000)
    large_one = make_recorder(tmp_path / "large", 300 * MB)
    bench.cable.plug("1-1", small_one)
    bench.cable.plug("1-2", large_one)
    samples: list[tuple[int, int]] = []

    def look() -> bool:
        small, large = bench.port("1-1"), bench.port("1-2")
        if small is None or large is None or not small.bytes or not large.bytes:
            return False
        if "done" not in {small.state, large.state}:
            samples.append((small.bytes_done + small.clips_done, large.bytes_done))
        return small.state == large.state == "done"

    until(look, 60)
    # While neither was done, each was seen to move more than once.
    assert len({small for small, _ in samples}) > 2
    assert len({large for _, large in samples}) > 2


def test_an_interrupted_recorder_goes_on_at_the_next_start(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    cable.plug("1-1", make_recorder(tmp_path / "A1", 8 * MB, 8 * MB), speed=SLOW)
    with running(root, cable) as bench:
        bench.moves("1-1", 3 * MB)
    assert bench.ports.ended_well
    port = bench.port("1-1")
    assert port is not None
    assert port.state == "waiting"
    with open_archive(root, write=False) as archive:
        ended = [e for e in archive.reader.entries() if e.type == "docking.ended"]
    assert [e.data["stopped"] for e in ended] == ["I010"]
    with running(root, cable) as again:
        receipt = again.reaches("1-1", "done").receipt
        assert receipt is not None
        assert receipt.whole
        entries = [e for e in again.archive.reader.entries() if e.type == "clip.ingested"]
        assert sum(e.data["resumed"] or 0 for e in entries) > 2 * MB
        assert again.is_whole()


def test_a_docking_that_is_cancelled_stops_and_waits_for_a_replug(
    bench: Bench, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 60 * MB)
    bench.cable.plug("1-1", recorder, speed=SLOW)
    bench.reaches("1-1", "copying")
    until(lambda: bench.types()["docking.started"], 5)
    bench.archive.catalogue.catch_up()
    (docking,) = bench.archive.catalogue.dockings()
    words = ["--root", str(bench.archive.root), "docking", "cancel", docking.id]
    subprocess.run([sys.executable, "-m", "muniment", *words], check=True, capture_output=True)
    port = bench.reaches("1-1", "waiting", seconds=5)
    assert port.reason is not None
    assert port.reason.code == "I010"
    assert port.receipt is None, "nothing came in"
    time.sleep(0.5)
    assert bench.types()["docking.started"] == 1
    bench.cable.pull("1-1")
    until(lambda: bench.port("1-1") is None, 2)
    bench.cable.plug("1-1", recorder)
    assert bench.reaches("1-1", "done").receipt is not None


@pytest.mark.parametrize("fault", ["mute", "liar", "no access"])
def test_a_recorder_that_fails_three_times_waits_for_a_hand(
    bench: Bench, tmp_path: Path, fault: str
) -> None:
    bench.cable.plug("1-1", make_recorder(tmp_path / "bad", 1000, 1000), fault=fault)
    bench.cable.plug("1-2", make_recorder(tmp_path / "good", 1000))
    bad = bench.reaches("1-1", "failed")
    assert bad.reason is not None
    told = any("plug" in warning.en for warning in bad.warnings)
    assert told == (fault != "no access"), "no plug gives a right"
    assert bench.view().totals.dockings["recorder"] == 3
    bench.reaches("1-2", "done")
    time.sleep(0.3)
    assert bench.view().totals.dockings["recorder"] == 3
    bench.cable.pull("1-1")
    until(lambda: bench.port("1-1") is None, 2)
    time.sleep(2.1)  # as long as a hand takes
    bench.cable.plug("1-1", tmp_path / "bad")
    assert bench.reaches("1-1", "done").receipt is not None


def test_a_fault_of_ours_ends_one_port_and_is_told(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.cable.plug("1-1", make_recorder(tmp_path / "odd", 1000), fault="bug")
    bench.cable.plug("1-2", make_recorder(tmp_path / "good", 1000))
    port = bench.reaches("1-1", "failed")
    assert port.reason is not None
    assert port.reason.code == "C070"
    bench.reaches("1-2", "done")
    assert bench.view().totals.bugs == 1
    said = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in said
    assert "Traceback" in said


def test_a_full_disk_is_said_and_the_docking_begins_when_there_is_room(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 5 * MB)
    free = [MB]
    with running(root, cable) as bench:
        bench.shared.room._free_bytes = lambda: free[0]
        bench.cable.plug("1-1", recorder)
        port = bench.reaches("1-1", "refused")
        assert port.reason is not None
        assert port.reason.code == "A050"
        refused = [e for e in bench.archive.reader.entries() if e.type == "docking.refused"]
        assert [e.data["code"] for e in refused] == ["no_space"]
        assert bench.types()["docking.started"] == 0
        free[0] = 1000 * MB
        bench.reaches("1-1", "done")
        assert bench.types()["docking.refused"] == 1


def test_a_second_recorder_with_the_same_serial_is_told_apart(bench: Bench, tmp_path: Path) -> None:
    first = make_recorder(tmp_path / "A1", 4 * MB)
    second = make_recorder(tmp_path / "A2", 4 * MB)
    bench.cable.plug("1-1", first, serial="SAME", speed=SLOW)
    bench.reaches("1-1", "copying")
    bench.cable.plug("1-2", second, serial="SAME", speed=SLOW)
    twin = bench.reaches("1-2", "done")
    assert any("1-1" in warning.en for warning in twin.warnings)
    assert twin.recorder == "SAME#1-2"
    assert bench.reaches("1-1", "done").recorder == "SAME"
    (noticed,) = [e for e in bench.archive.reader.entries() if e.type == "recorder.twin_noticed"]
    assert noticed.data["ports"] == ["1-1", "1-2"]
    assert bench.types()["clip.ingested"] == 2
    # Alone, its serial does not tell it from the other one: its bytes are compared.
    bench.cable.pull("1-1")
    bench.cable.pull("1-2")
    until(lambda: not bench.view().ports, 2)
    stamp = (first / "00000.mp4").stat().st_mtime_ns
    os.utime(second / "00000.mp4", ns=(stamp, stamp))
    bench.cable.plug("1-2", second, serial="SAME")
    receipt = bench.reaches("1-2", "done").receipt
    assert receipt is not None
    assert receipt.new == 1, "another recorder's clip of the same name, size and time"


@pytest.mark.parametrize(
    ("policy", "state"), [("refuse", "refused"), ("quarantine", "quarantined")]
)
def test_the_register_decides_about_unknown_recorders(
    tmp_path: Path, cable: Cable, policy: str, state: str
) -> None:
    root = make_root(tmp_path / "strict")
    settings = root / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('recorder = "accept"', f'recorder = "{policy}"')
    )
    with running(root, cable) as bench:
        cable.plug("1-1", make_recorder(tmp_path / "A1", 1000))
        port = bench.reaches("1-1", state)
        assert port.reason is not None
        assert bench.types()["clip.ingested"] == (policy == "quarantine")


def test_what_is_held_already_takes_no_room_and_no_time(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    cable.plug("1-1", make_recorder(tmp_path / "A1", MB))
    with running(root, cable) as bench:
        bench.reaches("1-1", "done")
    with running(root, cable) as bench:
        bench.shared.room._free_bytes = lambda: 65 << 20
        receipt = bench.reaches("1-1", "done").receipt
        assert receipt is not None
        assert (receipt.clips, receipt.new) == (1, 0)


def test_clocks_are_measured_shown_and_set_after_the_receipt(bench: Bench, tmp_path: Path) -> None:
    bench.cable.plug("1-1", make_recorder(tmp_path / "A1", 1000), clock_ms=90_000)
    port = bench.reaches("1-1", "done")
    assert port.clock_offset_ms == 90_000
    order = [e.type for e in bench.archive.reader.entries()]
    read, ended, was_set = (
        order.index(t) for t in ("recorder.clock_read", "docking.ended", "recorder.clock_set")
    )
    assert read < ended < was_set


def test_a_clock_that_is_not_set_because_files_stay_behind_is_told_of(
    bench: Bench, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 1000)
    bench.cable.plug("1-1", recorder, clock_ms=90_000, fault="bad block")
    told = [warning.en for warning in bench.reaches("1-1", "done").warnings]
    assert told == ["Its clock was not set: files were left on the recorder."]
    assert bench.types()["recorder.clock_set"] == 0


def releasing(root: Path) -> Path:
    settings = root / "muniment.toml"
    text = settings.read_text().replace('policy = "never"', 'policy = "after-verify"')
    settings.write_text(text)
    return root


def test_what_is_verified_is_erased_where_the_settings_say_so(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", MB, 1000)
    with running(releasing(root), cable) as bench:
        cable.plug("1-1", recorder)
        assert bench.reaches("1-1", "done").may_unplug
        assert list(recorder.iterdir()) == []
        assert bench.types()["recorder.erased"] == 2
        assert bench.is_whole()


def test_nothing_is_erased_of_a_recorder_in_quarantine(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 1000)
    settings = releasing(root) / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('recorder = "accept"', 'recorder = "quarantine"')
    )
    with running(root, cable) as bench:
        cable.plug("1-1", recorder)
        bench.reaches("1-1", "quarantined")
        assert len(list(recorder.iterdir())) == 1


def test_who_has_the_recorder_now_stands_on_its_tile(bench: Bench, tmp_path: Path) -> None:
    archive = bench.archive
    recorder, officer = new_id("recorder"), new_id("officer")
    now = datetime.now(UTC)
    terms = [(None, now - timedelta(days=9)), (officer, now - timedelta(days=1))]
    terms.append((None, now + timedelta(days=1)))
    archive.record(
        [
            Event(
                type="officer.registered",
                subject=officer,
                actor="local-0",
                data={"unit": None},
                text={"badge": "012345"},
            ),
            Event(
                type="recorder.registered",
                subject=recorder,
                actor="local-0",
                data={"unit": None, "officer": None},
                text={"serial": "A1"},
            ),
            *(
                Event(
                    type="recorder.assigned",
                    subject=recorder,
                    actor="local-0",
                    data={
                        "officer": who,
                        "unit": None,
                        "from": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    },
                )
                for who, since in terms
            ),
        ]
    )
    bench.cable.plug("1-1", make_recorder(tmp_path / "A1", 1000))
    port = bench.reaches("1-1", "done")
    assert port.officer == "012345"
    assert bench.view().arrivals[0].officer == "012345"


def test_a_recorder_that_is_pulled_while_it_is_erased_is_finished_at_the_next_plug(
    root: Path, cable: Cable, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 1000, 1000)
    with running(releasing(root), cable) as bench:
        cable.plug("1-1", recorder, fault="pulled in release")
        port = bench.reaches("1-1", "gone")
        assert port.reason is not None
        assert "erased" in port.reason.en
        assert len(list(recorder.iterdir())) == 2
        cable.plug("1-2", recorder)
        bench.reaches("1-2", "done")
        assert list(recorder.iterdir()) == []
        assert bench.types()["clip.ingested"] == 2
        assert bench.types()["recorder.erased"] == 2


def test_a_recorder_that_resets_itself_without_end_begins_no_docking_without_end(
    bench: Bench, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "A1", 1000)
    until_this = time.monotonic() + 6
    while time.monotonic() < until_this:
        bench.cable.plug("1-1", recorder, fault="mute")  # at another address each time
        time.sleep(0.15)
        bench.cable.pull("1-1")
        time.sleep(0.05)
    # Some thirty plugs; without a pause that grows there would be a try for each. On a busy machine one may be gone
    # before it is asked anything.
    assert 1 <= sum(bench.view().totals.dockings.values()) <= 8


def test_a_station_whose_archive_fails_waits_and_goes_on(bench: Bench, tmp_path: Path) -> None:
    settings = bench.archive.root / "muniment.toml"
    text = settings.read_text()
    settings.write_text("this is no setting")
    bench.cable.plug("1-1", make_recorder(tmp_path / "A1", 1000))
    port = bench.reaches("1-1", "waiting")
    assert port.reason is not None
    assert port.reason.code == "A045"
    settings.write_text(text)
    bench.reaches("1-1", "done")


def test_a_recorder_that_another_program_docks_is_waited_for(bench: Bench, tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path / "A1", 1000)
    bench.cable.plug("1-1", recorder)
    bench.reaches("1-1", "done")
    (docking,) = bench.archive.catalogue.dockings()
    archive = bench.archive
    area = Area(archive.store.incoming, recorder_area(docking.recorder_id or ""), archive.disk)
    (recorder / "later.mp4").write_bytes(b"later")
    bench.cable.plug("1-2", recorder, serial="A1")
    bench.cable.pull("1-1")
    bench.reaches("1-2", "waiting")
    area.close()
    bench.reaches("1-2", "done")


def test_a_recorder_that_resets_itself_and_gets_on_is_secured_whole(
    bench: Bench, tmp_path: Path
) -> None:
    size = 20 * MB
    bench.cable.plug("1-1", make_recorder(tmp_path / "A1", size), lasts=2 * MB + 500_000)
    receipt = bench.reaches("1-1", "done", seconds=60).receipt
    assert receipt is not None
    assert receipt.new == 1
    assert bench.view().totals.dockings["gone"] > 3
    assert bench.view().totals.bytes["1-1"] <= 1.6 * size
    assert bench.is_whole()
