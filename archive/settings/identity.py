"""The section about signing in. What a role may see is no setting."""

from __future__ import annotations

from typing import Final

from archive.settings.model import IdentitySettings
from archive.settings.table import Table

ROLES: Final = ("officer", "supervisor", "archivist", "reviewer", "oversight", "administrator")
_DAY: Final = 24 * 60


def read_identity(table: Table) -> IdentitySettings:
    """`[identity]`, without the tables below it. Raises SettingsError."""
    roles = table.read("second_factor", list, [])
    if not all(role in ROLES for role in roles):
        raise table.error("second_factor", f"has to be a list of roles: {', '.join(ROLES)}")
    return IdentitySettings(
        second_factor=frozenset(roles),
        bind_network=table.read("bind_network", bool, False),
        session_minutes=_minutes(table, "session_minutes", 12 * 60),
        idle_minutes=_minutes(table, "idle_minutes", 2 * 60),
    )


def _minutes(table: Table, name: str, default: int) -> int:
    minutes: int = table.read(name, int, default)
    if not 1 <= minutes <= _DAY:
        raise table.error(name, f"is {minutes}; it has to be 1 to {_DAY}")
    return minutes
