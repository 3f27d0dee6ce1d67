"""Questions about what waits for a person: clips in quarantine, officers in dispute."""

from __future__ import annotations

from typing import Final

from archive.catalogue.clip_rows import clip_rows
from archive.catalogue.reading import Reading
from archive.catalogue.rows import ClipRow, Dispute, Quarantined
from archive.catalogue.search import CLIP_COLUMNS

_QUARANTINED: Final = (
    "SELECT c.docking, min(d.started_at), min(c.recorder_id), min(d.officer_id), count(*), sum(c.size) "
    "FROM clips c LEFT JOIN dockings d ON d.id = c.docking "
    "WHERE c.quarantined = TRUE AND c.docking IS NOT NULL "
    "GROUP BY c.docking ORDER BY min(c.ingested_index)"
)


class WaitingQueries(Reading):
    """See the module."""

    def quarantined(self) -> list[Quarantined]:
        """Dockings with clips that wait to be accepted, oldest first."""
        names = self._names_now()
        return [
            Quarantined(
                docking=docking,
                started_at=started_at,
                recorder=names.serials.get(recorder),
                recorder_id=recorder,
                officer=names.badges.get(officer),
                clips=clips,
                bytes=size,
            )
            for docking, started_at, recorder, officer, clips, size in self._rows(_QUARANTINED)
        ]

    def clips_of(self, docking: str, *, quarantined: bool | None = None) -> list[ClipRow]:
        """The clips that a docking brought, in the order of the ledger; those in quarantine, the others, or all."""
        where = "" if quarantined is None else f" AND c.quarantined = {str(quarantined).upper()}"
        rows = self._rows(
            f"SELECT {CLIP_COLUMNS} FROM clips c WHERE c.docking = :docking{where} "  # noqa: S608 - no value in it
            "ORDER BY c.ingested_index",
            docking=docking,
        )
        return clip_rows(rows, self._names_now())

    def disputes(self, docking: str | None = None) -> list[Dispute]:
        """Disputes that nobody settled, oldest first; of one docking, or of all."""
        rows = self._rows(
            'SELECT "index", docking, recorder_id, assigned, carried, "by", clips, disputed_at '
            "FROM disputes WHERE settled_index IS NULL "
            'AND (:docking IS NULL OR docking = :docking) ORDER BY "index"',
            docking=docking,
        )
        names = self._names_now()
        return [
            Dispute(
                index=index,
                docking=of,
                recorder=names.serials.get(recorder),
                recorder_id=recorder,
                assigned=names.badges.get(assigned),
                assigned_id=assigned,
                carried=names.badges.get(carried),
                carried_id=carried,
                by=by,
                clips=clips,
                disputed_at=disputed_at,
            )
            for index, of, recorder, assigned, carried, by, clips, disputed_at in rows
        ]
