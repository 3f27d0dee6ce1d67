"""Accounts, proposals, units, officers and alarms as documents, with the names that people know them by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.documents import Document
from api.rights.units import Tree, upwards
from archive.catalogue.rights_queries import AlarmRow, RightsRow
from archive.catalogue.rows import AccountRow, OfficerRow, UnitRow
from archive.opening import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids are called, read once for one answer."""

    units: Tree
    officers: Mapping[str, OfficerRow]
    accounts: Mapping[str, AccountRow]

    @staticmethod
    def of(archive: Archive) -> Names:
        """Read them."""
        catalogue = archive.catalogue
        return Names(
            units=catalogue.unit_tree(),
            officers={row.id: row for row in catalogue.officers()},
            accounts={row.id: row for row in catalogue.accounts()},
        )

    def unit(self, id_: str | None) -> str | None:
        """A unit's name; its id where it has none."""
        row = self.units.get(id_) if id_ else None
        return id_ if row is None else row.name or row.id

    def place(self, id_: str) -> dict[str, str | None] | None:
        """Where a unit stands now."""
        row = self.units.get(id_)
        return None if row is None else {"parent": self.unit(row.parent), "level": row.level}

    def badge(self, id_: str | None) -> str | None:
        """An officer's badge number; the id where there is none."""
        row = self.officers.get(id_) if id_ else None
        return id_ if row is None else row.badge or row.id

    def who(self, id_: str | None) -> str | None:
        """An account's user name; what an entry says where it is none (`local-0`, a station)."""
        row = self.accounts.get(id_) if id_ else None
        return id_ if row is None else row.name or row.id


def account(row: AccountRow, names: Names, last: Mapping[str, str]) -> Document:
    """An account; nothing of passwords."""
    return {
        "account": row.id,
        "user": row.name,
        "role": row.role,
        "unit": names.unit(row.unit_id),
        "badge": names.badge(row.officer_id),
        "disabled": row.disabled,
        "last_sign_in": last.get(row.id),
    }


def proposal(row: RightsRow, names: Names) -> Document:
    """A proposed change, and how it was decided."""
    now = names.accounts.get(row.account)
    user = row.name if row.change == "add" else (now.name if now else None)
    return {
        "proposal": row.index,
        "change": row.change,
        "account": row.account,
        "user": names.unit(row.account) if row.change == "place" else user,
        "role": row.role,
        "unit": names.unit(row.unit_id),
        "badge": names.badge(row.officer_id),
        "parent": names.unit(row.parent),
        "level": row.level,
        "identity": row.name if row.change == "identity" else None,
        "issuer": row.issuer,
        "reason": row.reason,
        "proposed_by": names.who(row.proposed_actor),
        "proposed_at": row.proposed_at,
        "state": row.state,
        "decided_by": names.who(row.decided_actor),
        "decided_at": row.decided_at,
        "decided_reason": row.decided_reason,
    }


def unit(row: UnitRow, tree: Tree) -> Document:
    """A unit, and the units above it from the top down."""
    above = [u.name or u.id for u in upwards(tree, row.id) if u.id != row.id]
    return {
        "unit": row.id,
        "name": row.name,
        "parent": row.parent,
        "level": row.level,
        "above": above[::-1],
    }


def officer(row: OfficerRow, names: Names) -> Document:
    """An officer of the register."""
    return {
        "officer": row.id,
        "badge": row.badge,
        "name": row.name,
        "unit": names.unit(row.unit_id),
        "registered": row.registered,
    }


def alarm(row: AlarmRow, names: Names, *, footage: bool) -> Document:
    """An alarm; `footage`: whether its reader may know of clips and requests."""
    # What is about a request is about who asked; an administrator learns no more of it.
    of_request = row.request is not None and row.subject == row.request
    about = row.account if of_request else row.subject
    return {
        "alarm": row.index,
        "code": row.code,
        "subject": row.subject if footage else about,
        "about": names.unit(names.who(about)),
        "by": names.who(row.account),
        "count": row.count,
        "request": row.request if footage else None,
        "clip": row.clip if footage else None,
        "raised_at": row.raised_at,
        "settled_at": row.settled_at,
        "settled_by": names.who(row.settled_actor),
        "settled_reason": row.settled_reason,
    }
