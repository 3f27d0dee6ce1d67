"""Questions about dockings and what a receipt lists."""

from __future__ import annotations

from typing import Any, Final

from archive.catalogue.reading import Names, Reading
from archive.catalogue.rows import DockingClipRow, DockingRow

_DOCKING: Final = (
    "SELECT d.id, d.started_index, d.started_at, d.station, d.recorder_id, d.officer_id, d.unit_id, "
    "k.number, d.case_id, d.source_kind, d.source, d.profile, d.registered, d.entries, d.reread, "
    "d.ended_at, d.ingested, d.known, d.refused, d.partial, d.quarantined, d.bytes, d.milliseconds, "
    "d.late, d.stopped, d.port, d.battery, d.make, d.model, d.firmware, d.second_serial "
    "FROM dockings d LEFT JOIN cases k ON k.id = d.case_id "
)
_CLIPS: Final = """
SELECT ingested_index, path, path_base64, size, sha256, clip,
       CASE WHEN quarantined = TRUE OR accepted_index IS NOT NULL THEN 'quarantined' ELSE 'ingested' END,
       NULL, NULL, start, marked, late
  FROM clips WHERE docking = :docking
UNION ALL
SELECT s."index", c.path, c.path_base64, c.size, c.sha256, s.clip, 'known', NULL, NULL, c.start, c.marked, c.late
  FROM sightings s LEFT JOIN clips c ON c.clip = s.clip WHERE s.docking = :docking
UNION ALL
SELECT "index", path, path_base64, NULL, NULL, NULL,
       CASE WHEN partial = TRUE THEN 'partial' ELSE 'refused' END, code, reason, NULL, FALSE, FALSE
  FROM refusals WHERE docking = :docking
ORDER BY 1
"""


class DockingQueries(Reading):
    """See the module."""

    def docking(self, docking_id: str) -> DockingRow | None:
        """One docking by id."""
        row = self._one(f"{_DOCKING} WHERE d.id = :id", id=docking_id)
        return None if row is None else _docking(row, self._names_now())

    def dockings(self, limit: int | None = None) -> list[DockingRow]:
        """Dockings, newest first."""
        rows = self._rows(
            f"{_DOCKING} ORDER BY d.started_index DESC LIMIT :most",
            most=-1 if limit is None else limit,
        )
        names = self._names_now()
        return [_docking(row, names) for row in rows]

    def secured_bytes(self, since: str) -> int:
        """Bytes that dockings brought which started at or after a moment (RFC 3339 UTC)."""
        found = self._one(
            "SELECT coalesce(sum(bytes), 0) FROM dockings WHERE started_at >= :since", since=since
        )
        return 0 if found is None else int(found[0])

    def docking_clips(self, docking_id: str) -> list[DockingClipRow]:
        """The lines of a receipt, in the order in which the ledger says so."""
        return [
            DockingClipRow(
                index=r[0],
                path=r[1],
                path_base64=r[2],
                size=r[3],
                sha256=r[4],
                clip=r[5],
                status=r[6],
                code=r[7],
                reason=r[8],
                start=r[9],
                marked=bool(r[10]),
                late=bool(r[11]),
            )
            for r in self._rows(_CLIPS, docking=docking_id)
        ]


def _docking(row: tuple[Any, ...], names: Names) -> DockingRow:
    return DockingRow(
        id=row[0],
        started_index=row[1],
        started_at=row[2],
        station=row[3],
        recorder=names.serials.get(row[4]),
        recorder_id=row[4],
        officer=names.badges.get(row[5]),
        officer_id=row[5],
        unit=names.units.get(row[6]),
        unit_id=row[6],
        case=row[7],
        case_id=row[8],
        source_kind=row[9],
        source=row[10],
        profile=row[11],
        registered=bool(row[12]),
        entries=row[13],
        reread=bool(row[14]),
        ended_at=row[15],
        ingested=row[16],
        known=row[17],
        refused=row[18],
        partial=row[19],
        quarantined=row[20],
        bytes=row[21],
        milliseconds=row[22],
        late=row[23],
        stopped=row[24],
        port=row[25],
        battery=row[26],
        make=row[27],
        model=row[28],
        firmware=row[29],
        second_serial=row[30],
    )
