"""Sizes and lengths for people. Pure: no web framework, because the command line says them too."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def length_of(seconds: float) -> str:
    """A length as 1:02:03.4; the tenth only where a short clip needs it."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest // 10:02}"
    return f"{minutes}:{rest // 10:02}.{rest % 10}"


def bytes_of(size: int) -> str:
    """A size in the unit people use for it (powers of 1000)."""
    value, at = float(size), 0
    while value >= 999.5 and at < len(_UNITS) - 1:
        value, at = value / 1000, at + 1
    return (
        f"{size} B"
        if at == 0
        else f"{value:.3g} {_UNITS[at]}"
        if value < 100
        else f"{value:.0f} {_UNITS[at]}"
    )
