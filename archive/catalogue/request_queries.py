"""Questions about requests to see footage: who asked, what was decided, and what a grant opens.

What always holds: a grant counts from its entry until its time is over, unless it was ended, or the account that it is
for was changed or disabled after it was given. Whose decision it is, and what a role may see without one: api/approval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.granted import granted_clips
from archive.catalogue.reading import Reading
from archive.catalogue.search import make_cursor, read_cursor

_NAMES: Final = (
    *("id", "index", "requested_at", "actor", "account", "case_id", "unit_id", "rule", "policy"),
    *("decided_by", "purpose", "reason", "body", "sought", "until", "state", "granted_by"),
    *("granted_until", "granted_until_us", "upto", "decided_index", "decided_at", "decided_actor"),
    *("decided_reason", "ended_at", "ended_why", "ended_actor", "ended_reason", "reviewed_at"),
    *("reviewed_actor", "reviewed_outcome", "reviewed_reason"),
)
_SELECT: Final = "SELECT " + ", ".join(f'r."{name}"' for name in _NAMES) + " FROM requests r"  # noqa: S608 - ours
# Rights are given to somebody in an office: another role, unit or officer, or a closed account, is not that somebody.
_SAME_ACCOUNT: Final = (
    "NOT EXISTS (SELECT 1 FROM custody u WHERE u.subject = r.account "
    "AND u.\"index\" > r.decided_index AND u.type IN ('account.changed', 'account.disabled'))"
)
_CHUNK: Final = 400
_NEVER: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request to see, with how it was decided, ended and reviewed."""

    id: str
    index: int
    requested_at: str
    actor: str
    account: str  # who wants to see
    case_id: str | None  # None: `clips`, or neither: the asker's own line
    unit_id: str | None  # that collected the footage
    rule: str
    policy: str  # digest
    decided_by: str  # head, county_head, duty, emergency
    purpose: str
    reason: str | None
    body: str | None  # the outside body that it is for
    sought: str | None  # as it was typed
    until: str  # asked for
    state: str  # open, granted, declined, ended
    granted_by: str | None
    granted_until: str | None
    granted_until_us: int | None
    upto: int | None
    decided_index: int | None
    decided_at: str | None
    decided_actor: str | None
    decided_reason: str | None
    ended_at: str | None
    ended_why: str | None  # withdrawn, revoked, account
    ended_actor: str | None
    ended_reason: str | None
    reviewed_at: str | None
    reviewed_actor: str | None
    reviewed_outcome: str | None  # justified, not_justified
    reviewed_reason: str | None
    clips: tuple[str, ...] = ()

    @property
    def is_line(self) -> bool:
        """Whether it is the asker's own line: what was typed, and nothing of what there is."""
        return self.case_id is None and not self.clips

    @property
    def needs_review(self) -> bool:
        """Whether it was given without anybody's decision, and nobody has looked at it since."""
        return self.granted_by in {"duty", "emergency"} and self.reviewed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """One page of requests, newest first."""

    requests: list[RequestRow]
    next_cursor: str | None


class RequestQueries(Reading):
    """See the module."""

    def request(self, request_id: str) -> RequestRow | None:
        """A request by id."""
        # What only a decision speaks of was never asked.
        found = self._requests('r.id = :id AND r."index" IS NOT NULL', {"id": request_id})
        return found[0] if found else None

    def requests(
        self,
        *,
        account: str | None = None,
        units: frozenset[str] | None = None,
        state: str | None = None,
        unreviewed: bool = False,
        limit: int,
        cursor: str | None = None,
    ) -> RequestPage:
        """Requests, newest first: somebody's, or for footage of these units; in a state, or still to be reviewed.

        Raises:
            CursorError: the cursor is none of ours.
        """
        where, params = ['r."index" IS NOT NULL'], dict[str, Any]()
        if account is not None:
            where.append("r.account = :account")
            params["account"] = account
        if units is not None:
            named = {f"u{n}": unit for n, unit in enumerate(sorted(units))}
            where.append(
                f"r.unit_id IN ({', '.join(f':{n}' for n in named)})" if named else "FALSE"
            )
            params |= named
        if state is not None:
            where.append("r.state = :state")
            params["state"] = state
        if unreviewed:
            where.append("r.granted_by IN ('duty', 'emergency') AND r.reviewed_at IS NULL")
        if cursor is not None:
            where.append('r."index" < :before')
            params["before"] = read_cursor(cursor)[0]
        params["most"] = min(limit, 2**31) + 1
        order = 'ORDER BY r."index" DESC LIMIT :most'
        found = self._requests(f"{' AND '.join(where)} {order}", params)
        following = None
        if len(found) > limit:
            found = found[:limit]
            following = make_cursor(found[-1].index, found[-1].id)
        return RequestPage(requests=found, next_cursor=following)

    def granted(self, account: str) -> list[RequestRow]:
        """Grants of an account that nobody ended, of whatever time; one whose account was changed since is none."""
        return self._requests(
            "r.account = :account AND r.state = 'granted' AND r.\"index\" IS NOT NULL "
            f'AND {_SAME_ACCOUNT} ORDER BY r."index"',
            {"account": account},
        )

    def outlived(self) -> list[RequestRow]:
        """Grants and open requests whose account was changed or disabled since, and that nobody ended yet."""
        changed = (
            'EXISTS (SELECT 1 FROM custody u WHERE u.subject = r.account AND u."index" > r."index" '
            "AND u.type IN ('account.changed', 'account.disabled'))"
        )
        return self._requests(
            f"r.state IN ('open', 'granted') AND r.\"index\" IS NOT NULL AND {changed}", {}
        )

    def units_of_case(self, case_id: str) -> list[str]:
        """The units that collected what is linked to a case now."""
        rows = self._rows(
            "SELECT DISTINCT c.unit_id FROM links l JOIN clips c ON c.ingested_index = l.clip_index "
            "WHERE l.case_id = :case AND l.linked = TRUE AND c.unit_id IS NOT NULL ORDER BY c.unit_id",
            case=case_id,
        )
        return [unit for (unit,) in rows]

    def request_clips(self, row: RequestRow, *, limit: int) -> list[str]:
        """The clips that a request is for, oldest first: those it names, or those of its case and unit.

        Of a granted one only what the grant opens now.
        """
        upto = _NEVER if row.upto is None else row.upto
        found = self._rows(
            "SELECT c.clip, c.start_us FROM request_clips q JOIN clips c ON c.clip = q.clip "
            "WHERE q.request = :request AND coalesce(c.unit_id, '') = :unit "
            "UNION SELECT h.clip, h.start_us FROM links l JOIN clips h ON h.ingested_index = l.clip_index "
            "WHERE l.case_id = :case AND l.linked = TRUE AND l.linked_index < :upto "
            "AND coalesce(h.unit_id, '') = :unit ORDER BY 2, 1 LIMIT :most",
            request=row.id,
            case=row.case_id or "",
            unit=row.unit_id or "",
            upto=upto,
            most=limit,
        )
        return [clip for clip, _ in found]

    def request_opens(self, requests: Sequence[str], ingested_index: int) -> str | None:
        """The first of these requests, all granted, that covers a clip (by the index of its entry) now."""
        for request in requests:
            sql = granted_clips([":request"])
            found = self._rows(
                f"SELECT 1 FROM clips c WHERE c.ingested_index = :at AND c.ingested_index IN ({sql})",  # noqa: S608 - parameters' names
                request=request,
                at=ingested_index,
            )
            if found:
                return request
        return None

    def _requests(self, where: str, params: dict[str, Any]) -> list[RequestRow]:
        rows = self._database.rows(f"{_SELECT} WHERE {where}", params)
        clips: dict[str, list[str]] = {}
        for at in range(0, len(rows), _CHUNK):
            named = {f"r{n}": row[0] for n, row in enumerate(rows[at : at + _CHUNK])}
            listed = ", ".join(f":{name}" for name in named)
            for request, clip in self._rows(
                f"SELECT request, clip FROM request_clips WHERE request IN ({listed}) "  # noqa: S608 - names
                "ORDER BY request, clip",
                **named,
            ):
                clips.setdefault(request, []).append(clip)
        return [
            RequestRow(
                **dict(zip(_NAMES, row, strict=True)), clips=tuple(clips.get(str(row[0]), ()))
            )
            for row in rows
        ]
