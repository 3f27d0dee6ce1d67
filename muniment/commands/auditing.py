"""`audit`: check everything; the result goes into the ledger only with ``--record``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from archive.audit import AuditReport, CatalogueNotCheckedError, Full, Mode, Progress, Sample, Since
from archive.audit import audit as check
from archive.audit.report import Finding
from archive.errors import ArchiveError
from muniment.answer import Answer, Asked
from muniment.columns import printable, size_text
from muniment.edge import EndedError
from muniment.errors import WrongUsageError
from muniment.moments import moment_text, zone_of
from muniment.progress import bar

_DAMAGE = 1


def mode_of(*, full: bool, sample: str | None, seed: str | None, since: int | None) -> Mode:
    """What is to be read.

    Raises:
        WrongUsageError: two modes at once, a sample without seed, a percentage that is none.
    """
    if full + (sample is not None) + (since is not None) > 1:
        raise WrongUsageError("--full, --sample and --since exclude each other")
    if (sample is None) != (seed is None):
        raise WrongUsageError("--sample PERCENT and --seed N belong together")
    if since is not None:
        if since < 0:
            raise WrongUsageError("--since is an index, 0 or more")
        return Since(index=since)
    if sample is None or seed is None:
        return Full()
    try:
        percent = float(sample.removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 0 < percent <= 100:
        raise WrongUsageError(f"--sample is more than 0 and at most 100 per cent, not {sample}")
    return Sample(percent=percent, seed=seed)


def audit(asked: Asked, *, mode: Mode, record: bool) -> Answer:
    """Check the archive.

    Raises:
        ArchiveError: it could not be checked, or not whole; what was found is in the answer.
        WrongUsageError: it ends before `--since`. Nothing was read.
        OSError: the result could not be recorded.
    """
    if isinstance(mode, Since):
        _refuse_beyond(asked, mode.index)
    report, gap = run(asked, mode)
    document = report.to_json()
    if gap is not None:
        asked.say(summary(asked, report))
        raise EndedError(gap, Answer(document=document))
    text = summary(asked, report)
    if report.ok and isinstance(mode, Since) and mode.index > report.size:
        # Whoever saw that entry before has to hear that this ledger does not have it.
        gone = WrongUsageError(f"--since {mode.index}: this ledger has {report.size} entries")
        raise EndedError(gone, Answer(document=document))
    if record:
        try:
            record_report(asked, report)
        except BaseException as error:
            asked.say(text)
            raise EndedError(error, Answer(document=document)) from error
        document["recorded"] = True
        text = f"{text}\n{asked.words('audit.recorded')}"
    return Answer(document=document, text=text, status=0 if report.ok else _DAMAGE)


def run(asked: Asked, mode: Mode) -> tuple[AuditReport, CatalogueNotCheckedError | None]:
    """Check with a bar on a terminal; also says when the catalogue could not be checked."""
    with bar(asked.words("progress.audit.objects"), is_bytes=True) as tell:
        try:
            return check(asked.root, mode=mode, progress=_teller(asked, tell)), None
        except CatalogueNotCheckedError as error:
            if error.report is None:
                raise
            return error.report, error


def _teller(asked: Asked, tell: Callable[[int, int, str], None]) -> Callable[[Progress], None]:
    def told(p: Progress) -> None:
        stage = "" if p.stage == "objects" else asked.words(f"progress.audit.{p.stage}")
        tell(p.done, p.total, stage)

    return told


def summary(asked: Asked, report: AuditReport) -> str:
    """An audit for people: findings first, each with the file that is wrong."""
    paths = _paths(asked, {f.subject for f in report.findings if f.subject.startswith("clip-")})
    lines = [_line(asked, f, paths.get(f.subject)) for f in report.findings]
    values: dict[str, Any] = {
        "count": len(report.findings),
        "objects": report.objects_checked,
        "size": size_text(report.bytes_checked),
        "entries": report.entries_checked,
        "tiles": report.tiles_checked,
        "signatures": report.signatures_checked,
    }
    lines.append(asked.words("audit.ok" if report.ok else "audit.findings", **values))
    if report.objects_checked < report.objects_total:
        values |= {"total": report.objects_total, "mode": asked.words(f"audit.mode.{report.mode}")}
        lines.append(asked.words("audit.part", **values))
    covered = report.coverage_90_days.to_json()
    lines.append(
        asked.words(
            "audit.covered", objects=covered["objects_percent"], bytes=covered["bytes_percent"]
        )
    )
    lines += _outside(asked, report)
    lines += [
        f"{asked.words('audit.warning')}  {w.code}  {_meant(asked, w.code, w.detail)}"
        for w in report.warnings
    ]
    if report.unsealed:
        lines.append(asked.words("audit.unsealed", count=report.unsealed))
    if report.interrupted:
        lines.append(asked.words("audit.interrupted", count=report.interrupted))
    return "\n".join(lines)


def _line(asked: Asked, finding: Finding, path: str | None) -> str:
    """What is wrong, with which file, of which clip."""
    about = ""
    if path is not None:
        about = f"  ({asked.words('audit.clip_path', clip=finding.subject, path=printable(path))})"
    elif finding.subject.startswith("clip-"):
        about = f"  ({asked.words('audit.clip', clip=finding.subject)})"
    meant = _meant(asked, finding.code, finding.detail)
    return f"{finding.code}  {finding.where}{about}  {meant}"


def _meant(asked: Asked, code: str, detail: str) -> str:
    """A code's meaning; the detail is English, and stands in English text only (and in the JSON)."""
    meaning = asked.words(f"audit.code.{code}")
    return meaning if asked.language == "zh" else f"{meaning}: {printable(detail)}"


def _paths(asked: Asked, clips: set[str]) -> dict[str, str]:
    """The paths that clips had on their recorders, as far as a catalogue says that is there."""
    if not clips:
        return {}
    from archive.opening import BRIEF, open_archive
    from muniment.opening import is_current

    with (
        suppress(ArchiveError, OSError),
        open_archive(asked.root, write=False, patience=BRIEF) as archive,
    ):
        if is_current(archive):
            rows = {clip: archive.catalogue.clip(clip) for clip in sorted(clips)}
            return {clip: row.path for clip, row in rows.items() if row and row.path}
    return {}


def _refuse_beyond(asked: Asked, since: int) -> None:
    """Raises WrongUsageError: there is no such entry yet. A ledger that says less than was signed is for the audit."""
    from archive.durable import Disk
    from archive.ledger.highest import HighestSigned
    from archive.ledger.reader import LedgerReader

    try:
        signed, _ = HighestSigned(asked.root / "keys" / "highest-signed", Disk()).read()
        size = LedgerReader(asked.root).size()
    except (ArchiveError, OSError):
        return
    if signed <= size < since:
        raise WrongUsageError(asked.words("audit.beyond", index=since, size=size))


def _outside(asked: Asked, report: AuditReport) -> list[str]:
    """Whose time the ledger has."""
    times = report.timestamps
    if not report.timestamps_checked:
        return []
    zone = zone_of(asked.root)
    told = (("outside", times.outside, times.last_outside), ("own", times.own, times.last_own))
    return [
        asked.words(f"audit.{key}", count=count, time=moment_text(last, zone))
        for key, count, last in told
        if count and last
    ]


def record_report(asked: Asked, report: AuditReport) -> None:
    """Write the result into the ledger, with a checkpoint. Raises ArchiveError, OSError: it is not there."""
    # The writer's side is loaded only where something is written.
    from archive.audit.recording import put_on_record
    from archive.opening import open_archive

    with open_archive(asked.root, write=True) as archive:
        put_on_record(archive, report, actor=asked.actor)
        archive.ledger.publish()
