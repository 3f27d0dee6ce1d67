"""What ended by its time, written down in accounts.db, so that no clock that is set back brings it back.

What always holds: a session or token whose time was over when somebody looked is no row any more; a grant that was over
then is named here for good. A clock that was wrongly ahead while somebody looked ended those for good too: they are
opened or asked for anew. Not here: what nobody looked at while it was over (the service looks every minute).
"""

from __future__ import annotations

from collections.abc import Iterable

from api.identity.file import AccountsFile
from archive.settings.model import IdentitySettings


class Ends(AccountsFile):
    """The part of accounts.db that knows what is over."""

    settings: IdentitySettings

    def ends_of_grants(self) -> frozenset[str]:
        """Requests whose grants were seen to be over."""
        return frozenset(str(id_) for (id_,) in self.rows("SELECT id FROM over"))

    def end_grants(self, requests: Iterable[str]) -> None:
        """Keep that these grants are over. Raises AccountsError: nothing was kept."""
        now = self.clock()
        with self.writing() as db:
            rows = [(request, now) for request in requests]
            db.executemany("INSERT OR IGNORE INTO over (id, at) VALUES (?, ?)", rows)

    def end_by_time(self) -> None:
        """Remove the sessions and tokens whose time is over. Raises AccountsError."""
        now = self.clock()
        idle = now - self.settings.idle_minutes * 60
        # What ended otherwise stays until the ledger says so.
        session = "FROM session WHERE ended IS NULL AND (expires <= ? OR seen < ?)"
        token = "FROM token WHERE ended IS NULL AND expires <= ?"  # noqa: S105 - a statement
        if not (self.one(f"SELECT 1 {session}", now, idle) or self.one(f"SELECT 1 {token}", now)):
            return
        with self.writing() as db:
            db.execute(f"DELETE {session}", (now, idle))
            db.execute(f"DELETE {token}", (now,))
            db.execute("DELETE FROM session_peer WHERE session NOT IN (SELECT id FROM session)")
