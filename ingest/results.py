"""What became of each entry below a source, as the receipt says it."""

from __future__ import annotations

from typing import cast

from archive.catalogue import Catalogue
from archive.catalogue.rows import DockingClipRow
from archive.durable import is_full
from archive.errors import ArchiveError, NoSpaceError
from devices.clips import FoundClip, RefusedEntry
from devices.errors import DeviceError
from devices.paths import display
from ingest.acquire import Job
from ingest.committing import Outcome
from ingest.errors import IngestError
from ingest.receipt import ClipResult, Salvaged, Status

_RANGES = 8  # named in a reason; the ledger has them all
_QUARANTINED = "kept apart: {code}; somebody named has to decide"


def explain(outcome: Outcome) -> tuple[Status, str, str]:
    """Status, code and reason of a clip that was not taken whole."""
    error = outcome.error
    part = outcome.job.part
    kept = outcome.job.resumed if part is None else part.marked
    reason = str(error) if error is not None else "the docking ended before it"
    salvaged = outcome.job.salvaged
    if salvaged is not None:
        reason = f"{reason.rstrip('.')}. {_in_words(salvaged, outcome.job.size)}"
    elif kept:
        size = outcome.job.size or outcome.job.found.size
        reason = f"{reason.rstrip('.')}. {kept} of {size} bytes are kept."
    partial = bool(kept) or salvaged is not None
    return ("partial" if partial else "refused"), code_of(error) or "not_reached", reason


def _in_words(salvaged: Salvaged, size: int) -> str:
    """How much is kept, where, and which bytes are not."""
    said = f"{salvaged.read} of {size} bytes are kept, as object {salvaged.sha256}"
    if not salvaged.unread:
        return f"{said}: all of them, in two readings."
    ranges = [f"{first}-{first + length - 1}" for first, length in salvaged.unread]
    more = len(ranges) - _RANGES
    listed = ", ".join(ranges[:_RANGES]) + (f" and {more} places more" if more > 0 else "")
    return f"{said}, with zeros for what could not be read: bytes {listed}."


def code_of(error: BaseException | None) -> str | None:
    """The stable word or code of what went wrong."""
    if error is None:
        return None
    if isinstance(error, NoSpaceError) or (isinstance(error, OSError) and is_full(error)):
        return "no_space"
    if isinstance(error, ArchiveError | DeviceError | IngestError):
        return error.code
    return "disk_failed" if isinstance(error, OSError) else "interrupted"


def result_of(
    job: Job, outcome: Outcome | None, *, stopped: BaseException | None, quarantine: str | None
) -> ClipResult:
    """One clip that was to be read."""
    outcome = outcome or Outcome(job=job, error=stopped)
    shown, raw = display(job.found.path)
    if outcome.clip is None:
        status, code, reason = explain(outcome)
        return ClipResult(
            path=shown,
            path_base64=raw,
            size=job.found.size,
            sha256=None,
            clip=None,
            status=status,
            code=code,
            reason=reason,
            salvaged=outcome.job.salvaged,
        )
    apart = None if outcome.known else quarantine
    return ClipResult(
        path=shown,
        path_base64=raw,
        size=job.size,
        sha256=job.digest,
        clip=outcome.clip,
        status="known" if outcome.known else "quarantined" if apart else "ingested",
        code=apart,
        reason=_QUARANTINED.format(code=apart) if apart else None,
        start=outcome.start,
    )


def known_result(catalogue: Catalogue, found: FoundClip, clip: str) -> ClipResult:
    """One clip that we hold already."""
    row = catalogue.clip(clip)
    shown, raw = display(found.path)
    return ClipResult(
        path=shown,
        path_base64=raw,
        size=found.size,
        sha256=row.sha256 if row else None,
        clip=clip,
        status="known",
        start=row.start if row else None,
    )


def recalled_result(row: DockingClipRow) -> ClipResult:
    """One line of an earlier receipt."""
    return ClipResult(
        path=row.path or "",
        path_base64=row.path_base64,
        size=row.size,
        sha256=row.sha256,
        clip=row.clip,
        status=cast("Status", row.status),
        code=row.code,
        reason=row.reason,
        start=row.start,
    )


def refused_result(entry: RefusedEntry) -> ClipResult:
    """One entry that is no clip."""
    shown, raw = display(entry.path)
    return ClipResult(
        path=shown,
        path_base64=raw,
        size=None,
        sha256=None,
        clip=None,
        status="refused",
        code=entry.code,
        reason=entry.reason,
    )
