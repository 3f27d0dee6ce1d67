"""What of a docking may go from the recorder, and why the rest stays.

Holds: what may go is held, accepted, its object was read back from the medium since this docking began, and no finding
on that object is open; every other line of the receipt is named with the reason. Touches nothing on the recorder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from archive.catalogue.rows import ClipRow, PendingClip
from archive.opening import Archive
from devices.paths import display
from ingest.errors import DockingCancelledError
from ingest.readback import verify_clips
from ingest.receipt import Held, Receipt

_GROUP: Final = 50  # objects read back between two looks at whether to stop
_REASONS: Final = {
    "quarantined": "it is quarantined: somebody named has to accept it first",
    "not_verified": "its copy was not read back from the archive's disk",
    "damaged": "its copy, or that of a file it belongs to, did not read back equal, or a finding on it is open:"
    " run `muniment audit --record`",
    "ended_early": "the docking ended early: dock it again, then release",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file that may go, and the clip that holds its bytes."""

    held: Held
    row: ClipRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClip:
    """A file that stays on the recorder, or of which nobody knows."""

    path: str
    path_base64: str | None
    clip: str | None
    code: str
    reason: str


def sort_out(
    archive: Archive,
    receipt: Receipt,
    *,
    damaged: Collection[str],
    actor: str,
    cancelled: Callable[[], bool] | None,
) -> tuple[list[Candidate], list[KeptClip]]:
    """Tell what may go from what stays. Reads back what was held before this docking; that is in the ledger then.

    Raises:
        DockingCancelledError: stopped; nothing was erased.
        ArchiveError: the ledger failed; nothing was erased.
    """
    archive.catalogue.catch_up()
    kept = [
        KeptClip(
            path=clip.path,
            path_base64=clip.path_base64,
            clip=clip.clip,
            code=clip.code or "",
            reason=clip.reason or "",
        )
        for clip in receipt.clips
        if clip.status in {"refused", "partial"}
    ]
    if receipt.ended_early is not None:
        return [], kept + [_kept(held, "ended_early") for held in receipt.held]
    rows = {held.clip: archive.catalogue.clip(held.clip) for held in receipt.held}
    bad = {*damaged, *_read_back(archive, receipt, rows, actor, cancelled)}
    bad |= _under_a_finding(archive, rows)
    owners = {held.owner for held in receipt.held if held.clip in bad}
    going: list[Candidate] = []
    for held in receipt.held:
        row = rows[held.clip]
        code = _why_kept(held, row, damaged=held.clip in bad or held.owner in owners)
        if row is None or code is not None:
            kept.append(_kept(held, code or "not_verified"))
        else:
            going.append(Candidate(held=held, row=row))
    return going, kept


def _under_a_finding(archive: Archive, rows: dict[str, ClipRow | None]) -> set[str]:
    """Clips whose copy somebody found damaged: that it read back equal once more does not close the finding."""
    archive.catalogue.catch_up()
    withheld = archive.catalogue.damaged_digests()
    return {clip for clip, row in rows.items() if row is not None and row.sha256 in withheld}


def _why_kept(held: Held, row: ClipRow | None, *, damaged: bool) -> str | None:
    if row is None:
        return "not_verified"
    if row.quarantined:
        return "quarantined"
    if damaged:
        return "damaged"
    # What this docking brought was verified after it, or never; of the rest `_read_back` knows.
    return "not_verified" if held.new and row.verified_at is None else None


def _read_back(
    archive: Archive,
    receipt: Receipt,
    rows: dict[str, ClipRow | None],
    actor: str,
    cancelled: Callable[[], bool] | None,
) -> Iterator[str]:
    """Read back what earlier dockings brought: perhaps never, or long ago. Gives those that are not equal."""
    old = {held.clip for held in receipt.held if not held.new}
    pending = [_pending(row) for clip in sorted(old) if (row := rows[clip]) is not None]
    for at in range(0, len(pending), _GROUP):
        if cancelled is not None and cancelled():
            raise DockingCancelledError("the release was cancelled")
        group = pending[at : at + _GROUP]
        for failure in verify_clips(archive, group, receipt.docking, actor=actor):
            yield failure.clip


def _pending(row: ClipRow) -> PendingClip:
    return PendingClip(
        clip=row.clip,
        docking=row.docking,
        path=row.path,
        sha256=row.sha256,
        size=row.size,
        kind=row.kind,
        examined=row.examined,
        verified=row.verified_at is not None,
        poster=False,
    )


def _kept(held: Held, code: str) -> KeptClip:
    shown, raw = display(held.found.path)
    return KeptClip(path=shown, path_base64=raw, clip=held.clip, code=code, reason=_REASONS[code])
