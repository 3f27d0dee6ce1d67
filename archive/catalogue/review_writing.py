"""Rows of requests, sign-ins, rights, alarms, markers and documents into tables. See writing.py."""

from __future__ import annotations

from typing import Final

from archive.catalogue.projected import Rows
from archive.catalogue.statements import Writer, insert, merge, run

_ONLY_ADDED: Final = (
    *("request_clips", "rights", "alarms", "plays", "stills", "markers", "documents"),
    "document_links",
)
# What a later entry says of a row that an earlier one made. In the ledger's order; the last word counts.
_LATER: Final = {
    "moved_sessions": "UPDATE sessions SET address = :address, agent = coalesce(:agent, agent),"
    " moves = coalesce(moves, 0) + 1 WHERE id = :the_session",
    "decided_rights": "UPDATE rights SET state = :state, decided_at = :decided_at,"
    " decided_actor = :decided_actor, decided_reason = :decided_reason"
    " WHERE \"index\" = :the_index AND state = 'open'",
    "changed_accounts": "UPDATE accounts SET role = :role, unit_id = :unit_id,"
    " officer_id = :officer_id WHERE id = :the_account",
    "placed_units": "UPDATE units SET parent = :parent, level = :level WHERE id = :the_unit",
    "settled_alarms": "UPDATE alarms SET settled_at = :settled_at, settled_actor = :settled_actor,"
    ' settled_reason = :settled_reason WHERE "index" = :the_index AND settled_at IS NULL',
    "removed_markers": "UPDATE markers SET removed_at = :removed_at, removed_actor = :removed_actor,"
    " removed_reason = :removed_reason"
    " WHERE id = :the_id AND clip = :the_clip AND removed_at IS NULL",
    "removed_documents": "UPDATE documents SET removed_at = :removed_at,"
    " removed_actor = :removed_actor, removed_reason = :removed_reason"
    " WHERE id = :the_id AND case_id = :the_case AND removed_at IS NULL",
    "unlinked_documents": "UPDATE document_links SET unlinked_at = :unlinked_at,"
    " unlinked_actor = :unlinked_actor, unlinked_reason = :unlinked_reason"
    " WHERE id = :the_id AND case_id = :the_case AND unlinked_at IS NULL",
}


def write_review(connection: Writer, rows: Rows) -> None:
    """Write what one stretch of the ledger adds to these tables. After units and accounts."""
    merge(connection, "requests", rows.requests)
    merge(connection, "sessions", rows.sessions)
    for table in _ONLY_ADDED:
        insert(connection, table, getattr(rows, table))
    for name, statement in _LATER.items():
        run(connection, statement, getattr(rows, name))
