"""Rows of requests to see, sign-ins, rights that are to change, alarms and the tree of units. See projection.py."""

from __future__ import annotations

import json
from typing import Final

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Row, Rows
from archive.catalogue.times import known_us

_MOST_CLIPS: Final = 200
_REQUEST: Final = (
    *("index", "requested_at", "actor", "account", "case_id", "unit_id", "rule", "policy"),
    *(
        "decided_by",
        "purpose",
        "reason",
        "body",
        "sought",
        "until",
        "state",
        "granted_by",
        "granted_until",
    ),
    *("granted_until_us", "upto", "decided_index", "decided_at", "decided_actor"),
    *("decided_reason", "ended_at", "ended_why", "ended_actor", "ended_reason", "reviewed_at"),
    *("reviewed_actor", "reviewed_outcome", "reviewed_reason"),
)
_SESSION: Final = (
    *("account", "opened_at", "by", "name", "networks", "expires", "address", "agent"),
    *("moves", "ended_at", "ended_why"),
)


def _request(event: LedgerEvent, **members: object) -> Row:
    # None leaves what the row already says (writing.py).
    return {"id": event.subject, **dict.fromkeys(_REQUEST), **members}


def requested(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`access.requested`."""
    clips = data.texts("clips")
    if len(clips) > _MOST_CLIPS:
        raise MalformedEventError("clips")
    rows.requests.append(
        _request(
            event,
            index=event.index,
            requested_at=event.time,
            actor=event.actor,
            account=data.text("account"),
            case_id=data.text_or_none("case"),
            unit_id=data.text_or_none("unit"),
            rule=data.text("rule"),
            policy=data.fields("policy").text("object"),
            decided_by=data.text("decided_by"),
            purpose=data.text("purpose"),
            until=data.text("until"),
            reason=written.text_or_none("reason"),
            body=written.text_or_none("body"),
            sought=written.text_or_none("sought"),
            state="open",
        )
    )
    rows.request_clips += [{"request": event.subject, "clip": c} for c in dict.fromkeys(clips)]


def granted(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`access.granted`."""
    until = data.text("until")
    until_us = known_us(until)
    if until_us is None:
        raise MalformedEventError("until")
    rows.requests.append(
        _request(
            event,
            state="granted",
            granted_by=data.text("by"),
            granted_until=until,
            granted_until_us=until_us,
            upto=data.number("upto"),
            decided_index=event.index,
            decided_at=event.time,
            decided_actor=event.actor,
            decided_reason=written.text_or_none("reason"),
        )
    )


def declined(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`access.declined`."""
    rows.requests.append(
        _request(
            event,
            state="declined",
            decided_index=event.index,
            decided_at=event.time,
            decided_actor=event.actor,
            decided_reason=written.text_or_none("reason"),
        )
    )


def ended(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`access.ended`."""
    rows.requests.append(
        _request(
            event,
            state="ended",
            ended_at=event.time,
            ended_why=data.text("why"),
            ended_actor=event.actor,
            ended_reason=written.text_or_none("reason"),
        )
    )


def reviewed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`access.reviewed`."""
    rows.requests.append(
        _request(
            event,
            reviewed_at=event.time,
            reviewed_actor=event.actor,
            reviewed_outcome=data.text("outcome"),
            reviewed_reason=written.text_or_none("reason"),
        )
    )


def session_opened(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`session.opened`, `token.made`."""
    is_token = event.type == "token.made"
    networks = written.texts("networks") if is_token else []
    row: Row = {
        "account": data.text("account"),
        "opened_at": event.time,
        "by": "token" if is_token else data.text("by"),
        "expires": data.text_or_none("expires"),
        "name": written.text_or_none("name") if is_token else None,
        "networks": json.dumps(networks) if is_token else None,
        "address": written.text_or_none("address"),
        "agent": written.text_or_none("agent"),
    }
    rows.sessions.append({"id": event.subject, **dict.fromkeys(_SESSION), **row})


def session_moved(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    """`session.moved`."""
    rows.moved_sessions.append(
        {
            "the_session": event.subject,
            "address": written.text_or_none("address"),
            "agent": written.text_or_none("agent"),
        }
    )


def session_ended(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`session.ended`, `token.revoked`."""
    row: Row = {"ended_at": event.time, "ended_why": data.text("why")}
    rows.sessions.append({"id": event.subject, **dict.fromkeys(_SESSION), **row})


def proposed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`rights.proposed`."""
    rows.rights.append(
        {
            "index": event.index,
            "account": event.subject,
            "change": data.text("change"),
            "role": data.text_or_none("role"),
            "unit_id": data.text_or_none("unit"),
            "officer_id": data.text_or_none("officer"),
            "parent": data.text_or_none("parent"),
            "level": data.text_or_none("level"),
            "name": written.text_or_none("name"),
            "issuer": written.text_or_none("issuer"),
            "reason": written.text_or_none("reason"),
            "proposed_at": event.time,
            "proposed_actor": event.actor,
            "state": "open",
        }
    )


def decided(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`rights.confirmed`, `rights.rejected`, `rights.withdrawn`."""
    rows.decided_rights.append(
        {
            "the_index": data.number("proposed"),
            "state": event.type.partition(".")[2],
            "decided_at": event.time,
            "decided_actor": event.actor,
            "decided_reason": written.text_or_none("reason"),
        }
    )


def account_changed(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`account.changed`."""
    rows.changed_accounts.append(
        {
            "the_account": event.subject,
            "role": data.text("role"),
            "unit_id": data.text_or_none("unit"),
            "officer_id": data.text_or_none("officer"),
        }
    )


def account_enabled(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    """`account.enabled`."""
    nothing: Row = dict.fromkeys(("name", "role", "unit_id", "officer_id"))
    rows.accounts.append({"id": event.subject, **nothing, "disabled": False})


def unit_placed(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`unit.placed`."""
    rows.placed_units.append(
        {
            "the_unit": event.subject,
            "parent": data.text_or_none("parent"),
            "level": data.text_or_none("level"),
        }
    )
    rows.names_changed = event.index


def alarm_raised(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`alarm.raised`."""
    rows.alarms.append(
        {
            "index": event.index,
            "subject": event.subject,
            "code": data.text("code"),
            "account": data.text_or_none("account"),
            "count": data.number_or_none("count"),
            "request": data.text_or_none("request"),
            "clip": data.text_or_none("clip"),
            "raised_at": event.time,
        }
    )


def alarm_settled(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`alarm.settled`."""
    rows.settled_alarms.append(
        {
            "the_index": data.number("alarm"),
            "settled_at": event.time,
            "settled_actor": event.actor,
            "settled_reason": written.text_or_none("reason"),
        }
    )
