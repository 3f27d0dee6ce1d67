"""Questions about what was derived from clips, what is still to be made, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import Assessment, ClipRow, DueClip, FailureRow, Finding, SideFile
from archive.catalogue.statements import chunks

_CLIP: Final = (
    "c.path, c.sha256, c.size, c.recorder_id, c.docking, c.facts, c.start, c.start_us, c.container, "
    "CASE c.start_source WHEN 'name' THEN c.start_raw END"
)
_DUE: Final = (
    f'SELECT d.clip, d.kind, {_CLIP}, d."index" FROM due d JOIN clips c ON c.clip = d.clip '  # noqa: S608 - names of this file
    "WHERE d.kind = :kind "
)


class MediaQueries(Reading):
    """See the module."""

    def assessment(self, clip_id: str) -> Assessment | None:
        """What the newest look at a clip's picture and sound found; None: nobody looked."""
        found = self._one(
            "SELECT findings, clock, clock_at_ms, tool, version, assessed_at FROM assessments "
            "WHERE clip = :clip",
            clip=clip_id,
        )
        if found is None:
            return None
        findings, clock, at_ms, tool, version, assessed_at = found
        return Assessment(
            clip=clip_id,
            findings=tuple(Finding(**one) for one in json.loads(findings)),
            clock=clock,
            clock_at_ms=at_ms,
            tool=tool,
            version=version,
            assessed_at=assessed_at,
        )

    def failures(self, clip_id: str) -> list[FailureRow]:
        """What could not be made of a clip, and was not made since; by kind."""
        rows = self._rows(
            "SELECT clip, kind, code, tool, version FROM rendition_failures WHERE clip = :clip "
            "ORDER BY kind",
            clip=clip_id,
        )
        return [_failure(row) for row in rows]

    def failed_by_others(self, versions: Mapping[str, str]) -> list[FailureRow]:
        """Failures of these kinds by another version than this, oldest first: a newer one may do better."""
        found: list[FailureRow] = []
        for kind, version in versions.items():
            rows = self._rows(
                "SELECT clip, kind, code, tool, version FROM rendition_failures WHERE kind = :kind "
                'AND (version < :version OR version > :version) ORDER BY "index"',
                kind=kind,
                version=version,
            )
            found += [_failure(row) for row in rows]
        return found

    def due(self, kind: str, clip_ids: Sequence[str] | None = None) -> Iterator[DueClip]:
        """The clips of which a kind is due, of these or of all, in the order of their examination.

        Pages of a thousand: what becomes due or is made meanwhile moves none.
        """
        if clip_ids is not None:
            found: list[DueClip] = []
            for chunk in chunks(clip_ids):
                named = {f"p{n}": clip for n, clip in enumerate(chunk)}
                listed = ", ".join(f":{name}" for name in named)
                found += map(
                    _due, self._rows(f"{_DUE} AND d.clip IN ({listed})", kind=kind, **named)
                )
            yield from sorted(found, key=lambda clip: (clip.index, clip.clip))
            return
        after: tuple[int, str] = (-1, "")
        while rows := self._rows(
            f'{_DUE} AND (d."index", d.clip) > (:index, :clip) ORDER BY d."index", d.clip LIMIT 1000',
            kind=kind,
            index=after[0],
            clip=after[1],
        ):
            yield from map(_due, rows)
            after = rows[-1][-1], rows[-1][0]

    def clip_to_derive(self, clip_id: str, kind: str) -> DueClip | None:
        """A clip as `due` gives it, whether or not this kind is due; None: there is no such clip."""
        found = self._one(
            f"SELECT c.clip, :kind, {_CLIP}, 0 FROM clips c WHERE c.clip = :clip",  # noqa: S608 - names of this file
            clip=clip_id,
            kind=kind,
        )
        return None if found is None else _due(found)

    def sides_of(self, docking: str) -> list[SideFile]:
        """The side files that a docking brought, pictures and sound apart, in the order of the ledger."""
        rows = self._rows(
            "SELECT clip, belongs_to, sha256, size FROM clips WHERE docking = :docking "
            "AND belongs_to IS NOT NULL AND coalesce(kind, '') NOT IN ('video', 'photo', 'audio') "
            "ORDER BY ingested_index",
            docking=docking,
        )
        return [
            SideFile(clip=clip, belongs_to=belongs_to, sha256=sha256, size=size)
            for clip, belongs_to, sha256, size in rows
        ]

    def beside(self, clip: ClipRow) -> list[str]:
        """The clip that this file belongs to, or the files that belong to this clip; of one docking."""
        rows = self._rows(
            "SELECT clip FROM clips WHERE docking = :docking AND clip <> :clip "
            "AND (path = :owner OR belongs_to = :path) ORDER BY ingested_index",
            docking=clip.docking,
            clip=clip.clip,
            owner=clip.belongs_to,
            path=clip.path,
        )
        return [id_ for (id_,) in rows]

    def healthy_beside(self, clip: DueClip, *, video: str | None, limit: int) -> list[DueClip]:
        """Whole videos of the same recorder, container and, where it is known, codec; nearest in time first."""
        rows = self._rows(
            f"SELECT c.clip, c.kind, {_CLIP}, 0 FROM clips c WHERE c.recorder_id = :recorder "  # noqa: S608 - as above
            "AND c.clip <> :clip AND c.sha256 <> :sha256 AND c.kind = 'video' AND c.damaged = FALSE "
            "AND c.facts IS NOT NULL AND c.video IS NOT NULL AND c.protected IS NULL "
            "AND c.container IS NOT NULL AND (:container IS NULL OR c.container = :container) "
            "AND (:video IS NULL OR c.video = :video) "
            "ORDER BY abs(CAST(c.start_us AS NUMERIC) - :start_us), c.ingested_index LIMIT :most",
            recorder=clip.recorder_id,
            clip=clip.clip,
            sha256=clip.sha256,
            container=clip.container,
            video=video,
            start_us=clip.start_us,
            most=limit,
        )
        return [_due(row) for row in rows]

    def waiting_now(self, *, most: int) -> dict[str, int]:
        """About how much waits: how many clips for each kind, and to be examined; not more than so many are counted."""
        unexamined, due = self._database.snapshot(
            [
                (
                    "SELECT count(*) FROM (SELECT 1 FROM clips WHERE facts IS NULL LIMIT :most)",
                    {"most": most},
                ),
                (
                    "SELECT kind, count(*) FROM (SELECT kind FROM due LIMIT :most) GROUP BY kind",
                    {"most": most},
                ),
            ]
        )
        found = {"examine": int(unexamined[0][0])} if unexamined[0][0] else {}
        return found | {str(kind): int(count) for kind, count in due}

    def due_kinds(self, clip_ids: Sequence[str] | None = None) -> dict[str, int]:
        """How many clips wait for each kind, of these or of all."""
        if clip_ids is None:
            return dict(self._rows("SELECT kind, count(*) FROM due GROUP BY kind"))
        counts: dict[str, int] = {}
        for chunk in chunks(clip_ids):
            named = {f"p{n}": clip for n, clip in enumerate(chunk)}
            listed = ", ".join(f":{name}" for name in named)
            rows = self._rows(
                f"SELECT kind, count(*) FROM due WHERE clip IN ({listed}) GROUP BY kind",  # noqa: S608 - names of parameters
                **named,
            )
            for kind, count in rows:
                counts[kind] = counts.get(kind, 0) + count
        return counts


def _failure(row: tuple[Any, ...]) -> FailureRow:
    clip, kind, code, tool, version = row
    return FailureRow(clip=clip, kind=kind, code=code, tool=tool, version=version)


def _due(row: tuple[Any, ...]) -> DueClip:
    (
        clip,
        kind,
        path,
        sha256,
        size,
        recorder_id,
        docking,
        facts,
        start,
        start_us,
        container,
        named_start,
        index,
    ) = row
    return DueClip(
        clip=clip,
        kind=kind,
        path=path,
        sha256=sha256,
        size=size,
        recorder_id=recorder_id,
        docking=docking,
        facts=facts,
        start=start,
        start_us=start_us,
        container=container,
        named_start=named_start,
        index=index,
    )
