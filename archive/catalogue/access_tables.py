"""Tables of who asked to see, who is signed in, and whose rights are to change. See schema.py.

What always holds: what decides or ends a row is a later entry; the newest word counts.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from archive.catalogue.base import INDEX, id_column, metadata

requests: Final = Table(
    "requests",
    metadata,
    id_column(),
    Column("index", BigInteger),  # of `access.requested`; NULL: never asked, only spoken of
    Column("requested_at", Text),
    Column("actor", Text),  # who typed it
    Column("account", Text),  # who wants to see
    Column("case_id", Text),  # NULL: the clips of request_clips
    Column("unit_id", Text),
    Column("rule", Text),
    Column("policy", Text),  # digest
    Column("decided_by", Text),
    Column("purpose", Text),
    Column("reason", Text),
    Column("body", Text),
    Column("sought", Text),  # what was typed: a case number, or ids of clips
    Column("until", Text),  # asked for
    Column("state", Text),  # open, granted, declined, ended
    Column("granted_by", Text),  # head, county_head, duty, emergency
    Column("granted_until", Text),
    Column("granted_until_us", BigInteger),
    Column("upto", BigInteger),  # links to the case made by entries below this index count
    Column("decided_index", BigInteger),
    Column("decided_at", Text),
    Column("decided_actor", Text),
    Column("decided_reason", Text),
    Column("ended_at", Text),
    Column("ended_why", Text),
    Column("ended_actor", Text),
    Column("ended_reason", Text),
    Column("reviewed_at", Text),
    Column("reviewed_actor", Text),
    Column("reviewed_outcome", Text),
    Column("reviewed_reason", Text),
    Index("requests_account", "account", "state", "index"),
    Index("requests_state", "state", "index"),
    Index("requests_unit", "unit_id", "state", "index"),
)
request_clips: Final = Table(
    "request_clips",
    metadata,
    Column("request", Text, primary_key=True),
    Column("clip", Text, primary_key=True),
    Index("request_clips_clip", "clip", "request"),
    sqlite_with_rowid=False,
)
sessions: Final = Table(
    "sessions",
    metadata,
    id_column(),
    Column("account", Text),
    Column("opened_at", Text),
    Column("by", Text),  # password, password+totp, oidc, token
    Column("name", Text),  # of a token
    Column("networks", Text),  # JSON list, of a token
    Column("expires", Text),
    Column("address", Text),  # the newest
    Column("agent", Text),
    Column("moves", BigInteger),  # NULL: always from one address
    Column("ended_at", Text),
    Column("ended_why", Text),
    Index("sessions_account", "account", "opened_at"),
)
rights: Final = Table(
    "rights",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("change", Text, nullable=False),  # add, set, enable, identity, place
    Column("role", Text),
    Column("unit_id", Text),
    Column("officer_id", Text),
    Column("parent", Text),  # of a unit that is to be placed: then `account` is that unit
    Column("level", Text),
    Column("name", Text),
    Column("issuer", Text),  # of an identity at a provider
    Column("reason", Text),
    Column("proposed_at", Text, nullable=False),
    Column("proposed_actor", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, confirmed, rejected, withdrawn
    Column("decided_at", Text),
    Column("decided_actor", Text),
    Column("decided_reason", Text),
    Index("rights_state", "state", "index"),
    Index("rights_account", "account", "index"),
)
alarms: Final = Table(
    "alarms",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("account", Text),
    Column("count", BigInteger),
    Column("request", Text),
    Column("clip", Text),
    Column("raised_at", Text, nullable=False),
    Column("settled_at", Text),
    Column("settled_actor", Text),
    Column("settled_reason", Text),
    Index("alarms_settled", "settled_at", "index"),
    Index("alarms_account", "account", "index"),
)
