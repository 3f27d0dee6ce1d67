"""A whole station that is ended, killed and started again while recorders are docked."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from archive.audit import audit
from archive.opening import open_archive
from tests.fakes.plugs import Cable
from tests.station.bench import MB, make_recorder, until
from tests.station.child import child

pytestmark = pytest.mark.slow


def ingested(root: Path) -> list[dict[str, object]]:
    with open_archive(root, write=False) as archive:
        return [e.data for e in archive.reader.entries() if e.type == "clip.ingested"]


@pytest.fixture
def recorders(tmp_path: Path) -> list[Path]:
    return [make_recorder(tmp_path / f"R{n}", 1000, 24 * MB, 24 * MB) for n in range(3)]


def test_a_station_that_is_killed_goes_on_at_its_next_start(
    root: Path, cable: Cable, recorders: list[Path], tmp_path: Path
) -> None:
    for number, recorder in enumerate(recorders):
        cable.plug(f"1-{number}", recorder, speed=6 * MB)
    with child(root, cable, tmp_path / "log") as station:
        station.said("plugged in", 3)
        time.sleep(3)
        station.process.kill()
        station.process.wait()
    assert audit(root).findings == ()
    for number, recorder in enumerate(recorders):
        cable.plug(f"1-{number}", recorder)
    with child(root, cable, tmp_path / "again") as station:
        station.said("event=receipt .*end=whole", 3)
        # The page is up, and what follows the receipts is done without its Prefect server.
        assert station.ask("healthz") == "ok\n"
        whole = 'muniment_station_dockings_total{end="whole"} 3.0'
        until(lambda: whole in station.ask("metrics"), 30)
        figures = station.ask("metrics")
        assert "muniment_station_watching 1.0" in figures
        assert json.loads(station.ask("readyz"))["checks"]["ports"] == "ok"
        station.said("(?:without prefect|flow completed)", 3)
        station.process.send_signal(signal.SIGTERM)
        assert station.process.wait(10) == 0
    data = ingested(root)
    assert len(data) == 9
    assert audit(root).findings == ()


def test_a_station_asked_to_end_in_the_middle_of_dockings_ends_in_time(
    root: Path, cable: Cable, recorders: list[Path], tmp_path: Path
) -> None:
    for number, recorder in enumerate(recorders):
        cable.plug(f"1-{number}", recorder, speed=2 * MB)
    with child(root, cable, tmp_path / "log") as station:
        station.said(r"page=(\S+)")
        time.sleep(4)
        began = time.monotonic()
        station.process.send_signal(signal.SIGTERM)
        assert station.process.wait(10) == 0
        assert time.monotonic() - began < 10
    with open_archive(root, write=False) as archive:
        ended = [e for e in archive.reader.entries() if e.type == "docking.ended"]
    assert [e.data["stopped"] for e in ended] == ["I010"] * 3, "cleanly, each with its receipt"
    assert audit(root).findings == ()
    for number, recorder in enumerate(recorders):
        cable.plug(f"1-{number}", recorder)
    with child(root, cable, tmp_path / "again") as station:
        station.said("event=receipt .*end=whole", 3)
        station.process.send_signal(signal.SIGTERM)
        assert station.process.wait(10) == 0
    data = ingested(root)
    assert len(data) == 9
    assert sum(int(str(d["resumed"] or 0)) for d in data) > 3 * MB
    assert audit(root).findings == ()
