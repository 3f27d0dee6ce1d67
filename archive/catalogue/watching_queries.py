"""Questions about one clip's life on the screen: markers and notes, who saw it, and what was played.

A view's address is that of its session as the ledger has it: the newest that the session moved to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, cast

from archive.catalogue.reading import Reading
from archive.ledger.merkle import TILE_WIDTH

ViewKind = Literal["clip.viewed", "clip.played", "still.exported"]
_MARKER: Final = (
    'SELECT m.id, m."index", m.clip, m.kind, m.from_us, m.to_us, m.text, m.actor, a.name, m.set_at, '
    "m.removed_at, m.removed_actor, m.removed_reason "
    "FROM markers m LEFT JOIN accounts a ON a.id = m.actor "
)
_VIEWS: Final = (
    'SELECT u."index", u.type, u.time, u.actor, a.name, a.role, p.spans, p.played_ms '
    "FROM custody u LEFT JOIN accounts a ON a.id = u.actor "
    'LEFT JOIN plays p ON p."index" = u."index" '
    "WHERE u.subject = :clip AND u.type IN ('clip.viewed', 'clip.played', 'still.exported') "
    'AND u."index" < :before ORDER BY u."index" DESC LIMIT :limit'
)
_PLAYS: Final = (
    'SELECT p."index", p.actor, p.session, p.what, p.spans, p.played_ms, p.request, p."at" '
    'FROM plays p WHERE p.clip = :clip AND p."index" < :before ORDER BY p."index" DESC LIMIT :limit'
)
_END: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerRow:
    """Something said about a moment of a clip, or about all of it."""

    id: str
    index: int  # of its entry
    clip: str
    kind: Literal["marker", "note"]
    from_us: int | None  # microseconds of the clip; None: of all of it
    to_us: int | None
    text: str | None  # None: its text row is not here
    actor: str
    actor_name: str | None
    set_at: str
    removed_at: str | None
    removed_actor: str | None
    removed_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRow:
    """What a page says was played."""

    index: int
    actor: str
    session: str | None
    what: str | None
    spans: tuple[tuple[int, int], ...]  # milliseconds of the clip
    played_ms: int | None
    request: str | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow:
    """One entry that says that somebody saw something of a clip."""

    index: int
    type: ViewKind
    time: str
    actor: str
    actor_name: str | None
    actor_role: str | None
    what: str | None
    session: str | None
    address: str | None
    request: str | None
    spans: tuple[tuple[int, int], ...]
    played_ms: int | None


class WatchingQueries(Reading):
    """See the module."""

    def markers(self, clip_id: str, *, removed: bool = False) -> list[MarkerRow]:
        """A clip's markers and notes: those of all of it first, then by time; what was taken away only if asked."""
        kept = "" if removed else "AND m.removed_at IS NULL "
        order = 'CASE WHEN m.from_us IS NULL THEN 0 ELSE 1 END, m.from_us, m."index"'
        rows = self._rows(f"{_MARKER} WHERE m.clip = :clip {kept}ORDER BY {order}", clip=clip_id)
        return [_marker(row) for row in rows]

    def marker(self, marker_id: str) -> MarkerRow | None:
        """One marker or note, also one that was taken away."""
        row = self._one(f"{_MARKER} WHERE m.id = :id", id=marker_id)
        return None if row is None else _marker(row)

    def plays(self, clip_id: str, *, before: int | None = None, limit: int = 200) -> list[PlayRow]:
        """What was played of a clip, newest first."""
        rows = self._rows(
            _PLAYS, clip=clip_id, before=_END if before is None else before, limit=limit
        )
        return [
            PlayRow(
                index=row[0],
                actor=row[1],
                session=row[2],
                what=row[3],
                spans=_spans(row[4]),
                played_ms=row[5],
                request=row[6],
                at=row[7],
            )
            for row in rows
        ]

    def viewers(
        self, clip_id: str, *, before: int | None = None, limit: int = 200
    ) -> list[ViewRow]:
        """Who saw something of a clip, newest first; `before` is the index of the last one that was shown."""
        rows = self._rows(
            _VIEWS, clip=clip_id, before=_END if before is None else before, limit=limit
        )
        data = self._data([row[0] for row in rows])
        sessions = {str(one["session"]) for one in data.values() if one.get("session")}
        addresses = self._addresses(sorted(sessions))
        return [_view(row, data.get(row[0], {}), addresses) for row in rows]

    def _data(self, indexes: Sequence[int]) -> dict[int, dict[str, Any]]:
        # A bundle of the ledger is read and taken apart as a whole: once for all that is wanted of it.
        found: dict[int, dict[str, Any]] = {}
        for _, group in groupby(sorted(indexes), key=lambda index: index // TILE_WIDTH):
            wanted = list(group)
            for entry in self._reader.entries(wanted[0], wanted[-1] + 1):
                data = entry.document.get("data")
                found[entry.index] = data if isinstance(data, dict) else {}
        return found

    def _addresses(self, sessions: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for at in range(0, len(sessions), 500):
            named = {f"p{n}": one for n, one in enumerate(sessions[at : at + 500])}
            listed = ", ".join(f":{name}" for name in named)
            rows = self._rows(f"SELECT id, address FROM sessions WHERE id IN ({listed})", **named)  # noqa: S608 - names of parameters only
            found.update((str(id_), address) for id_, address in rows)
        return found


def _marker(row: tuple[Any, ...]) -> MarkerRow:
    return MarkerRow(
        id=row[0],
        index=row[1],
        clip=row[2],
        kind=row[3],
        from_us=row[4],
        to_us=row[5],
        text=row[6],
        actor=row[7],
        actor_name=row[8],
        set_at=row[9],
        removed_at=row[10],
        removed_actor=row[11],
        removed_reason=row[12],
    )


def _view(row: tuple[Any, ...], data: dict[str, Any], addresses: dict[str, str | None]) -> ViewRow:
    session = _text(data.get("session"))
    what = "still" if row[1] == "still.exported" else _text(data.get("what"))
    return ViewRow(
        index=row[0],
        type=cast(ViewKind, row[1]),
        time=row[2],
        actor=row[3],
        actor_name=row[4],
        actor_role=row[5],
        what=what,
        session=session,
        address=None if session is None else addresses.get(session),
        request=_text(data.get("request")),
        spans=_spans(row[6]),
        played_ms=row[7],
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _spans(text: str | None) -> tuple[tuple[int, int], ...]:
    return () if text is None else tuple((begin, end) for begin, end in json.loads(text))
