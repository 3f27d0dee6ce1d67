"""Questions about timestamps: all, the newest, and how much they cover."""

from __future__ import annotations

from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import TimestampRow

_COLUMNS: Final = (
    'SELECT t."index", t.size, t.authority, t.own, t."time", t.time_us, t.imprint, t.policy, t.serial, '
    "t.accuracy_ms, t.synchronised, t.checkpoint, t.token, t.chain, t.ca, t.renews FROM timestamps t "
)


class TimestampQueries(Reading):
    """See the module."""

    def timestamps(self, *, after: int = -1) -> list[TimestampRow]:
        """Tokens of entries after this index, in ledger order."""
        rows = self._rows(f'{_COLUMNS} WHERE t."index" > :after ORDER BY t."index"', after=after)
        return [_timestamp(row) for row in rows]

    def newest_timestamps(self) -> dict[str, TimestampRow]:
        """Of each authority its newest token."""
        found = self._rows(
            f'{_COLUMNS} WHERE t."index" = (SELECT max(n."index") FROM timestamps n '  # noqa: S608 - no value in it
            'WHERE n.authority = t.authority) ORDER BY t."index"'
        )
        return {row.authority: row for row in map(_timestamp, found)}

    def newest_outside_timestamp(self) -> TimestampRow | None:
        """The newest token of an authority that is not this agency's own."""
        row = self._one(f'{_COLUMNS} WHERE t.own = FALSE ORDER BY t."index" DESC LIMIT 1')
        return None if row is None else _timestamp(row)

    def covered_by_timestamps(self) -> dict[str, int]:
        """Of each authority how many entries its tokens cover."""
        rows = self._rows("SELECT t.authority, max(t.size) FROM timestamps t GROUP BY t.authority")
        return {str(authority): int(size) for authority, size in rows}


def _timestamp(row: tuple[Any, ...]) -> TimestampRow:
    return TimestampRow(
        index=row[0],
        size=row[1],
        authority=row[2],
        own=bool(row[3]),
        time=row[4],
        time_us=row[5],
        imprint=row[6],
        policy=row[7],
        serial=row[8],
        accuracy_ms=row[9],
        synchronised=None if row[10] is None else bool(row[10]),
        checkpoint=row[11],
        token=row[12],
        chain=row[13],
        ca=row[14],
        renews=row[15],
    )
