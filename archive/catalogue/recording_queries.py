"""Questions about recordings: the segments of one, whose part a clip is, what may belong together.

A gap is judged here, from what the newest `recording.joined` says, so that page, API and command line say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from archive.catalogue.clip_rows import clip_rows
from archive.catalogue.reading import Reading
from archive.catalogue.rows import ClipRow
from archive.catalogue.search import CLIP_COLUMNS

Finding = Literal["gap", "overlap", "not_proven", "unknown"]

MOST_MS: Final = 40  # GA/T 947.2: segments of one recording leave at most 0.04 s between them
_CHUNK: Final = 500
_RECORDING: Final = (
    'SELECT r.id, r.recorder_id, r."index", r.joined_at, r.silent_before_ms, r.tool, r.version '
    "FROM recordings r WHERE r.id = :id"
)
_SEGMENTS: Final = (
    "SELECT s.position, s.clip, s.from_ms, s.length_ms, s.gap_ms, s.uncertainty_ms, s.by, s.missing "
    "FROM recording_segments s WHERE s.recording = :id ORDER BY s.position"
)
_OF_CLIPS: Final = (
    'SELECT s.clip, s.recording, s.position, r."index", '
    "(SELECT count(*) FROM recording_segments n WHERE n.recording = s.recording) "
    "FROM recording_segments s JOIN recordings r ON r.id = s.recording "
)
# Side files are no segments. What has no start, or was not examined, may become one later.
_PARTS: Final = (
    f"SELECT {CLIP_COLUMNS} FROM clips c WHERE c.recorder_id = :recorder "  # noqa: S608 - columns
    "AND c.examined_index IS NOT NULL AND c.kind IN ('video', 'audio') AND c.belongs_to IS NULL "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """A clip's place in a recording."""

    position: int
    clip: str
    from_ms: int
    length_ms: int  # 0: not known
    gap_ms: (
        int | None
    )  # since the one before; negative: they overlap; None: not known, or the first
    uncertainty_ms: int | None
    by: str | None  # "timestamps", "timecode", "gps", "names", "container"
    missing: int | None  # segments before it that the names count and that are not here

    @property
    def finding(self) -> Finding | None:
        """What is to be said of the gap before it; None where there is nothing, or it is the first."""
        if self.position == 0:
            return None
        if self.gap_ms is None:
            return "unknown"
        doubt = self.uncertainty_ms or 0
        if abs(self.gap_ms) - doubt > MOST_MS:
            return "gap" if self.gap_ms > 0 else "overlap"
        return "not_proven" if abs(self.gap_ms) + doubt > MOST_MS + 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """What was recorded between start and stop, over several clips."""

    id: str
    recorder: str | None  # serial
    recorder_id: str | None
    index: int  # of the entry that says so
    joined_at: str
    silent_before_ms: int | None  # so long there is a picture and no sound yet
    tool: str | None
    version: str | None
    segments: tuple[SegmentRow, ...]

    @property
    def length_ms(self) -> int:
        """From the first picture to the end of the last segment."""
        return max((s.from_ms + s.length_ms for s in self.segments), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOf:
    """Which part of which recording a clip is."""

    recording: str
    position: int  # from 0
    parts: int


class RecordingQueries(Reading):
    """See the module."""

    def recording(self, recording_id: str) -> RecordingRow | None:
        """A recording by id; None where there is none, and where its clips are part of another one now."""
        [found, segments] = self._database.snapshot(
            [(_RECORDING, {"id": recording_id}), (_SEGMENTS, {"id": recording_id})]
        )
        if not found or not segments:
            return None
        row = found[0]
        return RecordingRow(
            id=row[0],
            recorder=self._names_now().serials.get(row[1]),
            recorder_id=row[1],
            index=row[2],
            joined_at=row[3],
            silent_before_ms=row[4],
            tool=row[5],
            version=row[6],
            segments=tuple(
                SegmentRow(
                    position=s[0],
                    clip=s[1],
                    from_ms=s[2],
                    length_ms=s[3],
                    gap_ms=s[4],
                    uncertainty_ms=s[5],
                    by=s[6],
                    missing=s[7],
                )
                for s in segments
            ),
        )

    def recording_of(self, clip_id: str) -> RecordingRow | None:
        """The recording that a clip is a part of; the last word counts."""
        part = self.parts_of([clip_id]).get(clip_id)
        return None if part is None else self.recording(part.recording)

    def parts_of(self, clip_ids: Sequence[str]) -> dict[str, PartOf]:
        """Of these clips, those that are parts of recordings."""
        found: dict[str, tuple[int, PartOf]] = {}
        for at in range(0, len(clip_ids), _CHUNK):
            named = {f"p{n}": clip for n, clip in enumerate(clip_ids[at : at + _CHUNK])}
            listed = ", ".join(f":{name}" for name in named)
            for clip, recording, position, index, parts in self._rows(
                f"{_OF_CLIPS} WHERE s.clip IN ({listed})",
                **named,
            ):
                part = PartOf(recording=recording, position=position, parts=parts)
                if clip not in found or found[clip][0] < index:
                    found[clip] = index, part
        return {clip: part for clip, (_, part) in found.items()}

    def recorders_with_parts(self) -> list[str]:
        """Recorders that have clips which may be segments."""
        rows = self._rows(
            "SELECT DISTINCT recorder_id FROM clips WHERE examined_index IS NOT NULL "
            "AND kind IN ('video', 'audio') AND recorder_id IS NOT NULL ORDER BY 1"
        )
        return [recorder for (recorder,) in rows]

    def possible_parts(
        self, recorder_id: str, span: tuple[int, int] | None = None
    ) -> list[ClipRow]:
        """A recorder's clips that may be segments; all, or those that start within a span of microseconds."""
        if span is None:
            rows = self._rows(f"{_PARTS} ORDER BY c.ingested_index", recorder=recorder_id)
        else:
            rows = self._rows(
                f"{_PARTS} AND c.start_us BETWEEN :begin AND :end ORDER BY c.ingested_index",
                recorder=recorder_id,
                begin=span[0],
                end=span[1],
            )
        return clip_rows(rows, self._names_now())
