"""Media facts in sentences: what is wrong, what a repair recovered and lost, what checks noticed. Looks nothing up.

What always holds: a number that a file does not tell is left out, never made up; a code without words is shown as it
is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.figures import bytes_of
from api.mediafacts import Facts, faults
from api.messages import Lang, has, name_of, say
from archive.catalogue.rows import Assessment

_US: Final = 1_000_000
_MOST_DROPPED: Final = 50  # ranges of a report that a page lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence, and where in the film that is, in seconds."""

    words: str
    begin: float | None = None
    end: float | None = None

    @property
    def at(self) -> str:
        """Where it begins, for people."""
        return "" if self.begin is None else moment(self.begin)


def moment(seconds: float) -> str:
    """A place in a film, to the millisecond."""
    ms = round(seconds * 1000)
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    begin = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{begin}:{rest // 1000:02}.{rest % 1000:03}"


def damage(lang: Lang, facts: Facts, codes: Sequence[str]) -> list[Said]:
    """What is wrong, a sentence each; by the codes alone where the facts do not say more."""
    if codes and facts.get("size") == 0:
        return [Said(words=say(lang, "fault.empty"))]
    found = faults(facts) or [{"code": code} for code in codes]
    return [_fault(lang, fault) for fault in found]


def _fault(lang: Lang, fault: Mapping[str, Any]) -> Said:
    code = str(fault.get("code"))
    base = say(lang, f"fault.{code}") if has(f"fault.{code}") else name_of(lang, "damage", code)
    parts = [part for part in _parts(lang, code, fault) if part]
    words = base
    if parts:
        words += say(lang, "fault.colon") + say(lang, "fault.sep").join(parts)
    begin, end = _number(fault.get("from_us")), _number(fault.get("to_us"))
    return Said(
        words=words + say(lang, "fault.stop"),
        begin=None if begin is None else begin / _US,
        end=None if end is None else end / _US,
    )


def _parts(lang: Lang, code: str, fault: Mapping[str, Any]) -> list[str]:
    parts: list[str] = []
    if fault.get("detail"):
        parts.append(name_of(lang, "detail", str(fault["detail"])))
    pid, count = _number(fault.get("pid")), _number(fault.get("count"))
    if pid is not None:
        parts.append(say(lang, "fault.pid", pid=pid))
    if count is not None:
        key = f"fault.count.{code}"
        parts.append(say(lang, key if has(key) else "fault.count", count=f"{count:,}"))
    parts.append(_span(lang, code, fault))
    begin, end = _number(fault.get("from")), _number(fault.get("to"))
    if begin is not None and end is not None:
        key = "fault.bytes.missing" if code == "cut_off" else "fault.bytes"
        size = bytes_of(max(0, end - begin))
        parts.append(say(lang, key, begin=f"{begin:,}", end=f"{end:,}", size=size))
    elif begin:  # from the first byte on is the whole file
        parts.append(say(lang, "fault.bytes.from", begin=f"{begin:,}"))
    return parts


def _span(lang: Lang, code: str, fault: Mapping[str, Any]) -> str:
    begin, end = _number(fault.get("from_us")), _number(fault.get("to_us"))
    if begin is None:
        return ""
    at = moment(begin / _US)
    if end is None:
        return say(lang, "fault.time.from", begin=at)
    values = {"begin": at, "end": moment(end / _US)}
    if code == "cut_off":
        return say(lang, "fault.last", seconds=f"{(end - begin) / _US:.1f}", **values)
    return say(lang, "fault.time", **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a repair report says."""

    complete: bool
    headline: str  # "complete", "partial", or "all_found": of what may not be all there was
    method: str
    recovered: str
    lost: str
    verified: str
    notes: list[str]
    reference: str | None
    kept: list[str]
    dropped: list[tuple[str, str]]


def repaired(lang: Lang, report: Mapping[str, Any]) -> Repaired:
    """A repair report in words."""
    got, lost = _mapping(report.get("recovered")), _mapping(report.get("lost"))
    checked = _mapping(report.get("verified"))
    dropped = [r for r in _list(report.get("dropped")) if isinstance(r, list) and len(r) == 3]
    kept = [r for r in _list(report.get("kept")) if isinstance(r, list) and len(r) == 2]
    reference = report.get("reference")
    return Repaired(
        complete=report.get("complete") is True,
        headline=_headline(report, lost),
        method=name_of(lang, "method", str(report.get("method"))),
        recovered=say(
            lang,
            "repair.recovered.what",
            seconds=f"{(_number(got.get('us')) or 0) / _US:.3f}",
            frames=f"{_number(got.get('frames')) or 0:,}",
            sound=f"{_number(got.get('audio_frames')) or 0:,}",
            bytes=bytes_of(_number(got.get("bytes")) or 0),
        ),
        lost=_lost(lang, lost),
        verified=say(
            lang,
            "repair.verified.what",
            frames=f"{_number(checked.get('frames')) or 0:,}",
            errors=_number(checked.get("errors")) or 0,
        ),
        notes=[name_of(lang, "note", str(code)) for code in _list(report.get("notes"))],
        reference=reference if isinstance(reference, str) else None,
        kept=[_range(r) for r in kept[:_MOST_DROPPED]],
        dropped=[(_range(r), name_of(lang, "dropped", str(r[2]))) for r in dropped[:_MOST_DROPPED]],
    )


def _headline(report: Mapping[str, Any], lost: Mapping[str, Any]) -> str:
    if report.get("complete") is True:
        return "complete"
    known = [_number(lost.get(name)) for name in ("us", "frames", "bytes")]
    something = any(known) or "resumed_after_loss" in _list(report.get("notes"))
    return "partial" if something or known[-1] is None else "all_found"


def _lost(lang: Lang, lost: Mapping[str, Any]) -> str:
    us, frames, size = (_number(lost.get(name)) for name in ("us", "frames", "bytes"))
    parts: list[str] = []
    if us is not None:
        parts.append(say(lang, "repair.lost.time", seconds=f"{us / _US:.3f}"))
    if frames is not None:
        parts.append(say(lang, "repair.lost.frames", frames=f"{frames:,}"))
    if size is not None:
        parts.append(say(lang, "repair.lost.bytes", bytes=bytes_of(size)))
    if us is None:
        parts.append(say(lang, "repair.lost.unknown"))
    return say(lang, "fault.sep").join(parts)


def findings(lang: Lang, seen: Assessment) -> list[Said]:
    """What the checks of picture and sound noticed."""
    return [
        Said(
            words=f"{name_of(lang, 'finding', f.code)} "
            f"{moment(f.from_ms / 1000)} – {moment(f.to_ms / 1000)}",
            begin=f.from_ms / 1000,
            end=f.to_ms / 1000,
        )
        for f in seen.findings
    ]


def _range(pair: Sequence[Any]) -> str:
    begin, end = _number(pair[0]) or 0, _number(pair[1]) or 0
    return f"{begin:,} – {end:,} ({bytes_of(max(0, end - begin))})"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
