"""Other packages out of a good one: a byte flipped, a file swapped, manifests made anew."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PAYLOAD: Final = "manifest-sha256.txt"
TAGS: Final = "tagmanifest-sha256.txt"
Members = dict[str, bytes]  # path in the bag -> bytes, in the zip's order


def read(package: Path) -> tuple[str, Members]:
    """The bag's folder, and its files."""
    with zipfile.ZipFile(package) as zipped:
        names = zipped.namelist()
        top = names[0].partition("/")[0]
        return top, {name.partition("/")[2]: zipped.read(name) for name in names}


def write(
    path: Path, top: str, members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED
) -> Path:
    """A zip of these files in one folder."""
    with zipfile.ZipFile(path, "w", method) as zipped:
        for name, data in members.items():
            zipped.writestr(f"{top}/{name}", data)
    return path


def flipped(data: bytes, at: int | None = None) -> bytes:
    """The same with one bit of one byte changed; in the middle where nothing else is said."""
    place = len(data) // 2 if at is None else at
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def with_manifests(members: Mapping[str, bytes]) -> Members:
    """With both manifests as these files ask, as a forger would make them."""
    made = dict(members)
    made[PAYLOAD] = _manifest(made, PAYLOAD, [n for n in made if n.startswith("data/")])
    tags = [n for n in made if not n.startswith("data/") and n != TAGS]
    made[TAGS] = _manifest(made, TAGS, tags)
    return made


def _manifest(members: Members, name: str, listed: list[str]) -> bytes:
    """In the order that it has: one that says the same is the same."""
    lines = members[name].decode().splitlines()
    order = {line.partition("  ")[2]: place for place, line in enumerate(lines)}
    listed.sort(key=lambda path: order.get(path, len(order)))
    return "".join(
        f"{hashlib.sha256(members[path]).hexdigest()}  {path}\n" for path in listed
    ).encode()
