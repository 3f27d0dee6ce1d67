"""What is mounted, as proc_pid_mountinfo(5) tells it of our own mount namespace. Reads only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TABLE: Final = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of the table."""

    number: str  # of the block device: "8:17"
    at: bytes  # where it is mounted
    kind: str  # "vfat"
    read_only: bool  # this mount, or the file system everywhere


def mounts() -> list[Mount]:
    """Everything that is mounted, in the order in which it was."""
    return parse(_TABLE.read_bytes())


def parse(table: bytes) -> list[Mount]:
    """The table's lines; one that cannot be read is left out."""
    found = (_mount(line) for line in table.splitlines())
    return [mount for mount in found if mount is not None]


def _mount(line: bytes) -> Mount | None:
    before, separator, after = line.partition(b" - ")
    ours, theirs = before.split(b" "), after.split(b" ")
    if not separator or len(ours) < 6 or len(theirs) < 3:
        return None
    return Mount(
        number=ours[2].decode(errors="replace"),
        at=_ESCAPED.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), ours[4]),
        kind=theirs[0].decode(errors="replace"),
        read_only=b"ro" in ours[5].split(b",") or b"ro" in theirs[2].split(b","),
    )
