"""Sign-ins that are half done, in accounts.db: the password was right, something is still missing.

What always holds: a step is known by a token that is kept as its digest only, good for ten minutes, from the network
that it began on, and once; it shows nothing and lets nobody in. A new password or a disabled account ends it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from api.errors import NotNowError, UnknownAccountError
from api.identity.file import digest_of
from api.identity.kept_factors import Factors
from api.identity.kept_sessions import SET_BACK
from api.identity.people import Account

Stage = Literal["code", "factor", "password"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
SECONDS: Final = 10 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is missing: a code, a second factor of its own, or a password of its own."""

    account: Account
    stage: Stage
    by: str  # how it signed in so far, as in `session.opened`


class Steps(Factors):
    """The half-done sign-ins of accounts.db, and resets that wait for a second person."""

    def begin_step(self, account: Account, *, stage: Stage, by: str, peer: str) -> str:
        """Keep a step. Returns its token, which is kept nowhere."""
        token, now = secrets.token_urlsafe(32), self.clock()
        with self.writing() as db:
            db.execute("DELETE FROM step WHERE expires <= ?", (now,))
            db.execute(
                "INSERT INTO step (digest, account, stage, way, peer, expires) VALUES (?, ?, ?, ?, ?, ?)",
                (digest_of(token), account.id, stage, by, peer, now + SECONDS),
            )
        return token

    def step(self, token: str, *, peer: str) -> Step | None:
        """The step of a token, where it is good here and now."""
        now = self.clock()
        row = self.one(
            # No longer than ten minutes from now either: then the clock was set back since it began.
            "SELECT account, stage, way FROM step WHERE digest = ? AND peer = ? AND expires > ? AND expires <= ?",
            *(digest_of(token), peer, now, now + SECONDS + SET_BACK),
        )
        if row is None:
            return None
        try:
            account = self.by_id(str(row[0]))
        except UnknownAccountError:
            return None
        if account.disabled:
            return None
        return Step(account=account, stage=cast(Stage, row[1]), by=str(row[2]))

    def end_step(self, token: str) -> bool:
        """Use a step up; False where somebody else did."""
        with self.writing() as db:
            return db.execute("DELETE FROM step WHERE digest = ?", (digest_of(token),)).rowcount > 0

    def ask_reset(self, account: Account, *, by: str) -> None:
        """Keep that somebody wants the account to get a new password. The newest word counts."""
        with self.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO reset (account, asked_by, at) VALUES (?, ?, ?)",
                (account.id, by, self.clock()),
            )

    def reset_asked_by(self, account: str) -> str | None:
        """Who wants that, if anybody."""
        row = self.one("SELECT asked_by FROM reset WHERE account = ?", account)
        return None if row is None else str(row[0])

    def resets(self) -> dict[str, str]:
        """Every account for which that is wanted, and by whom."""
        return {str(a): str(by) for a, by in self.rows("SELECT account, asked_by FROM reset")}

    def drop_reset(self, account: str) -> None:
        """Nobody wants it any more.

        Raises:
            NotNowError: nobody did.
        """
        with self.writing() as db:
            if not db.execute("DELETE FROM reset WHERE account = ?", (account,)).rowcount:
                raise NotNowError("nobody asked for a new password for this account")
