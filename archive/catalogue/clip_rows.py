"""The database's rows of clips as values, with ids' names looked up. Decides nothing."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from archive.catalogue.reading import Names
from archive.catalogue.rows import ClipRow


@lru_cache(maxsize=8192)
def listed(text: str) -> tuple[str, ...]:
    """The texts of a JSON list."""
    return tuple(json.loads(text))


def clip_rows(rows: list[tuple[Any, ...]], names: Names) -> list[ClipRow]:
    """Rows of CLIP_COLUMNS with ids' names looked up. Positional: this is the hot loop of every search."""
    serials, badges, units = names.serials, names.badges, names.units
    return [
        ClipRow._make(
            (
                r[0],
                r[1],
                r[2],
                serials.get(r[3]),
                r[3],
                badges.get(r[4]),
                r[4],
                units.get(r[5]),
                r[5],
                *r[6:18],
                None if r[18] is None else r[18] / 1_000_000,
                *r[19:24],
                r[24] == 1,
                listed(r[25]),
                r[26] == 1,
                r[27] == 1,
                r[28] == 1,
                r[29] == 1,
                r[30],
                r[31],
                listed(r[32]),
                r[33],
                r[34] is not None,
                r[35],
                r[36],
                r[37] is not None,
                r[38] == 1,
                r[39],
                tuple(r[41].split(",")) if r[41] else (),
                r[40],
            )
        )
        for r in rows
    ]
