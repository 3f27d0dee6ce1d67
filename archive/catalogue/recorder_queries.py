"""Questions about recorders: who had one when, what its clock did, whether there are two of it."""

from __future__ import annotations

import json
from typing import Any, Final

from archive.catalogue.reading import Names, Reading
from archive.catalogue.rows import Assignment, ClockRow, Twins

_ASSIGNMENTS: Final = """
SELECT "index", officer_id, unit_id, "from", from_us, reason, assigned_at, actor, handed_by
  FROM assignments WHERE recorder_id = :recorder ORDER BY from_us, "index"
"""
_CLOCK: Final = (
    'SELECT r."index", r.recorder_id, r.docking, r.was_set, r.host, r.host_us, r.offset_us, r.uncertainty_us, '
    "r.drift_ms_per_day, r.drift_uncertainty, r.raw FROM clock_readings r "
)
_READINGS: Final = f'{_CLOCK} WHERE r.recorder_id = :recorder ORDER BY r."index" DESC LIMIT :most'
# Of each recorder the newest measure of its drift.
_DRIFTING: Final = (
    f"{_CLOCK} WHERE abs(r.drift_ms_per_day) - r.drift_uncertainty > :most "  # noqa: S608 - no value in it
    'AND r."index" = (SELECT max(n."index") FROM clock_readings n '
    'WHERE n.recorder_id = r.recorder_id AND n.drift_ms_per_day IS NOT NULL) ORDER BY r."index"'
)
# Of each recorder the newest notice, where the register said nothing about it since.
_TWINS: Final = """
SELECT t.recorder_id, t.ports, t.noticed_at FROM twins t
 WHERE t."index" = (SELECT max(n."index") FROM twins n WHERE n.recorder_id = t.recorder_id)
   AND NOT EXISTS (SELECT 1 FROM custody u WHERE u.subject = t.recorder_id AND u."index" > t."index"
                   AND u.type IN ('recorder.assigned', 'recorder.registered'))
 ORDER BY t."index"
"""


class RecorderQueries(Reading):
    """See the module."""

    def assignments(self, recorder_id: str) -> list[Assignment]:
        """Who has had a recorder, in the order in which it holds; of two from one moment the later word counts."""
        rows = self._rows(_ASSIGNMENTS, recorder=recorder_id)
        return [
            Assignment(
                index=index,
                officer_id=officer,
                unit_id=unit,
                from_=since,
                from_us=since_us,
                reason=reason,
                assigned_at=assigned_at,
                actor=actor,
                handed_by=handed_by,
            )
            for index, officer, unit, since, since_us, reason, assigned_at, actor, handed_by in rows
        ]

    def clock_readings(self, recorder_id: str, limit: int | None = None) -> list[ClockRow]:
        """What a recorder's clock did, newest first."""
        names = self._names_now()
        most = -1 if limit is None else limit
        return [
            _clock(row, names) for row in self._rows(_READINGS, recorder=recorder_id, most=most)
        ]

    def drifting(self, most_ms_per_day: int) -> list[ClockRow]:
        """Recorders whose clock, when it was measured last, drifted more than this beyond doubt."""
        names = self._names_now()
        return [_clock(row, names) for row in self._rows(_DRIFTING, most=most_ms_per_day)]

    def had_twins(self, recorder_id: str) -> bool:
        """Whether another recorder of the same serial was ever noticed beside this one."""
        found = self._one("SELECT 1 FROM twins WHERE recorder_id = :id LIMIT 1", id=recorder_id)
        return found is not None

    def second_serial(self, recorder_id: str, source_kind: str) -> str | None:
        """What a recorder's own protocol called it last, over this kind of connection."""
        found = self._one(
            "SELECT second_serial FROM dockings WHERE recorder_id = :id AND source_kind = :kind "
            "AND second_serial IS NOT NULL ORDER BY started_index DESC LIMIT 1",
            id=recorder_id,
            kind=source_kind,
        )
        return None if found is None else str(found[0])

    def twins(self) -> list[Twins]:
        """Recorders that have a twin, about which the register said nothing since: one for each recorder."""
        names = self._names_now()
        return [
            Twins(
                recorder_id=recorder,
                recorder=names.serials.get(recorder),
                ports=tuple(json.loads(ports)),
                noticed_at=noticed_at,
            )
            for recorder, ports, noticed_at in self._rows(_TWINS)
        ]


def _clock(row: tuple[Any, ...], names: Names) -> ClockRow:
    return ClockRow(
        index=row[0],
        recorder_id=row[1],
        recorder=names.serials.get(row[1]),
        docking=row[2],
        was_set=bool(row[3]),
        host=row[4],
        host_us=row[5],
        offset_us=row[6],
        uncertainty_us=row[7],
        drift_ms_per_day=row[8],
        drift_uncertainty=row[9],
        raw=row[10],
    )
