"""The stage that writes down which clips are one recording, after they were examined.

What always holds: an entry is written only where something new is known; running it again, or with the clips in any
other order, writes nothing more. A recording keeps its id while segments come late; one whose clips turned out to be
part of an older one is closed by an entry without segments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from archive.cases import CaseArchive, CaseCatalogue, deciding
from archive.catalogue.recording_queries import PartOf, RecordingRow
from archive.catalogue.rows import ClipRow
from archive.catalogue.times import UNKNOWN_START, known_us
from archive.errors import FixityError, MissingObjectError
from archive.events import Event
from archive.ids import new_id
from archive.store.protocol import Store
from devices.profiles import Profile, load_profiles
from ingest.recordings.facts import Times, times_of
from ingest.recordings.grouping import groups
from ingest.recordings.layout import laid_out
from ingest.recordings.parts import Part, part_of

TOOL: Final = "muniment.recordings"
VERSION: Final = "1"
_AROUND_US: Final = 86_400_000_000  # what may belong to a clip starts within a day of it
_MOST_FACTS: Final = 4 << 20
_KEPT: Final = 8192
# By digest: what is behind one never changes. A docking's clips are looked at again with each batch.
_TIMES: Final[dict[str, Times]] = {}


class RecordingCatalogue(CaseCatalogue, Protocol):
    """What the stage asks of the catalogue."""

    def recorders_with_parts(self) -> list[str]:
        """Recorders that have clips which may be segments."""
        ...

    def possible_parts(
        self, recorder_id: str, span: tuple[int, int] | None = None
    ) -> list[ClipRow]:
        """A recorder's clips that may be segments."""
        ...

    def parts_of(self, clip_ids: Sequence[str]) -> dict[str, PartOf]:
        """Of these clips, those that are parts of recordings."""
        ...

    def recording(self, recording_id: str) -> RecordingRow | None:
        """A recording by id."""
        ...


class RecordingArchive(CaseArchive, Protocol):
    """What the stage needs of an archive."""

    @property
    def root(self) -> Path:
        """Where the lock is."""
        ...

    @property
    def catalogue(self) -> RecordingCatalogue:
        """What is known."""
        ...

    @property
    def store(self) -> Store:
        """Where the facts are."""
        ...


def join(archive: RecordingArchive, clips: Sequence[str] | None, *, actor: str) -> int:
    """Say which clips are one recording, around these clips or in the whole archive.

    Answers with the number of entries written.

    Raises:
        ArchiveBusyError: somebody else decided for a minute. Nothing was written.
        ArchiveError, OSError: the archive failed; of each recorder either all was written or nothing.
    """
    written = 0
    archive.catalogue.catch_up()
    for recorder, starts in sorted(_wanted(archive.catalogue, clips).items()):
        # One recorder at a time: who links clips meanwhile does not wait for the whole archive.
        with deciding(archive):
            rows = _around(archive.catalogue, recorder, starts)
            events = _events(archive, recorder, rows, actor)
            if events:
                archive.record(events)
                written += len(events)
    return written


def _wanted(
    catalogue: RecordingCatalogue, clips: Sequence[str] | None
) -> dict[str, list[int] | None]:
    """The recorders to look at, and of each the starts of its clips; None: all there are."""
    if clips is None:
        return dict.fromkeys(catalogue.recorders_with_parts())
    starts: dict[str, list[int] | None] = {}
    for row in filter(None, map(catalogue.clip, clips)):
        if row.recorder_id is not None:
            start = known_us(row.start)
            known = starts.setdefault(row.recorder_id, []) or []
            known.append(UNKNOWN_START if start is None else start)
            starts[row.recorder_id] = known
    return starts


def _around(
    catalogue: RecordingCatalogue, recorder: str, starts: Sequence[int] | None
) -> list[ClipRow]:
    """What may belong to clips of a recorder: what starts within a day, and whole recordings."""
    if starts is None:
        return catalogue.possible_parts(recorder)
    rows: dict[str, ClipRow] = {}
    for span in _merged(starts):
        rows |= {row.clip: row for row in catalogue.possible_parts(recorder, span)}
    known = {part.recording for part in catalogue.parts_of(list(rows)).values()}
    for recording in filter(None, map(catalogue.recording, sorted(known))):
        beyond = [s.clip for s in recording.segments if s.clip not in rows]
        rows |= {row.clip: row for row in filter(None, map(catalogue.clip, beyond))}
    return list(rows.values())


def _merged(starts: Iterable[int]) -> list[tuple[int, int]]:
    """The days around these moments, without counting one twice."""
    spans: list[tuple[int, int]] = []
    for start in sorted(starts):
        begin, end = start - _AROUND_US, min(start + _AROUND_US, UNKNOWN_START)
        if spans and begin <= spans[-1][1]:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((begin, end))
    return spans


def _events(
    archive: RecordingArchive, recorder: str, rows: Sequence[ClipRow], actor: str
) -> list[Event]:
    catalogue = archive.catalogue
    parts = [_part(row, _times(archive.store, row)) for row in _once(rows)]
    now = catalogue.parts_of([row.clip for row in rows])
    old = {
        id_: known
        for id_ in sorted({part.recording for part in now.values()})
        if (known := catalogue.recording(id_)) is not None
    }
    events: list[Event] = []
    taken: set[str] = set()
    for group in groups(parts):
        data = laid_out(group)
        id_ = _id_for([s["clip"] for s in data["segments"]], now, taken)
        taken.add(id_)
        if id_ not in old or _members(old[id_]) != data:
            events.append(_event(id_, recorder, data, actor))
    empty: dict[str, Any] = {"segments": [], "silent_before_ms": None}
    events += [_event(id_, recorder, empty, actor) for id_ in old if id_ not in taken]
    return events


def _once(rows: Sequence[ClipRow]) -> list[ClipRow]:
    """Each content once under one name: what a docking brought a second time is no second segment."""
    kept: dict[tuple[str, bytes], ClipRow] = {}
    for row in sorted(rows, key=lambda row: row.ingested_index):
        kept.setdefault((row.sha256, (row.raw_path or b"").rpartition(b"/")[2]), row)
    return list(kept.values())


def _id_for(clips: Sequence[str], now: dict[str, PartOf], taken: set[str]) -> str:
    """The id of the oldest recording that these clips are parts of, so that links to it stay right."""
    known = sorted({now[clip].recording for clip in clips if clip in now} - taken)
    return known[0] if known else new_id("recording")


def _members(recording: RecordingRow) -> dict[str, Any]:
    """What its newest entry says, as `laid_out` does."""
    segments = []
    for row in recording.segments:
        members: dict[str, Any] = {
            "clip": row.clip,
            "from_ms": row.from_ms,
            "length_ms": row.length_ms,
            "gap_ms": row.gap_ms,
            "uncertainty_ms": row.uncertainty_ms,
            "by": row.by,
        }
        segments.append(members | ({"missing": row.missing} if row.missing else {}))
    return {"segments": segments, "silent_before_ms": recording.silent_before_ms}


def _event(recording: str, recorder: str, data: dict[str, Any], actor: str) -> Event:
    return Event(
        type="recording.joined",
        subject=recording,
        actor=actor,
        data={"recorder": recorder, **data, "tool": TOOL, "version": VERSION},
    )


def _times(store: Store, row: ClipRow) -> Times:
    if row.facts is None:
        return Times()
    if row.facts not in _TIMES:
        if len(_TIMES) >= _KEPT:
            _TIMES.clear()
        try:
            _TIMES[row.facts] = times_of(store.read(row.facts, most=_MOST_FACTS))
        except (FixityError, MissingObjectError):
            return Times()  # a finding of the audit; the name still says something
    return _TIMES[row.facts]


@lru_cache(maxsize=4096)
def _part(row: ClipRow, times: Times) -> Part:
    return part_of(row, times, _profiles())


@lru_cache(maxsize=1)
def _profiles() -> tuple[Profile, ...]:
    return tuple(load_profiles())
