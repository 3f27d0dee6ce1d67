"""`audit`: check everything; the result goes into the ledger only with ``--record``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.audit import AuditReport, CatalogueNotCheckedError, Full, Mode, Progress, Sample, Since
from archive.audit import audit as check
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
        WrongUsageError: it is intact and ends before `--since`; likewise.
        OSError: the result could not be recorded.
    """
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
            _record(asked, report)
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
    lines = [f"{f.code}  {f.where}  {printable(f.detail)}" for f in report.findings]
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
        values |= {"total": report.objects_total, "mode": report.mode}
        lines.append(asked.words("audit.part", **values))
    covered = report.coverage_90_days.to_json()
    lines.append(
        asked.words(
            "audit.covered", objects=covered["objects_percent"], bytes=covered["bytes_percent"]
        )
    )
    lines += _outside(asked, report)
    lines += [
        f"{asked.words('audit.warning')}  {w.code}  {printable(w.detail)}" for w in report.warnings
    ]
    if report.unsealed:
        lines.append(asked.words("audit.unsealed", count=report.unsealed))
    if report.interrupted:
        lines.append(asked.words("audit.interrupted", count=report.interrupted))
    return "\n".join(lines)


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


def _record(asked: Asked, report: AuditReport) -> None:
    # The writer's side is loaded only where something is written.
    from archive.audit.recording import recorded
    from archive.opening import open_archive

    with open_archive(asked.root, write=True) as archive:
        archive.record([recorded(report, station=archive.settings.station, actor=asked.actor)])
        archive.ledger.publish()
