"""`docking list|show|cancel`."""

from __future__ import annotations

from dataclasses import asdict

from archive.catalogue.rows import DockingRow
from archive.errors import ArchiveBusyError
from archive.store.area import Area, recorder_area
from ingest.errors import UnknownDockingError
from muniment import receipt as receipts
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import NotRunningError
from muniment.opening import reading, writing
from muniment.work import Work


def list_dockings(asked: Asked, limit: int | None) -> Answer:
    """All dockings, newest first."""
    with reading(asked) as archive:
        rows = archive.catalogue.dockings(limit)
        zone = archive.settings.zone
    if not rows:
        return Answer(document={"dockings": []}, text=asked.words("dockings.none"))
    lines = table(
        asked.words("dockings.head").split("|"),
        [
            [
                receipts.local_text(row.started_at, zone),
                row.recorder or "-",
                *("-" if n is None else str(n) for n in (row.ingested, row.known, _not_taken(row))),
                receipts.local_text(row.ended_at, zone)
                if row.ended_at
                else asked.words("dockings.running"),
                row.id,
            ]
            for row in rows
        ],
        flush_right=(2, 3, 4),
        cells=asked.cells,
    )
    return Answer(document={"dockings": [asdict(row) for row in rows]}, text="\n".join(lines))


def _not_taken(row: DockingRow) -> int | None:
    """As the station's board counts: a clip that is there in part only was not taken."""
    return None if row.refused is None else row.refused + (row.partial or 0)


def show_docking(asked: Asked, docking: str) -> Answer:
    """A receipt again. Raises UnknownDockingError."""
    with reading(asked) as archive:
        row = archive.catalogue.docking(docking)
        if row is None:
            raise UnknownDockingError(f"there is no docking {printable(docking)}")
        clips = archive.catalogue.docking_clips(docking)
        readings = archive.catalogue.clock_readings(row.recorder_id) if row.recorder_id else []
        shown = receipts.again(row, clips, archive.reader.checkpoint(), readings)
        zone = archive.settings.zone
    document = receipts.document(shown) | {
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "stopped": row.stopped,
    }
    return Answer(document=document, text=receipts.text(shown, asked.words, zone, asked.language))


def cancel_docking(asked: Asked, docking: str) -> Answer:
    """Ask a docking that runs to stop; it notes how far it is and gives its receipt.

    Raises:
        UnknownDockingError, NotRunningError: nothing was stopped.
    """
    with writing(asked) as archive:
        row = archive.catalogue.docking(docking)
        if row is None:
            raise UnknownDockingError(f"there is no docking {printable(docking)}")
        if row.ended_at is not None or row.recorder_id is None:
            raise NotRunningError(f"docking {docking} ended at {row.ended_at}")
        try:
            Area(archive.store.incoming, recorder_area(row.recorder_id), archive.disk).close()
        except ArchiveBusyError:
            pass  # somebody docks this recorder now: that is the one
        else:
            raise NotRunningError(
                f"docking {docking} was killed before it ended: dock the recorder again"
            )
        if not Work(archive.root).ask_to_stop(docking, row.recorder_id):
            raise NotRunningError("work.db cannot be written: the docking cannot be told")
    text = asked.words("dockings.cancelled", docking=docking)
    return Answer(document={"docking": docking, "asked": True}, text=text)
