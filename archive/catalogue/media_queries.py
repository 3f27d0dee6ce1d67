"""Questions about what was derived from clips, what is still to be made, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import Assessment, DueClip, FailureRow, Finding
from archive.catalogue.statements import chunks

_DUE: Final = (
    "SELECT d.clip, d.kind, c.path, c.sha256, c.size, c.recorder_id, c.facts, c.facts_size, c.start, "
    'd."index" FROM due d JOIN clips c ON c.clip = d.clip WHERE d.kind = :kind '
)


class MediaQueries(Reading):
    """See the module."""

    def assessment(self, clip_id: str) -> Assessment | None:
        """What the newest look at a clip's picture and sound found; None: nobody looked."""
        found = self._one(
            "SELECT findings, clock, tool, version, assessed_at FROM assessments WHERE clip = :clip",
            clip=clip_id,
        )
        if found is None:
            return None
        findings, clock, tool, version, assessed_at = found
        return Assessment(
            clip=clip_id,
            findings=tuple(Finding(**one) for one in json.loads(findings)),
            clock=clock,
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
            for chunk in chunks(clip_ids):
                named = {f"p{n}": clip for n, clip in enumerate(chunk)}
                listed = ", ".join(f":{name}" for name in named)
                yield from map(
                    _due,
                    self._rows(
                        f'{_DUE} AND d.clip IN ({listed}) ORDER BY d."index", d.clip',
                        kind=kind,
                        **named,
                    ),
                )
            return
        after: tuple[int, str] = (-1, "")
        while rows := self._rows(
            f'{_DUE} AND (d."index", d.clip) > (:index, :clip) ORDER BY d."index", d.clip LIMIT 1000',
            kind=kind,
            index=after[0],
            clip=after[1],
        ):
            yield from map(_due, rows)
            after = rows[-1][9], rows[-1][0]

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
    clip, kind, path, sha256, size, recorder_id, facts, facts_size, start, _ = row
    return DueClip(
        clip=clip,
        kind=kind,
        path=path,
        sha256=sha256,
        size=size,
        recorder_id=recorder_id,
        facts=facts,
        facts_size=facts_size,
        start=start,
    )
