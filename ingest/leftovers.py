"""What is still in a recorder's area when a docking has seen everything on the recorder.

A part of a clip that is to be taken still stays, and goes on next time. Another may be the only copy of its bytes: it
becomes an object of its own, named by an entry. Where that object is there and named already (a power cut brought back
a part whose removal was not on the medium) its name goes, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from archive.events import Event
from archive.opening import Archive
from archive.recovery import set_aside
from archive.store.area import Area
from archive.store.part import part_name
from archive.store.staged import Staged
from devices.clips import FoundClip


def set_aside_parts(
    archive: Archive, area: Area, wanted: list[FoundClip], docking: str, actor: str
) -> tuple[list[Event], list[Path]]:
    """Make objects of parts that no docking goes on with; returns the events that name them, and the parts.

    The caller appends the events, then calls `clear_area`.

    Args:
        archive: whose store takes them.
        area: the recorder's, held.
        wanted: what was on the recorder and was not known; a part of one that failed goes on next time.
        docking: which one.
        actor: who docks.

    Raises:
        OSError: the medium failed; everything is where it was.
    """
    kept = {part_name(f.path, f.size, f.mtime_ns) for f in wanted}
    gone = [n for n in area.names() if n.suffix == ".part" and n.name not in kept]
    if not gone:
        return [], []
    file_system = archive.store.file_system()
    staged: list[Staged] = []
    try:
        for name in gone:
            with name.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                archive.disk.chmod(file.fileno(), 0o444)
            staged.append(Staged(path=name, digest=digest, size=name.stat().st_size))
        archive.store.commit(staged, file_system)
    finally:
        archive.disk.close(file_system)
    new = [item for item in staged if not archive.is_named(item.digest)]
    return [set_aside(item, subject=docking, actor=actor, why="clip_gone") for item in new], gone


def clear_area(archive: Archive, area: Area, over: Collection[Path]) -> None:
    """After a docking whose every entry is durable: names of objects go, and parts that nobody can go on with.

    Args:
        archive: whose store has the objects.
        area: the recorder's, held.
        over: parts that are objects now.
    """
    for name in area.names():
        journal = name.with_suffix(".journal")
        if name in over:
            area.remove(name)
            area.remove(journal)
        elif name.suffix == ".journal":
            if not name.with_suffix(".part").exists():
                area.remove(name)
        elif archive.store.committed(name) is not None:
            area.remove(name)
            area.remove(journal)
        elif name.suffix != ".part" or not journal.exists():
            area.remove(name)
