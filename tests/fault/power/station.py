"""An archive and a recorder on the forgetful file system; what operations on them print is told to somebody."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archive.durable import Disk
from archive.opening import create_archive, open_archive
from devices.recorder import Recorder
from ingest.docking import dock
from muniment.__main__ import run
from tests.lab.forgetful.mounting import Mounted, mounted
from tests.lab.forgetful.records import Story

ORIGIN: Final = "station.example/power"


class TellingDisk(Disk):
    """The forgetful file system as one that hears of syncfs, as ext4 and xfs do."""

    def __init__(self, mounted: Mounted) -> None:
        self._mounted = mounted

    def syncs_whole(self, fd: int) -> bool:  # noqa: ARG002 - as its base
        return True

    def sync_file_system(self, fd: int) -> None:
        super().sync_file_system(fd)
        self._mounted.synced_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What an operation works on: an archive on the forgetful file system, a recorder beside it."""

    mounted: Mounted

    @property
    def root(self) -> Path:
        """Of the archive."""
        return self.mounted.folder / "archive"

    @property
    def recorder(self) -> Path:
        """On the same file system, so that it is known what lay on it at the cut."""
        return self.mounted.folder / "recorder"

    def ask(self, *words: str, status: int = 0, stdin: str = "") -> dict[str, Any]:
        """A command, in this process; what it prints is told to somebody. Returns its document."""
        document = asked(self.root, *words, status=status, stdin=stdin)
        self.tell(words[0], document)
        return document

    def tell(self, what: str, document: Mapping[str, Any]) -> None:
        """Somebody is told something now."""
        self.mounted.say(json.dumps({"what": what, **document}))

    def dock(self, disk: Disk, recorder: Recorder) -> None:
        """A docking in the program's own words, with a disk of the test's; its receipt is told when it is given."""
        with open_archive(self.root, write=True, disk=disk) as archive:
            receipt = dock(
                archive,
                recorder,
                serial=None,
                officer=None,
                case=None,
                reread=False,
                actor="local-0",
            )
            rows = [{"clip": c.clip, "path": c.path, "status": c.status} for c in receipt.clips]
            self.tell("dock", {"clips": rows, "checkpoint": receipt.checkpoint})


def asked(root: Path, *words: str, status: int = 0, stdin: str = "") -> dict[str, Any]:
    """A command, in this process; its document."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    typed, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin.encode()))
    try:
        with redirect_stdout(printed):
            ended = run(["--root", str(root), "--json", *words])
    finally:
        sys.stdin = typed
    printed.seek(0)
    answer = printed.read()
    assert ended == status, f"{words}: {ended}\n{answer}"
    document: dict[str, Any] = json.loads(answer)
    return document


def prepared(folder: Path, sources: Mapping[str, bytes]) -> Path:
    """A new archive and a recorder in a folder, as they are on the medium before an operation."""
    folder.mkdir()
    create_archive(folder / "archive", origin=ORIGIN, unit="一中队")
    with open_archive(folder / "archive", write=True) as archive:
        archive.catalogue.catch_up()
    (folder / "recorder").mkdir()
    (folder / "out").mkdir()
    put(folder / "recorder", sources)
    return folder


def put(recorder: Path, sources: Mapping[str, bytes]) -> None:
    """Clips on a recorder."""
    for name, data in sources.items():
        path = recorder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def recorded(work: Path, before: Path, do: Callable[[Station], None]) -> Story:
    """Run an operation over the forgetful file system, on a medium that holds `before`."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        with mounted(Path(folder), before) as here:
            do(Station(mounted=here))
        return here.story()
