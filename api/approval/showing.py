"""A request in words and as JSON: who, what, why, until when, and how it was decided. No footage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from api.approval.errors import PolicyError
from api.approval.listing import Looking, is_in_force
from api.approval.policy import Hours, Policy, Rule
from api.approval.policy_reading import MOST, read_policy
from api.documents import Document
from archive.catalogue.request_queries import RequestRow
from archive.catalogue.rows import ClipRow
from archive.errors import ArchiveError
from archive.opening import Archive

MOST_SHOWN: Final = 100  # clips on a request's page


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who asks or decides."""

    id: str
    name: str
    role: str | None
    unit: str | None


class Names:
    """What accounts, units and cases of a page are called; asked once each."""

    def __init__(self, archive: Archive, who: Looking) -> None:
        self._archive = archive
        self._accounts = {row.id: row for row in who.organisation.accounts}
        self._tree = who.organisation.tree
        self._cases: dict[str, str] = {}

    def person(self, id_: str) -> Person:
        """An account; a station's id stays as it is."""
        row = self._accounts.get(id_)
        if row is None:
            return Person(id=id_, name=id_, role=None, unit=None)
        unit = row.unit_id
        if unit is None and row.officer_id is not None:
            officer = self._archive.catalogue.officer(row.officer_id)
            unit = None if officer is None else officer.unit_id
        return Person(id=id_, name=row.name or id_, role=row.role, unit=self.unit(unit))

    def unit(self, id_: str | None) -> str | None:
        """A unit's name."""
        row = None if id_ is None else self._tree.get(id_)
        return id_ if row is None else row.name or id_

    def case(self, id_: str | None) -> str | None:
        """A case's number."""
        if id_ is not None and id_ not in self._cases:
            row = self._archive.catalogue.case(id_)
            self._cases[id_] = id_ if row is None else row.number or id_
        return None if id_ is None else self._cases[id_]


def policy_of_request(archive: Archive, row: RequestRow) -> Policy | None:
    """The policy that it was asked under; None where that cannot be read: the audit finds that."""
    try:
        return read_policy(archive.store.read(row.policy, most=MOST))
    except (PolicyError, ArchiveError, OSError):
        return None


def rule_of_request(archive: Archive, row: RequestRow) -> Rule | None:
    """The rule that it was asked by."""
    policy = policy_of_request(archive, row)
    return None if policy is None else next((r for r in policy.rules if r.id == row.rule), None)


def purpose_words(policy: Policy | None, code: str, lang: str) -> str:
    """What the purpose is called; its code where the policy is not to be had."""
    found = None if policy is None else policy.purpose(code)
    return code if found is None else found.zh if lang == "zh" else found.en


def deciders(who: Looking, row: RequestRow, names: Names) -> list[Person]:
    """Who decides on it, or reviews it."""
    found = who.organisation.deciders(row.decided_by, row.unit_id, asker=row.account)
    return [names.person(account.id) for account in found]


def is_decided_above(who: Looking, row: RequestRow) -> bool:
    """Whether the collecting unit has no head but the asker, so that one above decides instead."""
    if row.is_line or row.decided_by == "county_head":
        return False  # whose head of the county that is, the tree says
    found = who.organisation.deciders(row.decided_by, row.unit_id, asker=row.account)
    return bool(found) and all(account.unit_id != row.unit_id for account in found)


def clips_of(archive: Archive, row: RequestRow) -> list[ClipRow]:
    """The clips that a request is for, as facts."""
    found = archive.catalogue.request_clips(row, limit=MOST_SHOWN)
    return [clip for id_ in found if (clip := archive.catalogue.clip(id_)) is not None]


def document(row: RequestRow, who: Looking, names: Names) -> Document:
    """The API's form."""
    asker = names.person(row.account)
    return {
        "request": row.id,
        "state": row.state,
        "in_force": is_in_force(row),
        "account": {"id": asker.id, "name": asker.name, "role": asker.role, "unit": asker.unit},
        "case": names.case(row.case_id),
        "clips": list(row.clips),
        "sought": row.sought,
        "unit": names.unit(row.unit_id),
        "rule": row.rule,
        "policy": row.policy,
        "decided_by": row.decided_by,
        "purpose": row.purpose,
        "reason": row.reason,
        "body": row.body,
        "requested_at": row.requested_at,
        "until": row.until,
        "granted_until": row.granted_until,
        "upto": row.upto,
        "decision": _step(row.decided_at, row.decided_actor, row.decided_reason, names),
        "ended": _step(row.ended_at, row.ended_actor, row.ended_reason, names, why=row.ended_why),
        "review": _step(
            row.reviewed_at,
            row.reviewed_actor,
            row.reviewed_reason,
            names,
            outcome=row.reviewed_outcome,
        ),
        "needs_review": row.needs_review,
        # How far the ledger went on between two of their own would tell an asker whether heads were asked.
        "index": None if row.account == who.account.id else row.index,
        "may": sorted(who.acts(row)),
    }


def _step(
    at: str | None, actor: str | None, reason: str | None, names: Names, **more: Any
) -> Document | None:
    if at is None or actor is None:
        return None
    return {"at": at, "by": names.person(actor).name, "reason": reason, **more}


def policy_document(policy: Policy) -> Document:
    """A policy as JSON."""
    unusual = policy.unusual
    return {
        "policy": policy.digest,
        "title": {"zh": policy.zh, "en": policy.en},
        "purposes": [{"code": p.code, "zh": p.zh, "en": p.en} for p in policy.purposes],
        "rules": [
            {
                "id": rule.id,
                "relation": rule.relation,
                "roles": sorted(rule.roles),
                "decided_by": rule.decided_by,
                "longest_hours": int(rule.longest.total_seconds() // 3600),
                "purposes": list(rule.purposes),
                "clause": {"zh": rule.clause.zh, "en": rule.clause.en},
                "source": {"zh": rule.source.zh, "en": rule.source.en},
                "in_force": rule.in_force.isoformat(),
                "a_day": rule.a_day or None,
            }
            for rule in policy.rules
        ],
        "unusual": {
            "clips_an_hour": unusual.clips_an_hour,
            "refusals_an_hour": unusual.refusals_an_hour,
            "exports_an_hour": unusual.exports_an_hour,
            "night": hours(unusual.night),
            "night_clips": unusual.night_clips,
            "duty": {unit: hours(when) for unit, when in unusual.duty.items()},
        },
    }


def hours(when: Hours) -> str:
    """A stretch of the day as a policy writes it."""
    return f"{when.begin:%H:%M}-{when.end:%H:%M}"
