"""Rows of findings on objects into their table. See writing.py."""

from __future__ import annotations

from archive.catalogue.projected import Row
from archive.catalogue.statements import Writer, replace, run


def write_damaged(connection: Writer, damaged: dict[str, Row | None]) -> None:
    """Open and close findings; a later word on an object takes the place of an earlier one."""
    gone = [{"digest": digest} for digest, row in damaged.items() if row is None]
    run(connection, "DELETE FROM damaged_objects WHERE digest = :digest", gone)
    found = [row for row in damaged.values() if row is not None]
    replace(connection, "damaged_objects", found, key="digest")
