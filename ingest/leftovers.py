"""What is still in a recorder's area when a docking has seen everything on the recorder.

A part of a clip that is still there stays, and goes on next time. A part whose clip has gone from the recorder is the
only copy of those bytes: it becomes an object of its own, named by an entry.
"""

from __future__ import annotations

import hashlib

from archive.events import Event
from archive.opening import Archive
from archive.recovery import set_aside
from archive.store.area import Area
from archive.store.part import part_name
from archive.store.staged import Staged
from devices.clips import FoundClip


def set_aside_parts(
    archive: Archive, area: Area, found: list[FoundClip], docking: str, actor: str
) -> list[Event]:
    """Make objects of parts that no clip on the recorder belongs to any more; returns the events that name them.

    The caller appends the events, then calls `clear_area`.

    Raises:
        OSError: the medium failed; everything is where it was.
    """
    wanted = {part_name(f.path, f.size, f.mtime_ns) for f in found}
    gone = [n for n in area.names() if n.suffix == ".part" and n.name not in wanted]
    if not gone:
        return []
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
    return [set_aside(item, subject=docking, actor=actor, why="clip_gone") for item in staged]


def clear_area(archive: Archive, area: Area) -> None:
    """After a docking whose every entry is durable: names of objects go, and parts that nobody can go on with."""
    for name in area.names():
        journal = name.with_suffix(".journal")
        if name.suffix == ".journal":
            if not name.with_suffix(".part").exists():
                area.remove(name)
        elif archive.store.committed(name) is not None:
            area.remove(name)
            area.remove(journal)
        elif name.suffix != ".part" or not journal.exists():
            area.remove(name)
