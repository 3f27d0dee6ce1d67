"""Folder names for the volumes of a recorder that has several. Pure.

Holds for any labels: each name is one path component that is not ``.`` or ``..``, no two are the same, and the same
volumes in the same order have the same names at every docking.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LONGEST: Final = 64  # characters


def folder_names(labels: Sequence[str | None]) -> list[bytes]:
    """A folder's name for each volume: its label, or ``volume-1`` and so on."""
    taken: dict[str, int] = {}
    names: list[bytes] = []
    for number, label in enumerate(labels, start=1):
        wanted = _safe(label or "") or f"volume-{number}"
        name, again = wanted, 1
        while name.casefold() in taken:
            again += 1
            name = f"{wanted}-{again}"
        taken[name.casefold()] = number
        names.append(name.encode())
    return names


def _safe(label: str) -> str:
    shown = "".join("_" if c in "/\\" or not c.isprintable() else c for c in label)
    text = shown.strip()[:_LONGEST].strip()
    return "" if set(text) <= set("._�") else text
