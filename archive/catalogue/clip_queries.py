"""Questions about clips: one clip's facts and history, what is held, what is still to be done."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from archive.catalogue.clip_rows import clip_rows, listed
from archive.catalogue.events import written_row
from archive.catalogue.finding_queries import FindingQueries
from archive.catalogue.granted import granted_clips
from archive.catalogue.rows import ClipRow, CustodyRow, PendingClip, RenditionRow
from archive.catalogue.search import (
    CLIP_COLUMNS,
    Scope,
)
from archive.ledger.entry import Entry
from archive.ledger.merkle import TILE_WIDTH

_CHUNK: Final = 500
_CUSTODY: Final = 'u."index", u.type, u.time, u.clock, u.actor, u.subject'
_PENDING: Final = (
    "SELECT c.clip, c.docking, c.path, c.sha256, c.size, c.kind, "
    "c.examined_index IS NOT NULL, c.verified_at IS NOT NULL, "
    "EXISTS (SELECT 1 FROM renditions r WHERE r.clip = c.clip AND r.kind = 'poster') FROM clips c WHERE "
)
# Never, or by a version that wrote down no facts.
_UNEXAMINED: Final = "c.facts IS NULL AND c.disposed_at IS NULL"
# Asked for by name: also what the parser did not live through. By itself nobody tries that again.
_UNPARSED: Final = (
    "(c.facts IS NULL OR c.damage LIKE '%parser\\_%' ESCAPE '\\') AND c.disposed_at IS NULL"
)

# What a case's file says: more than that there is a case.
_OF_THE_FILE: Final = frozenset(
    {
        *("case.filed_as", "case.stage_entered", "case.decision_revoked", "case.action_ended"),
        *("case.decision_intended", "case.catalogued", "stop.explained", "deadline.excused"),
    }
)


class ClipQueries(FindingQueries):
    """See the module."""

    def clip(self, clip_id: str, *, scope: Scope | None = None) -> ClipRow | None:
        """One clip; None when there is none, or none that this scope may know of."""
        rows = self._rows(f"SELECT {CLIP_COLUMNS} FROM clips c WHERE c.clip = :clip", clip=clip_id)  # noqa: S608
        found = clip_rows(rows, self._names_now())
        return found[0] if found and (scope is None or within(scope, found[0])) else None

    def custody(
        self, subject: str, *, after: int = -1, limit: int | None = None
    ) -> list[CustodyRow]:
        """What the ledger says happened to a subject, oldest first; of these, those after an index, at most so many."""
        return self._custody_rows(
            self._rows(
                f"SELECT {_CUSTODY} FROM custody u WHERE u.subject = :subject "  # noqa: S608 - no value in it
                'AND u."index" > :after ORDER BY u."index" LIMIT :most',
                subject=subject,
                after=after,
                most=-1 if limit is None else limit,
            )
        )

    def latest(self, subject: str, type_: str) -> CustodyRow | None:
        """The newest event of a type that happened to a subject."""
        rows = self._rows(
            f"SELECT {_CUSTODY} FROM custody u WHERE u.subject = :subject AND u.type = :type "  # noqa: S608 - as above
            'ORDER BY u."index" DESC LIMIT 1',
            subject=subject,
            type=type_,
        )
        found = self._custody_rows(rows)
        return found[0] if found else None

    def verified_by_minute(self, begin: str) -> list[tuple[str, int, int]]:
        """Of each minute, UTC, from `begin` on: how many originals were read back and held equal, their bytes."""
        rows = self._rows(
            "SELECT substr(c.verified_at, 1, 16), count(*), sum(c.size) FROM clips c "
            "WHERE c.verified_at >= :begin GROUP BY 1 ORDER BY 1",
            begin=begin,
        )
        return [(f"{minute}:00Z", int(count), int(size)) for minute, count, size in rows]

    def key_events(self) -> list[CustodyRow]:
        """What happened to the ledger's keys, oldest first."""
        rows = self._rows(
            f"SELECT {_CUSTODY} FROM custody u WHERE u.subject >= 'key-' AND u.subject < 'key.' "  # noqa: S608 - as above
            'ORDER BY u."index"'
        )
        return self._custody_rows(rows)

    def newest(self, subject: str, type_: str, *, limit: int) -> list[CustodyRow]:
        """The newest events of a type that happened to a subject, newest first."""
        rows = self._rows(
            f"SELECT {_CUSTODY} FROM custody u WHERE u.subject = :subject AND u.type = :type "  # noqa: S608 - as above
            'ORDER BY u."index" DESC LIMIT :most',
            subject=subject,
            type=type_,
            most=limit,
        )
        return self._custody_rows(sorted(rows))[::-1]

    def case_custody(
        self,
        case_id: str,
        *,
        scope: Scope,
        documents: bool = True,
        after: int = -1,
        limit: int | None = None,
    ) -> list[CustodyRow]:
        """What happened to a case, and the links and unlinks of the clips that this scope may know of; as `custody`.

        What happened to its documents, and what its file says, only where `documents` is true.
        """
        found: list[CustodyRow] = []
        while True:
            rows = self._case_events(case_id, scope, after, -1 if limit is None else limit)
            found += [
                row
                for row in self._custody_rows(rows)
                if (row.subject == case_id or row.data.get("case") == case_id)
                and (
                    documents or not (row.type.startswith("document.") or row.type in _OF_THE_FILE)
                )
            ]
            # A clip's links to other cases are told apart only by their entries, so a round may bring too few.
            if limit is None or len(found) >= limit or len(rows) < limit:
                return found[:limit]
            after = rows[-1][0]

    def _case_events(
        self, case_id: str, scope: Scope, after: int, most: int
    ) -> list[tuple[Any, ...]]:
        params: dict[str, Any] = {"case": case_id, "after": after, "most": most}
        mine = [
            f"c.{column} IN ({_listed(params, column, sorted(ids))})"
            for column, ids in (("unit_id", scope.units), ("officer_id", scope.officers))
        ]
        granted = {f"request{n}": id_ for n, id_ in enumerate(sorted(scope.requests))}
        if granted:
            params |= granted
            mine.append(f"c.ingested_index IN ({granted_clips([f':{n}' for n in granted])})")
        known = "TRUE" if scope.all else f"({' OR '.join(mine)})"
        return self._database.rows(
            f"SELECT {_CUSTODY} FROM custody u "  # noqa: S608 - names of parameters only
            'WHERE u.subject = :case AND u."index" > :after '
            f"UNION ALL SELECT {_CUSTODY} FROM links l JOIN clips c ON c.ingested_index = l.clip_index "
            "JOIN custody u ON u.subject = l.clip AND u.type IN ('clip.linked', 'clip.unlinked') "
            f'WHERE l.case_id = :case AND u."index" > :after AND {known} ORDER BY 1 LIMIT :most',
            params,
        )

    def _custody_rows(self, rows: list[tuple[Any, ...]]) -> list[CustodyRow]:
        entries = self._entries([row[0] for row in rows])
        return [
            CustodyRow(
                index=index,
                type=type_,
                time=time,
                clock=clock,
                actor=actor,
                subject=subject,
                data=(data := entries[index].data),
                written=written_row(data, self._texts),
            )
            for index, type_, time, clock, actor, subject in rows
        ]

    def _entries(self, indexes: Sequence[int]) -> dict[int, Entry]:
        # A bundle is read and taken apart as a whole: once for all that is wanted of it.
        found: dict[int, Entry] = {}
        for _, group in groupby(indexes, key=lambda index: index // TILE_WIDTH):
            wanted = list(group)
            found |= {e.index: e for e in self._reader.entries(wanted[0], wanted[-1] + 1)}
        return found

    def renditions(self, clip_id: str) -> list[RenditionRow]:
        """What was derived from a clip, in the order of making."""
        rows = self._rows(
            'SELECT clip, kind, sha256, size, media_type, tool, version, parameters, "of", index_sha256, '
            'index_size, index_media_type, made_at, sources, "index" FROM renditions '
            'WHERE clip = :clip ORDER BY "index"',
            clip=clip_id,
        )
        return [
            RenditionRow(
                clip=r[0],
                kind=r[1],
                sha256=r[2],
                size=r[3],
                media_type=r[4],
                tool=r[5],
                version=r[6],
                parameters=json.loads(r[7]),
                of=r[8],
                index_sha256=r[9],
                index_size=r[10],
                index_media_type=r[11],
                made_at=r[12],
                sources=listed(r[13] or "[]"),
                index=r[14],
            )
            for r in rows
        ]

    def held(self, recorder_id: str, path: bytes, size: int, modified: str) -> str | None:
        """The newest clip of this recorder, path, size and modification time; None when it was never held."""
        shown, encoded = shown_path(path)
        # A path that is not UTF-8 is told by its bytes; what is shown of it might be another file's name.
        same = "path_base64 IS NULL" if encoded is None else "path_base64 = :encoded"
        name = "path IS NOT NULL" if shown is None else "path = :path"
        found = self._one(
            f"SELECT clip FROM clips WHERE recorder_id = :recorder AND {name} AND {same} AND size = :size "  # noqa: S608
            "AND modified = :modified ORDER BY ingested_index DESC LIMIT 1",
            recorder=recorder_id,
            path=shown,
            encoded=encoded,
            size=size,
            modified=modified,
        )
        return None if found is None else str(found[0])

    def held_many(self, recorder_id: str) -> dict[tuple[bytes, int, str], str]:
        """All that `held` knows of one recorder."""
        rows = self._rows(
            "SELECT path, path_base64, size, modified, clip FROM clips WHERE recorder_id = :recorder "
            "AND path IS NOT NULL AND modified IS NOT NULL ORDER BY ingested_index",
            recorder=recorder_id,
        )
        return {
            (path.encode() if encoded is None else b64decode(encoded), size, modified): clip
            for path, encoded, size, modified, clip in rows
        }

    def erased_of(self, recorder_id: str) -> frozenset[str]:
        """Clips that were erased from this recorder: what lies at their paths now is another file."""
        rows = self._rows(
            "SELECT clip FROM clips WHERE recorder_id = :recorder AND erased_at IS NOT NULL",
            recorder=recorder_id,
        )
        return frozenset(clip for (clip,) in rows)

    def clip_with_object(self, digest: str) -> str | None:
        """The first clip with these bytes."""
        found = self._one(
            "SELECT clip FROM clips WHERE sha256 = :digest ORDER BY ingested_index LIMIT 1",
            digest=digest,
        )
        return None if found is None else str(found[0])

    def clips_with_object(self, digest: str, *, limit: int) -> list[str]:
        """The clips with these bytes, the first one first."""
        rows = self._rows(
            "SELECT clip FROM clips WHERE sha256 = :digest ORDER BY ingested_index LIMIT :most",
            digest=digest,
            most=limit,
        )
        return [str(clip) for (clip,) in rows]

    def is_named(self, digest: str) -> bool:
        """Whether an entry names this object."""
        return self._one("SELECT 1 FROM objects WHERE digest = :digest", digest=digest) is not None

    def objects(self) -> Iterator[tuple[str, int | None]]:
        """Digest and size of every object that an entry names, by digest."""
        last = ""
        while rows := self._rows(
            "SELECT digest, size FROM objects WHERE digest > :last ORDER BY digest LIMIT 10000",
            last=last,
        ):
            yield from rows
            last = rows[-1][0]

    def unexamined(
        self,
        clip_ids: Sequence[str] | None = None,
        *,
        limit: int | None = None,
        again: bool = False,
    ) -> list[PendingClip]:
        """Clips that nobody looked into yet, or only an older version; of these, or of all the first so many.

        `again`: of these, also those that the parser did not live through the last time.
        """
        if clip_ids is None and limit is not None:
            rows = self._rows(
                f"{_PENDING}{_UNEXAMINED} ORDER BY c.ingested_index LIMIT :most", most=limit
            )
            return pending_rows(rows)
        return self._pending(_UNPARSED if again else _UNEXAMINED, clip_ids)

    def unexamined_count(self) -> int:
        """How many of all clips."""
        return int(self._rows(f"SELECT count(*) FROM clips c WHERE {_UNEXAMINED}")[0][0])  # noqa: S608 - ours

    def unverified(self, docking: str | None = None) -> list[PendingClip]:
        """Clips that were never read back from the medium; of one docking, or of all."""
        condition = "c.verified_at IS NULL AND c.disposed_at IS NULL"
        if docking is None:
            return pending_rows(self._rows(f"{_PENDING}{condition} ORDER BY c.ingested_index"))
        return pending_rows(
            self._rows(
                f"{_PENDING}{condition} AND c.docking = :docking ORDER BY c.ingested_index",
                docking=docking,
            )
        )

    def _pending(self, condition: str, clip_ids: Sequence[str] | None) -> list[PendingClip]:
        if clip_ids is None:
            return pending_rows(self._rows(f"{_PENDING}{condition} ORDER BY c.ingested_index"))
        found: list[PendingClip] = []
        for at in range(0, len(clip_ids), _CHUNK):
            named = {f"p{n}": clip for n, clip in enumerate(clip_ids[at : at + _CHUNK])}
            listed = ", ".join(f":{name}" for name in named)
            found += pending_rows(
                self._rows(
                    f"{_PENDING}{condition} AND c.clip IN ({listed}) ORDER BY c.ingested_index",
                    **named,
                )
            )
        return found


def shown_path(path: bytes) -> tuple[str | None, str | None]:
    """How a clip's row tells a path: by its text, or, where it is no UTF-8, by its base64."""
    try:
        return path.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(path).decode()


def _listed(params: dict[str, Any], column: str, values: Sequence[str]) -> str:
    """Values as parameters, for an IN."""
    named = {f"{column}{n}": value for n, value in enumerate(values)}
    params.update(named)
    return ", ".join(f":{name}" for name in named)


def within(scope: Scope, clip: ClipRow) -> bool:
    """Whether a scope may know of a clip; what `search.build` asks in SQL."""
    return scope.all or clip.unit_id in scope.units or clip.officer_id in scope.officers


def pending_rows(rows: list[tuple[Any, ...]]) -> list[PendingClip]:
    """Rows of the columns in `_PENDING`."""
    return [
        PendingClip(
            clip=clip,
            docking=docking,
            path=path,
            sha256=sha256,
            size=size,
            kind=kind,
            examined=bool(examined),
            verified=bool(verified),
            poster=bool(poster),
        )
        for clip, docking, path, sha256, size, kind, examined, verified, poster in rows
    ]
