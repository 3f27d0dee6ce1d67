"""accounts.db: who may sign in, who is signed in, second factors and tokens, put together once.

What always holds: see the modules of its parts. This one only opens them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import argon2

from api.identity.kept_ends import Ends
from api.identity.kept_sessions import OpenSession, Session, network_of
from api.identity.kept_steps import Steps
from api.identity.people import (
    MAX_NAME,
    MAX_PASSWORD,
    MIN_PASSWORD,
    ROLES,
    Account,
    Role,
    check_password,
    name_digest,
    normalized,
)
from archive.settings.model import IdentitySettings

SESSION_SECONDS: Final = IdentitySettings().session_minutes * 60  # where nothing else is set

__all__ = [
    "MAX_NAME",
    "MAX_PASSWORD",
    "MIN_PASSWORD",
    "ROLES",
    "SESSION_SECONDS",
    "Account",
    "Accounts",
    "OpenSession",
    "Role",
    "Session",
    "check_password",
    "name_digest",
    "network_of",
    "normalized",
]


class Accounts(Steps, Ends):
    """The open accounts.db. Safe to use from several threads and processes."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        hasher: argon2.PasswordHasher | None = None,
        settings: IdentitySettings | None = None,
    ) -> None:
        super().__init__(path, clock=clock)
        self.hash_with(hasher or argon2.PasswordHasher())
        self.keep_sessions(settings or IdentitySettings())
