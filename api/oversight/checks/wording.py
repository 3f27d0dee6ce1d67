"""Findings of a check in words, which the page and the command line share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.messages import Lang, say
from oversight.checks.findings import Finding


def said(found: Finding, lang: Lang, zone: ZoneInfo) -> str:
    """What is wrong."""
    values: dict[str, Any] = {
        "by": _length(found.by_us or 0, lang),
        "begin": _moment(found.from_us, zone),
        "end": _moment(found.to_us, zone, beside=found.from_us),
        "undated": found.undated,
    }
    key = f"check.{found.code}"
    if found.code == "missing":
        key += ".at" if found.from_us is not None else ""
    text = say(lang, key, **values)
    return text + (say(lang, "check.undated", **values) if found.undated else "")


def cure(found: Finding, lang: Lang) -> str:
    """What would mend it."""
    return say(lang, f"check.{found.code}.cure")


def _length(microseconds: int, lang: Lang) -> str:
    seconds = -(-microseconds // 1_000_000)
    minutes, rest = divmod(seconds, 60)
    if minutes and not rest:
        return say(lang, "check.minutes", minutes=minutes)
    key = "check.minutes_seconds" if minutes else "check.seconds"
    return say(lang, key, minutes=minutes, seconds=rest)


def _moment(at: int | None, zone: ZoneInfo, *, beside: int | None = None) -> str:
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at // 1_000_000, UTC).astimezone(zone)
    if beside is not None:
        before = datetime.fromtimestamp(beside // 1_000_000, UTC).astimezone(zone)
        if before.date() == local.date():
            return f"{local:%H:%M:%S}"
    return f"{local:%Y-%m-%d %H:%M:%S}"
