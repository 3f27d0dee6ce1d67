"""Many million clips on a PostgreSQL server: the rows of a filled one, repeated there under other names.

As `bench/catalogue_clone.py` does it in a file: clips, cases and links are whole and follow the first ones' pattern;
history, objects, words and counts are those of the first clips only. For measuring finding by number, nothing else.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from archive.catalogue.postgres.connecting import Link

# A number with so many digits, or more (PostgreSQL's lpad would cut it short).
_PADDED: Final = (
    "CREATE FUNCTION pg_temp.padded(bigint, int) RETURNS text LANGUAGE sql IMMUTABLE AS "
    "$$ SELECT lpad($1::text, greatest($2, length($1::text)), '0') $$"
)
_CLIP: Final = "'clip-' || pg_temp.padded(substr(clip, 6)::bigint + {clips}, 26)"
_CASE: Final = "'case-' || pg_temp.padded(substr({column}, 6)::bigint + {cases}, 26)"
_NUMBER: Final = "'2026-' || pg_temp.padded(substr(number, 6)::bigint + {cases}, 6)"
_START: Final = "to_timestamp((start_us + {us}) / 1000000) AT TIME ZONE 'UTC'"
_CHANGED: Final = {
    "clips": {
        "ingested_index": "ingested_index + {entries}",
        "clip": _CLIP,
        "start_us": "start_us + {us}",
        "start": f"""to_char({_START}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
        "sha256": "md5(random()::text) || md5(random()::text)",
        "cases": """'["2026-' || pg_temp.padded(substr(cases, 8, 6)::bigint + {cases}, 6) || '"]'""",
    },
    "cases": {
        "id": _CASE.replace("{column}", "id"),
        "opened_index": "opened_index + {entries}",
        "number": _NUMBER,
        "number_key": _NUMBER,
    },
    "links": {
        "case_id": _CASE.replace("{column}", "case_id"),
        "clip": _CLIP,
        "linked_index": "linked_index + {entries}",
        "clip_index": "clip_index + {entries}",
        "start_us": "start_us + {us}",
    },
}
_INDEX: Final = {"clips": "ingested_index", "cases": "opened_index", "links": "linked_index"}
_MINUTE: Final = 60_000_000  # microseconds: a clip a minute


def repeat(link: Link, clips: int, times: int) -> None:
    """Add as many clips as there are, so many times. Without indexes it is quicker."""
    (entries, cases) = link.execute(
        "SELECT (SELECT size FROM head), (SELECT count(*) FROM cases)"
    ).fetchone() or (0, 0)
    link.execute(_PADDED)
    for n in range(1, times + 1):
        by = {"entries": n * entries, "clips": n * clips, "cases": n * cases}
        for table in _CHANGED:
            _add(link, table, entries, {**by, "us": n * clips * _MINUTE})


def _add(link: Link, table: str, entries: int, by: dict[str, int]) -> None:
    columns = [
        str(name)
        for (name,) in link.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum",
            (table,),
        )
    ]
    values = [
        sql.SQL(_CHANGED[table][name]).format(**{key: sql.Literal(n) for key, n in by.items()})
        if name in _CHANGED[table]
        else sql.Identifier(name)
        for name in columns
    ]
    index = sql.Identifier(_INDEX[table])
    link.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} < {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(values),
            sql.Identifier(table),
            index,
            sql.Literal(entries),
        )
    )
