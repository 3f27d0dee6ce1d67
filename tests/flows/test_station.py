from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.footage import PrefectApi, make_recorder, types, wait_until

pytestmark = pytest.mark.slow
MUNIMENT = [sys.executable, "-m", "muniment"]


class Station:
    """A station in a process of its own."""

    def __init__(self, root: Path, log: Path) -> None:
        self.root, self.log = root, log
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*MUNIMENT, "--root", str(root), "station", "--port", "0", "--no-usb"],
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )

    def said(self, pattern: str) -> list[str]:
        """What its log holds."""
        return re.findall(pattern, self.log.read_text())

    def page(self) -> str:
        """Its page's address, once it is up."""
        return str(wait_until(lambda: self.said(r"page=(\S+)"), 60)[-1])

    def answers(self) -> bool:
        """Whether the page's process answers."""
        with urllib.request.urlopen(self.page() + "healthz", timeout=10) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)

    def children(self) -> dict[int, str]:
        """Its child processes and which module each runs."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                words = (path / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue  # it ended while we looked
            if parent == self.process.pid:
                found[int(path.name)] = next(
                    (w.decode() for w in words if b"flows." in w or b"ingest." in w), ""
                )
        return found

    def server(self) -> int | None:
        """Its Prefect server."""
        return next((p for p, name in self.children().items() if name == "flows.server"), None)


@contextmanager
def station(root: Path, log: Path) -> Iterator[Station]:
    running = Station(root, log)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def muniment(root: Path, *words: str) -> dict[str, object]:
    """A command's document."""
    done = subprocess.run(
        [*MUNIMENT, "--root", str(root), "--json", *words], check=True, capture_output=True
    )
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def has_ended(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_station_works_shows_survives_its_server_and_ends(root: Path, tmp_path: Path) -> None:
    """One station's day: the server takes 12 to 20 seconds to start, so it is started twice and not six times."""
    recorder = make_recorder(tmp_path / "recorder")
    docking = str(muniment(root, "dock", str(recorder))["docking"])
    with station(root, tmp_path / "log") as running:
        # The page waits for no server.
        assert running.answers()
        assert not running.said("prefect is up")

        wait_until(lambda: running.said("prefect is up"), 120)
        api = PrefectApi(root / "prefect")
        (run,) = wait_until(lambda: api.runs(docking), 60)
        wait_until(lambda: api.runs(docking)[0]["state"]["name"] == "Completed", 30)
        assert run["parameters"]["docking"] == docking

        (recorder / "later.txt").write_text("a second docking while the station runs")
        second = str(muniment(root, "dock", str(recorder))["docking"])
        wait_until(
            lambda: [r["state"]["name"] for r in api.runs(second)] == ["Completed"],
            60,
        )

        # Another one on the same archive is refused.
        other = subprocess.run(
            [*MUNIMENT, "--root", str(root), "--json", "station", "--port", "0", "--no-usb"],
            check=False,
            capture_output=True,
            timeout=60,
        )
        assert other.returncode == 5
        assert json.loads(other.stdout)["error"]["code"] == "A042"

        # Without its server the station goes on, and gets it back.
        server = running.server()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: running.said("prefect ended"), 10)
        assert running.answers()
        (recorder / "third.txt").write_text("a docking while Prefect is down")
        third = str(muniment(root, "dock", str(recorder), "--no-derive")["docking"])
        wait_until(lambda: running.said(f"worked without prefect.*{third}"), 30)
        wait_until(lambda: len(running.said("prefect is up")) == 2, 120)
        wait_until(
            lambda: [r["state"]["name"] for r in api.runs(third)] == ["Completed"],
            60,
        )
        assert types(root).count("clip.examined") == 6

        children = running.children()
        # What looks at media for who waits is there for a minute after its last work.
        mine = sorted(set(children.values()) - {"ingest.media.worker"})
        assert mine == ["flows.runner", "flows.server"]
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=10) == 0
        assert all(has_ended(pid) for pid in children)
    assert muniment(root, "audit")["ok"] is True


def test_a_station_that_is_killed_takes_its_children_along(root: Path, tmp_path: Path) -> None:
    with station(root, tmp_path / "log") as running:
        running.page()
        server = wait_until(running.server, 20)
        # The child asks for its leash first of all; give it the time to be there.
        wait_until(lambda: len(Path(f"/proc/{server}/maps").read_text()) > 20_000, 20)
        running.process.kill()
        running.process.wait()
        wait_until(lambda: has_ended(server), 10)


def test_a_station_interrupted_before_anything_is_up_ends_well(root: Path, tmp_path: Path) -> None:
    with station(root, tmp_path / "log") as running:
        wait_until((root / "station.lock").exists, 20)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=10) == 0


def test_a_work_db_that_is_deleted_or_damaged_stops_no_station(
    root: Path, docking: str, tmp_path: Path
) -> None:
    del docking
    with station(root, tmp_path / "log") as running:
        assert running.answers()
        (root / "work.db").write_bytes(b"this is no database" * 100)
        assert running.answers()
        (root / "work.db").unlink()
        new = make_recorder(tmp_path / "other")
        docking_id = str(muniment(root, "dock", str(new))["docking"])
        wait_until(lambda: running.said(f"(?:without prefect|completed).*{docking_id}"), 60)


@pytest.mark.parametrize("words", [["dock", "{recorder}"], ["audit"], ["find"]])
def test_commands_that_people_wait_for_never_import_prefect(
    words: list[str], root: Path, tmp_path: Path
) -> None:
    recorder = make_recorder(tmp_path / "recorder")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "muniment", "--root", str(root)]
        + [word.format(recorder=recorder) for word in words],
        check=True,
        capture_output=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "muniment.edge" in imported
    assert not {name for name in imported if name.partition(".")[0] in {"prefect", "cv2"}}
