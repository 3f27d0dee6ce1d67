"""A docking's receipt: as a document for scripts, and on 80 columns for people.

Holds: no line of the table is wider than 80 cells, whatever the names; the checkpoint is printed as it was
signed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from archive.catalogue.rows import ClockRow, DockingClipRow, DockingRow
from ingest.clock import ClockNote
from ingest.receipt import ClipResult, Receipt, Salvaged, Status
from muniment.columns import pad, printable, shorten, size_text
from muniment.messages import Language, reason

Words = Callable[..., str]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_BY_NAME: Final[Mapping[str, Status]] = {status: status for status in STATUSES}
_WIDTHS: Final = (20, 8, 19, 10, 11)  # with the mark and the gaps: 78 cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of the recorder."""

    result: ClipResult
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A receipt, just made or read again from the catalogue."""

    docking: str
    recorder: str
    officer: str | None
    case: str | None
    lines: Sequence[Line]
    bytes: int
    seconds: float | None  # None: the docking did not end
    transfer_seconds: float | None
    checkpoint: str
    late: int
    clock: ClockNote | None = None  # the recorder's, where it was measured


def made(
    receipt: Receipt, rows: Sequence[DockingClipRow], *, officer: str | None, case: str | None
) -> Shown:
    """A receipt as `dock` made it; `rows` are the catalogue's, for the marks."""
    marked = {row.clip for row in rows if row.marked and row.clip}
    return Shown(
        docking=receipt.docking,
        recorder=receipt.recorder,
        officer=officer,
        case=case,
        lines=[Line(result=clip, marked=clip.clip in marked) for clip in receipt.clips],
        bytes=receipt.bytes,
        seconds=receipt.seconds,
        transfer_seconds=receipt.transfer_seconds,
        checkpoint=receipt.checkpoint,
        late=receipt.late,
        clock=receipt.clock,
    )


def again(
    docking: DockingRow,
    rows: Sequence[DockingClipRow],
    checkpoint: bytes,
    readings: Sequence[ClockRow],
) -> Shown:
    """A receipt from the catalogue; the checkpoint is the newest, which covers it."""
    ended = docking.milliseconds is not None
    return Shown(
        docking=docking.id,
        recorder=docking.recorder or docking.recorder_id or "",
        officer=docking.officer,
        case=docking.case,
        lines=[Line(result=_result(row), marked=row.marked) for row in rows],
        bytes=docking.bytes or 0,
        seconds=(docking.milliseconds or 0) / 1000 if ended else None,
        transfer_seconds=None,
        checkpoint=checkpoint.decode(),
        late=sum(row.late for row in rows) if docking.late is None else docking.late,
        clock=_clock_of(docking.id, readings),
    )


def _clock_of(docking: str, readings: Sequence[ClockRow]) -> ClockNote | None:
    """What a docking measured, of all that is known of the recorder's clock."""
    for r in readings:
        if r.docking == docking and not r.was_set and None not in (r.offset_us, r.uncertainty_us):
            return ClockNote(
                offset_us=r.offset_us or 0,
                uncertainty_us=r.uncertainty_us or 0,
                drift_ms_per_day=r.drift_ms_per_day,
                drift_uncertainty=r.drift_uncertainty,
            )
    return None


def _result(row: DockingClipRow) -> ClipResult:
    return ClipResult(
        path=row.path or "",
        path_base64=row.path_base64,
        size=row.size,
        sha256=row.sha256,
        clip=row.clip,
        status=_BY_NAME[row.status],
        code=row.code,
        reason=row.reason,
        start=row.start,
    )


def document(shown: Shown) -> dict[str, Any]:
    """The contract's JSON of `dock`, and start and mark of each clip beside it."""
    clock = shown.clock
    return {
        "docking": shown.docking,
        "recorder": shown.recorder,
        "officer": shown.officer,
        "case": shown.case,
        "clips": [_clip_document(line) for line in shown.lines],
        "bytes": shown.bytes,
        "seconds": _rounded(shown.seconds),
        "transfer_seconds": _rounded(shown.transfer_seconds),
        "checkpoint": shown.checkpoint,
        "late": shown.late,
        "clock": clock
        and {
            "offset_ms": clock.offset_ms,
            "uncertainty_ms": clock.uncertainty_ms,
            "drift_ms_per_day": clock.drift_ms_per_day,
        },
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _clip_document(line: Line) -> dict[str, Any]:
    r = line.result
    found: dict[str, Any] = {"path": r.path}
    if r.path_base64 is not None:
        found["path_base64"] = r.path_base64
    return found | {
        "size": r.size,
        "sha256": r.sha256,
        "clip": r.clip,
        "status": r.status,
        "code": r.code,
        "reason": r.reason,
        "start": r.start,
        "marked": line.marked,
        **_salvaged_document(r.salvaged),
    }


def _salvaged_document(salvaged: Salvaged | None) -> dict[str, Any]:
    if salvaged is None:
        return {}
    unread = [list(r) for r in salvaged.unread]
    return {"salvaged": {"sha256": salvaged.sha256, "size": salvaged.size, "unread": unread}}


def text(shown: Shown, words: Words, zone: ZoneInfo, language: Language = "en") -> str:
    """The receipt for a terminal; `language` is the one of `words`, for why a clip was not taken."""
    lines = [words("receipt.title", docking=shown.docking), _who(shown, words), ""]
    if shown.lines:
        names = ("name", "size", "start", "status", "sha256")
        lines.append("  " + _columns([words(f"receipt.head.{name}") for name in names]))
        lines += [_line(line, words, zone) for line in shown.lines]
    else:
        lines.append(words("dock.empty"))
    lines += ["", *_totals(shown, words)]
    reasons = [line.result for line in shown.lines if line.result.code]
    if reasons:
        lines += ["", words("receipt.why")]
        for r in reasons:
            why = reason(language, r.code or "", printable(r.reason or ""))
            lines.append(f"  {printable(r.path)}: {why} [{r.code}]")
            if r.salvaged is not None:
                lines.append(f"    {_salvaged(r.salvaged, words)}")
    lines += ["", words("receipt.times", zone=zone.key), words("receipt.checkpoint")]
    lines += [f"  {line}".rstrip() for line in shown.checkpoint.rstrip("\n").split("\n")]
    return "\n".join(lines)


def _salvaged(salvaged: Salvaged, words: Words) -> str:
    return words(
        "receipt.salvaged",
        read=size_text(salvaged.read),
        object=salvaged.sha256,
        places=len(salvaged.unread),
        lost=size_text(sum(length for _, length in salvaged.unread)),
    )


def _who(shown: Shown, words: Words) -> str:
    parts = [words("receipt.recorder", recorder=printable(shown.recorder))]
    if shown.officer:
        parts.append(words("receipt.officer", officer=printable(shown.officer)))
    if shown.case:
        parts.append(words("receipt.case", case=printable(shown.case)))
    return " · ".join(parts)


def _totals(shown: Shown, words: Words) -> list[str]:
    counts = Counter(line.result.status for line in shown.lines)
    said = [f"{counts[s]} {words(f'status.{s}')}" for s in STATUSES if counts[s]]
    lines = [words("receipt.totals", clips=len(shown.lines), counts=", ".join(said) or "-")]
    if shown.seconds is not None:
        moving = shown.transfer_seconds or shown.seconds
        rate = size_text(round(shown.bytes / moving)) if moving > 0 else "-"
        size, seconds = size_text(shown.bytes), f"{shown.seconds:.1f}"
        lines.append(words("receipt.moved", size=size, seconds=seconds, rate=rate))
    if shown.late:
        lines.append(words("receipt.late", late=shown.late))
    if shown.clock is not None:
        lines.append(clock_text(shown.clock.offset_ms, shown.clock.uncertainty_ms, words))
        lines.append(words("receipt.corrected"))
    return lines


def clock_text(offset_ms: int, uncertainty_ms: int, words: Words) -> str:
    """How far a recorder's clock was from true time, so that nobody has to know what a sign means."""
    return words(
        "clock.fast" if offset_ms < 0 else "clock.slow",
        seconds=f"{abs(offset_ms) / 1000:.3f}",
        uncertainty=f"{uncertainty_ms / 1000:.3f}",
    )


def _line(line: Line, words: Words, zone: ZoneInfo) -> str:
    r = line.result
    cells = [
        # The end of a recorder's path tells files apart, its begin hardly does.
        shorten(printable(r.path), _WIDTHS[0], head=4),
        "-" if r.size is None else size_text(r.size),
        local_text(r.start, zone),
        words(f"status.{r.status}"),
        r.sha256 or "-",
    ]
    return f"{'!' if line.marked else ' '} {_columns(cells)}".rstrip()


def _columns(cells: Sequence[str]) -> str:
    shown = [
        pad(shorten(cell, cells_), cells_, right=at == 1)
        for at, (cell, cells_) in enumerate(zip(cells, _WIDTHS, strict=True))
    ]
    return "  ".join(shown).rstrip()


def local_text(moment: str | None, zone: ZoneInfo) -> str:
    """An RFC 3339 time in a zone, to the second; a dash where it is unknown."""
    if moment is None:
        return "-"
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M:%S}"
