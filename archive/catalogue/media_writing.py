"""What examining and deriving said, into tables: facts, what is due, failures, assessments, recordings.

What always holds: the newest word on a subject stands; a kind is due from the examination that says so until it is
made, failed or assessed. See writing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archive.catalogue.projected import Row, Rows
from archive.catalogue.statements import Writer, chunks, insert, marks, replace, run
from archive.catalogue.times import container_start

_EXAMINED: Final = (
    *("examined_index", "container", "duration_us", "video", "audio", "width", "height", "rate"),
    *("damaged", "damage", "playable", "facts", "facts_size", "protected"),
)


def write_media(connection: Writer, rows: Rows) -> list[str]:
    """Write what one stretch of the ledger says of media; answers with the clips whose start it moved."""
    moved = _write_examined(connection, rows.examined)
    insert(connection, "renditions", rows.renditions)
    _write_due(connection, rows)
    _write_failures(connection, rows.failures)
    replace(connection, "assessments", list(rows.assessments.values()), key="clip")
    _write_recordings(connection, rows)
    return moved


def _write_examined(connection: Writer, rows: Sequence[Row]) -> list[str]:
    found = ", ".join(f"{name} = :{name}" for name in _EXAMINED)
    # An examination that could not tell leaves what the name said.
    run(
        connection,
        f"UPDATE clips SET kind = coalesce(:kind, kind), {found} WHERE clip = :the_clip",  # noqa: S608 - names of this file
        rows,
    )
    return _move_starts(connection, {r["the_clip"]: r for r in rows if r["created_us"] is not None})


def _move_starts(connection: Writer, created: dict[str, Row]) -> list[str]:
    """The container's time counts more than the modification time, less than the file's name (architecture, Time)."""
    moved: list[Row] = []
    for chunk in chunks(created):
        found = connection.exec_driver_sql(
            f"SELECT clip, offset_ms FROM clips WHERE clip IN ({marks(chunk)})"  # noqa: S608 - question marks
            " AND coalesce(start_source, '') <> 'name' ORDER BY ingested_index",
            tuple(chunk),
        )
        for clip, offset_ms in found:
            try:
                start, start_us = container_start(created[clip]["created_us"], offset_ms)
            except OverflowError:
                continue  # a time beyond the calendar is none
            row = {"the_clip": clip, "start": start, "start_us": start_us}
            moved.append({**row, "start_raw": created[clip]["created"]})
    run(
        connection,
        "UPDATE clips SET start = :start, start_us = :start_us, start_raw = :start_raw,"
        " start_source = 'container' WHERE clip = :the_clip",
        moved,
    )
    return [str(row["the_clip"]) for row in moved]


def _write_due(connection: Writer, rows: Rows) -> None:
    run(
        connection,
        "DELETE FROM due WHERE clip = :clip",
        [{"clip": clip} for clip in rows.due_anew],
    )
    words = [
        {"clip": clip, "kind": kind, "index": index}
        for clip, kinds in rows.due.items()
        for kind, index in kinds.items()
    ]
    gone = [word for word in words if word["index"] is None]
    run(connection, "DELETE FROM due WHERE clip = :clip AND kind = :kind", gone)
    replace(
        connection, "due", [word for word in words if word["index"] is not None], key="clip, kind"
    )


def _write_failures(connection: Writer, failures: dict[tuple[str, str], Row | None]) -> None:
    gone = [{"clip": clip, "kind": kind} for (clip, kind), row in failures.items() if row is None]
    run(connection, "DELETE FROM rendition_failures WHERE clip = :clip AND kind = :kind", gone)
    failed = [row for row in failures.values() if row is not None]
    replace(connection, "rendition_failures", failed, key="clip, kind")


def _write_recordings(connection: Writer, rows: Rows) -> None:
    replace(connection, "recordings", list(rows.recordings.values()))
    run(
        connection,
        "DELETE FROM recording_segments WHERE recording = :id",
        list(rows.recordings.values()),
    )
    for segments in rows.recording_segments.values():
        insert(connection, "recording_segments", segments)
