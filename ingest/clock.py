"""Recorders' clocks: measured and kept before they are corrected, and set only after the receipt.

True time = what the recorder's clock shows + offset. The offset of a docking corrects every clip of it. What is
recorded is never less than what was measured; a clock that was not measured in a docking is not set in it, nor one
whose recorder keeps clips that were not taken: a later docking corrects them by what it measures then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.rows import ClockRow
from archive.catalogue.times import microseconds
from archive.events import Event
from archive.opening import Archive
from devices.recorder import ClockReading, Recorder
from ingest.times import utc_text

DRIFT_LIMIT: Final = (
    3_000  # ms per day: GA/T 947.2-2015, clock error (clause quoted at second hand)
)
_LEAST: Final = 3_600_000_000  # us between two measures of a drift
_DAY: Final = 86_400_000_000  # us
_MOST: Final = 2**53 - 1  # us: what an entry can say, 285 years
_NO_FILES: Final = frozenset({"link", "fifo", "socket", "device"})  # never taken, whoever asks
_READINGS: Final = 20  # looked through for one that is old enough


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockNote:
    """A recorder's clock in one docking, as the ledger has it."""

    offset_us: int  # true time - its time
    uncertainty_us: int
    drift_ms_per_day: int | None = None  # growth of the offset
    drift_uncertainty: int | None = None  # ms per day

    @property
    def offset_ms(self) -> int:
        """The offset, as clips have it."""
        return round(self.offset_us / 1000)

    @property
    def uncertainty_ms(self) -> int:
        """The uncertainty, as clips have it: never rounded down."""
        return -(-self.uncertainty_us // 1000)

    @property
    def drifts(self) -> bool:
        """Whether it drifts, beyond doubt, more than it may."""
        if self.drift_ms_per_day is None or self.drift_uncertainty is None:
            return False
        return abs(self.drift_ms_per_day) - self.drift_uncertainty > DRIFT_LIMIT


def clock_read(
    archive: Archive, reading: ClockReading, *, recorder: str, docking: str, actor: str
) -> tuple[Event, ClockNote | None]:
    """The event that keeps a reading, and what it means; None where its clock is too far off to count with.

    The catalogue has to be at the ledger's end: the drift is held against the last time the offset was known.
    """
    note = _note(reading)
    if note is not None:
        rows = archive.catalogue.clock_readings(recorder, limit=_READINGS)
        note = _with_drift(note, microseconds(reading.host), rows)
    event = Event(
        type="recorder.clock_read",
        subject=recorder,
        actor=actor,
        data={
            "docking": docking,
            "device": utc_text(reading.device),
            "host": utc_text(reading.host),
            "offset_us": note and note.offset_us,
            "uncertainty_us": note and note.uncertainty_us,
            "drift_ms_per_day": note and note.drift_ms_per_day,
            "drift_uncertainty_ms_per_day": note and note.drift_uncertainty,
        },
        text={"raw": _text(reading.raw)},
    )
    return event, note


def record_clock(
    archive: Archive, reading: ClockReading, *, recorder: str, docking: str, actor: str
) -> ClockNote | None:
    """Keep a reading: `recorder.clock_read` is durable when this returns. Raises as `Archive.record`."""
    event, note = clock_read(archive, reading, recorder=recorder, docking=docking, actor=actor)
    archive.record([event])
    return note


def set_clock(archive: Archive, source: Recorder, *, docking: str, actor: str) -> ClockNote | None:
    """Set a recorder's clock after the receipt of a docking, read it again and keep that.

    Returns:
        What it shows now; None where it was not set: the settings say no, it was not measured in this docking,
        clips are left on it, or it cannot be set.

    Raises:
        DeviceError: the recorder went or does not answer. That it was set is in the ledger where it said so.
        ArchiveError, OSError: the ledger cannot say it; the clock may be set.
    """
    if not archive.settings.clock_set:
        return None
    archive.catalogue.catch_up()
    row = archive.catalogue.docking(docking)
    if row is None or row.recorder_id is None:
        return None
    if all(
        r.docking != docking for r in archive.catalogue.clock_readings(row.recorder_id, limit=2)
    ):
        return None
    if leaves_clips(archive, docking) or not source.set_clock():
        return None
    reading: ClockReading | None = None
    try:
        reading = source.read_clock()
    finally:
        note = None if reading is None else _note(reading)
        event = Event(
            type="recorder.clock_set",
            subject=row.recorder_id,
            actor=actor,
            data={
                "docking": docking,
                "offset_us": note and note.offset_us,
                "uncertainty_us": note and note.uncertainty_us,
            },
            text={"raw": None if reading is None else _text(reading.raw)},
        )
        archive.record([event])
    return note


def leaves_clips(archive: Archive, docking: str) -> bool:
    """Whether files stay behind that a later docking may take: their times need the clock that they were made by.

    The catalogue has to be at the ledger's end.
    """
    return any(
        row.status in {"refused", "partial"} and row.code not in _NO_FILES
        for row in archive.catalogue.docking_clips(docking)
    )


def _note(reading: ClockReading) -> ClockNote | None:
    if abs(reading.offset_us) > _MOST or not 0 <= reading.uncertainty_us <= _MOST:
        return None
    return ClockNote(offset_us=reading.offset_us, uncertainty_us=reading.uncertainty_us)


def _with_drift(note: ClockNote, host_us: int, rows: list[ClockRow]) -> ClockNote:
    """Held against the newest offset that is an hour old or more, since the clock was set last."""
    for row in rows:
        known = None not in (row.host_us, row.offset_us, row.uncertainty_us)
        passed = host_us - (row.host_us or 0)
        if known and passed >= _LEAST:
            grown = note.offset_us - (row.offset_us or 0)
            doubt = note.uncertainty_us + (row.uncertainty_us or 0)
            return ClockNote(
                offset_us=note.offset_us,
                uncertainty_us=note.uncertainty_us,
                drift_ms_per_day=round(grown * (_DAY / 1000) / passed),
                drift_uncertainty=-(-doubt * (_DAY // 1000) // passed),
            )
        if row.was_set:
            break
    return note


def _text(raw: str) -> str:
    """What a device said, as text that an object can hold."""
    return raw.encode("utf-8", "backslashreplace").decode()
