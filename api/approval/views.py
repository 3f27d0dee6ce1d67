"""A request as the pages show it: every word in the reader's language, every time to be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.approval import showing
from api.approval.listing import Looking, is_in_force
from api.gate import Seen
from api.messages import Lang, say
from api.rendering import case_href
from api.service import Service
from archive.catalogue.request_queries import RequestRow


class Views:
    """The requests of one page."""

    def __init__(self, service: Service, who: Looking, lang: Lang) -> None:
        self._service, self._who, self._lang = service, who, lang
        self.names = showing.Names(service.archive, who)

    def row(self, row: RequestRow) -> dict[str, Any]:
        """One request in a list."""
        policy = showing.policy_of_request(self._service.archive, row)
        number = self.names.case(row.case_id)
        return {
            "id": row.id,
            "who": self.names.person(row.account),
            "own": row.account == self._who.account.id,
            "line": row.is_line,
            "sought": row.sought,
            "case": number,
            "case_href": None if number is None else case_href(number),
            "clips": self._clips(row),
            "unit": self.names.unit(row.unit_id),
            "purpose": showing.purpose_words(policy, row.purpose, self._lang),
            "reason": row.reason,
            "body": row.body,
            "until": row.granted_until or row.until,
            "until_kind": "asked" if row.granted_until is None else "granted",
            "until_local": self._local(row.until),
            "asked_at": row.requested_at,
            "state": self._state(row),
            "decided_by": row.decided_by,
            "in_force": is_in_force(row),
            "needs_review": row.needs_review,
            "outcome": row.reviewed_outcome,
            "may": self._who.acts(row),
            "policy": row.policy,
            "said": row.decided_reason,
        }

    def steps(self, row: RequestRow) -> list[dict[str, Any]]:
        """What happened to it, oldest first."""
        asked = {"at": row.requested_at, "who": self.names.person(row.actor).name}
        found = [asked | {"what": say(self._lang, "request.asked"), "reason": row.reason}]
        decided = "request.state.declined" if row.granted_by is None else "request.state.granted"
        if row.granted_by in {"duty", "emergency"}:
            decided = f"request.by.{row.granted_by}"  # nobody said yes to it
        found += self._step(row.decided_at, row.decided_actor, row.decided_reason, decided)
        found += self._step(
            row.ended_at, row.ended_actor, row.ended_reason, f"request.why.{row.ended_why}"
        )
        found += self._step(
            row.reviewed_at,
            row.reviewed_actor,
            row.reviewed_reason,
            f"request.outcome.{row.reviewed_outcome}",
        )
        return sorted(found, key=lambda step: str(step["at"]))

    def _step(
        self, at: str | None, actor: str | None, reason: str | None, key: str
    ) -> list[dict[str, Any]]:
        if at is None or actor is None:
            return []
        what, who = say(self._lang, key), self.names.person(actor).name
        return [{"at": at, "who": who, "what": what, "reason": reason}]

    def _clips(self, row: RequestRow) -> int:
        return len(self._service.archive.catalogue.request_clips(row, limit=showing.MOST_SHOWN))

    def _state(self, row: RequestRow) -> str:
        if row.is_line and row.state == "open":
            return "sent"
        return "over" if row.state == "granted" and not is_in_force(row) else row.state

    def _local(self, moment: str) -> str:
        """As a field of a form holds a local time."""
        local = datetime.fromisoformat(moment).astimezone(self._service.zone)
        return local.strftime("%Y-%m-%dT%H:%M")


def banner(seen: Seen) -> dict[str, str] | None:
    """What stands over footage that is seen by a grant; None: it is seen by role, or not at all."""
    if seen.grant is None:
        return None
    until = datetime.fromtimestamp(seen.grant.until, UTC).isoformat().replace("+00:00", "Z")
    return {"by": seen.grant.by, "until": until, "request": seen.grant.request}
