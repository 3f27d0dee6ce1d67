"""Rows of findings on objects into their table. See writing.py."""

from __future__ import annotations

from archive.catalogue.projected import Row
from archive.catalogue.statements import Writer, replace, run


def write_damaged(connection: Writer, damaged: dict[str, Row | int]) -> None:
    """Open and close findings; one that was opened later than what is closed stays."""
    gone = [{"digest": d, "closes": word} for d, word in damaged.items() if isinstance(word, int)]
    run(
        connection,
        'DELETE FROM damaged_objects WHERE digest = :digest AND "index" <= :closes',
        gone,
    )
    found = [word for word in damaged.values() if not isinstance(word, int)]
    replace(connection, "damaged_objects", found, key="digest")
