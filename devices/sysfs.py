r"""Attributes in /sys, as bounded values. They come from whoever made the thing that was plugged in.

Holds for any bytes in any attribute: a value or None, never an error; text has no control characters and no lone
surrogates (both are shown as ``\xNN``), and is short. Writes nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_LONGEST: Final = (
    1024  # bytes; a USB string has at most 126 UTF-16 units (USB 2.0, 9.6.7), a line at most 4096
)
_DECIMAL: Final = re.compile(rb"[0-9]{1,20}")
_HEX: Final = re.compile(rb"[0-9a-fA-F]{1,16}")


def text(path: Path) -> str | None:
    """An attribute's text for people; None where there is none, or nothing in it."""
    raw = _read(path)
    if raw is None:
        return None
    shown = raw.decode(errors="backslashreplace")
    safe = "".join(c if c.isprintable() else _escaped(c) for c in shown.strip(" \t\r\n\0"))
    return safe or None


def decimal(path: Path) -> int | None:
    """A decimal attribute; None where there is none."""
    raw = _read(path)
    return int(raw.strip()) if raw is not None and _DECIMAL.fullmatch(raw.strip()) else None


def hexadecimal(path: Path) -> int | None:
    """An attribute in hexadecimal without a prefix; None where there is none."""
    raw = _read(path)
    return int(raw.strip(), 16) if raw is not None and _HEX.fullmatch(raw.strip()) else None


def names(folder: Path) -> list[str]:
    """The names in a folder of /sys, in order; none where the folder is not there."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return []


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb", buffering=0) as file:
            return file.read(_LONGEST)
    except OSError:
        return None


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
