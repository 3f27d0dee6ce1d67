"""From a clip's last byte to its first range on a page that says it plays: a 60 s 1080p clip docked beside a service.

The clock starts where the ledger says that the clip is secured; it stops when the service has said `playable` and sent
the first bytes. The floor is the same look by the media child alone, warm, without an archive.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from archive.ledger.reader import LedgerReader
from bench.commands import need_command, new_archive
from bench.data import clear, need_room
from bench.harness import PYTHON, ROOT, BenchError, NotRunError, Options, Report, timed
from bench.serving import served
from bench.surveying import make_clip
from ingest.media.child import MediaChild
from ingest.media.errors import MediaError

_PATIENCE: Final = 60.0
_TURN: Final = 0.01  # seconds between two questions
_FIRST: Final = {"Range": "bytes=0-262143"}


def bench_watch(options: Options) -> Report:
    """The time until it plays, and the media child's share of it."""
    report = Report()
    need_command(options.folder)
    need_room(options.folder, 400_000_000)
    clip = make_clip(options.folder, seconds=6 if options.quick else 60, name="watched.mp4")
    took = [_watched(options.folder, clip) for _ in range(options.rounds)]
    report.compare("watch-last-byte-to-playing", took, "s", most=1.0)
    report.add("watch-last-byte-to-playing-slowest", max(took), "s")
    report.add("watch-look-alone", _alone(options.folder, clip), "s")
    clear(clip.parent / "card")
    return report


def _watched(folder: Path, clip: Path) -> float:
    card, root = folder / "card", folder / "archive"
    clear(card)
    card.mkdir()
    (card / clip.name).hardlink_to(clip)
    new_archive(folder, root, "--unit", "bench unit")
    with served(root) as service:
        command = [PYTHON, "-m", "muniment", "--root", str(root), "dock", str(card)]
        docking = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return _until_it_plays(root, service.port, service.token)
        finally:
            docking.wait(timeout=300)
            clear(root)


def _until_it_plays(root: Path, port: int, token: str) -> float:
    deadline = time.monotonic() + _PATIENCE
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"}
    ingested = _ingested(root, deadline)
    path = f"/api/v1/clips/{ingested.subject}"
    while time.monotonic() < deadline:
        facts = _asked(connection, path, headers)
        if facts.get("media", {}).get("playable"):
            connection.request("GET", f"{path}/original", headers=headers | _FIRST)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.PARTIAL_CONTENT:
                raise BenchError(f"the first range is answered with {answer.status}")
            connection.close()
            return (datetime.now(UTC) - datetime.fromisoformat(ingested.time)).total_seconds()
        time.sleep(_TURN)
    raise BenchError("the clip did not become playable within a minute")


def _ingested(root: Path, deadline: float) -> Any:
    while time.monotonic() < deadline:
        for entry in LedgerReader(root).entries():
            if entry.type == "clip.ingested":
                return entry
        time.sleep(_TURN)
    raise BenchError("nothing was docked within a minute")


def _asked(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
) -> dict[str, Any]:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    return found if isinstance(found, dict) else {}


def _alone(folder: Path, clip: Path) -> float:
    with MediaChild() as child:
        try:
            child.warm()
        except MediaError as e:
            raise NotRunError(f"no media child: {e}") from e
        out = folder / "poster"
        took = timed(lambda: child.examine(clip, name=clip.name, out=out)).seconds
        out.unlink(missing_ok=True)
    return took
