"""Recorders that only their maker's library sees, at a station with a library compiled from our own source."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.gat947.library import MakersLibrary
from tests.fakes.makers import compile_maker
from tests.fakes.plugs import Cable
from tests.station.bench import MB, Bench, make_recorder, running, until
from tests.station.child import child


class Maker:
    """A maker's library in an archive's settings, and its recorder: a stranger at a port until it is switched."""

    def __init__(self, home: Path, root: Path, *variant: str) -> None:
        self.home, self.root = home, root
        self.library = compile_maker(home, *variant)
        with (root / "muniment.toml").open("a") as settings:
            settings.write(f'\n[gat947]\nlibrary = "{self.library}"\n')

    def plug(self, cable: Cable, port: str, recorder: Path, **words: object) -> None:
        """Plug it in in its maker's mode. It becomes a disk at this port when it is switched."""
        if recorder.is_dir():
            cable.plug("as-disk", recorder, **{"serial": None, **words})
            # A dot hides it from who looks for plugs; the library's SetMSDC renames it to what `pump` looks for.
            (cable.folder / "as-disk").replace(self.home / "waiting")
        cable.plug(port, recorder, kind="stranger")

    def pump(self, cable: Cable, port: str) -> bool:
        """Plug in what was switched, as the kernel would; whether it was."""
        switched = self.home / "switched"
        if not switched.exists():
            return False
        switched.replace(cable.folder / port)
        return True

    def calls(self) -> list[str]:
        lines = (self.home / "calls").read_text("gbk").splitlines()
        return [line.split()[0] for line in lines]


@pytest.fixture
def maker(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Maker]:
    monkeypatch.setenv("HOME", str(tmp_path))
    return lambda *variant: Maker(tmp_path, root, *variant)


def test_a_recorder_is_found_switched_and_docked_as_the_disk_that_it_becomes(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("SWITCHES")
    with running(root, cable) as bench:
        made.plug(cable, "1-3", make_recorder(tmp_path / "G1", 2 * MB, 500))
        shown = bench.reaches("gat947", "checking", seconds=10)
        assert (shown.recorder, shown.officer, shown.battery) == ("A123456", "012345", 87)
        until(lambda: made.pump(cable, "1-3"), 10)
        port = bench.reaches("1-3", "done")
        assert port.receipt is not None
        assert (port.receipt.new, port.receipt.whole) == (2, True)
        assert (port.recorder, port.transport, port.officer) == ("A123456", "gat947", "012345")
        until(lambda: bench.port("gat947") is None, 5)
        started = next(e for e in bench.archive.reader.entries() if e.type == "docking.started")
        assert (started.data["source"], started.data["port"], started.data["battery"]) == (
            "gat947",
            "1-3",
            87,
        )
        assert bench.types()["recorder.clock_set"] == 0
        assert bench.is_whole()
    assert "SyncDevTime" not in made.calls()
    assert made.calls().count("SetMSDC") == 1


def test_what_the_library_said_goes_with_the_plug(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("SWITCHES")
    with running(root, cable) as bench:
        made.plug(cable, "1-3", make_recorder(tmp_path / "G1", 500), serial="0001")
        until(lambda: made.pump(cable, "1-3"), 15)
        assert bench.reaches("1-3", "done").transport == "gat947"
        cable.pull("1-3")
        until(lambda: bench.port("1-3") is None, 5)
        cable.plug("1-3", make_recorder(tmp_path / "D1", 500), serial="D1")
        port = bench.reaches("1-3", "done")
        assert (port.recorder, port.transport, port.officer) == ("D1", "mass_storage", None)
        cable.pull("1-3")
        made.plug(cable, "1-3", tmp_path / "G1", serial="0001")
        until(lambda: made.pump(cable, "1-3"), 15)
        assert bench.reaches("1-3", "done").transport == "gat947"


def test_nothing_is_asked_where_only_recorders_are_plugged_in(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("SWITCHES")
    with running(root, cable) as bench:
        cable.plug("1-1", make_recorder(tmp_path / "D1", 500))
        bench.reaches("1-1", "done")
        time.sleep(1.2)
    assert not (made.home / "calls").exists()


@pytest.mark.parametrize("variant", ["HANGS", "CRASHES", "LONGER", "TALKS"])
def test_a_library_that_fails_is_shown_and_delays_no_port(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker], variant: str
) -> None:
    made = maker(variant)
    with running(root, cable) as bench:
        assert bench.shared.makers is not None
        bench.shared.makers._open = lambda: MakersLibrary(made.library, timeout=2)
        made.plug(cable, "1-3", tmp_path / "none")
        until((made.home / "calls").exists, 10)
        cable.plug("1-1", make_recorder(tmp_path / "D1", 2 * MB))
        began = time.monotonic()
        bench.reaches("1-1", "done")
        assert time.monotonic() - began < 10
        until(lambda: _reason(bench) is not None, 10, lambda: str(bench.port("gat947")))
        assert _reason(bench) in {"D020", "D021"}
        cable.pull("1-3")
        until(lambda: bench.port("gat947") is None, 5)


def test_a_recorder_that_does_not_become_a_disk_is_said(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("SWITCHES")
    with running(root, cable) as bench:
        assert bench.shared.makers is not None
        bench.shared.makers._patience = 0.5
        made.plug(cable, "1-3", make_recorder(tmp_path / "G1", 500))
        bench.reaches("gat947", "failed", seconds=15)
        assert _reason(bench) == "D023"
        cable.plug("1-4", make_recorder(tmp_path / "D1", 500))
        assert bench.reaches("1-4", "done").transport == "mass_storage"


def test_a_disk_that_comes_at_another_port_is_not_taken_for_it(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("SWITCHES")
    with running(root, cable) as bench:
        made.plug(cable, "1-3", make_recorder(tmp_path / "G1", 500))
        until((made.home / "switched").exists, 15)
        cable.plug("1-4", make_recorder(tmp_path / "D1", 500))
        assert bench.reaches("1-4", "done").transport == "mass_storage"
        assert made.pump(cable, "1-3")
        assert bench.reaches("1-3", "done").transport == "gat947"


def test_the_station_ends_in_time_while_a_library_hangs(
    root: Path, cable: Cable, tmp_path: Path, maker: Callable[..., Maker]
) -> None:
    made = maker("HANGS")
    made.plug(cable, "1-3", tmp_path / "none")
    with child(root, cable, tmp_path / "log") as running_child:
        running_child.said(r"the page is up")
        until((made.home / "calls").exists, 20)
        began = time.monotonic()
        os.kill(running_child.process.pid, signal.SIGTERM)
        assert running_child.process.wait(15) == 0
        assert time.monotonic() - began < 10


def _reason(bench: Bench) -> str | None:
    port = bench.port("gat947")
    return port.reason.code if port is not None and port.reason is not None else None
