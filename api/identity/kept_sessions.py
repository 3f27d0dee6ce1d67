"""Sessions in accounts.db: who is signed in now, since when, from where.

What always holds: a token is kept as its SHA-256 only; a session that ended stays a row, invalid, until the ledger
says that it ended (endings.py); what another process ends is over for every request that comes after. A session's
address is compared by its network (`network_of`).
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, cast

from api.errors import UnknownAccountError
from api.identity.file import digest_of
from api.identity.people import COLUMNS, Account, People, account_of_row, end_sessions, end_tokens
from archive.ids import new_id
from archive.settings.model import IdentitySettings

TOKEN_PREFIX: Final = "mt_"  # noqa: S105 - what tells a program's token from a session's
SEEN_EVERY: Final = 60  # seconds: a session's last use is written no more often
SET_BACK: Final = 120  # seconds that a clock may be set back by those who keep it right
_MOST_OVER: Final = 100_000
_MOST_SESSIONS: Final = 1_000  # kept as long as nobody writes to the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in that is valid now, or a program's token. `key` names it without being the token."""

    key: str
    account: Account
    expires: float  # Unix time
    id: str = ""  # "session-…" or "token-…", in the ledger
    by: str = "password"  # "password", "password+totp", "oidc", "token"
    peers: frozenset[str] = frozenset()  # networks that it came from; none: not known, any may be
    networks: tuple[str, ...] = ()  # of a token: where it may be used
    seen: float = 0.0  # its last use, to the minute


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """What a person is told of a session."""

    id: str
    by: str
    opened: float
    expires: float
    seen: float
    address: str
    agent: str


class Sessions(People):
    """The sessions of accounts.db."""

    settings: IdentitySettings

    def keep_sessions(self, settings: IdentitySettings) -> None:
        """Begin with nothing in memory."""
        self.settings = settings
        self._session_lock = threading.Lock()
        self._version: object = None  # of the file, when these were read
        self._looked: tuple[object, int] | None = (
            None  # in this turn: whose, and commits until then
        )
        self._sessions: dict[bytes, Session] = {}
        self._seen: dict[str, float] = {}  # newer than the file's
        self._over: set[bytes] = set()  # digests; kept_ends.py takes their rows away

    def expiry(self) -> float:
        """When a session that is opened now will end."""
        return self.clock() + self.settings.session_minutes * 60

    def open_session(
        self,
        account: Account,
        *,
        id: str | None = None,
        by: str = "password",
        address: str = "",
        agent: str = "",
        expires: float | None = None,
    ) -> tuple[str, Session]:
        """Sign an account in. Returns the token, which is kept nowhere, and the session.

        Raises:
            UnknownAccountError: it was disabled since its password was checked. Nothing was kept.
        """
        token, now, id_ = secrets.token_urlsafe(32), self.clock(), id or new_id("session")
        digest, ends = digest_of(token), self.expiry() if expires is None else expires
        peers = frozenset({network_of(address)} if address else ())
        with self.writing() as db:
            db.execute("DELETE FROM session WHERE expires <= ? AND ended IS NULL", (now,))
            db.execute("DELETE FROM session_peer WHERE session NOT IN (SELECT id FROM session)")
            alive = "UPDATE account SET signed_in = ? WHERE id = ? AND disabled = 0 RETURNING id"
            if db.execute(alive, (now, account.id)).fetchone() is None:
                raise UnknownAccountError("the account was disabled")
            db.execute(
                "INSERT INTO session (digest, id, account, way, opened, expires, seen, address, agent)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (digest, id_, account.id, by, now, ends, now, address, agent),
            )
            db.executemany("INSERT INTO session_peer VALUES (?, ?)", [(id_, p) for p in peers])
        return token, Session(
            key=digest.hex(), id=id_, account=account, expires=ends, by=by, peers=peers, seen=now
        )

    def session(self, token: str, *, anew: bool = False) -> Session | None:
        """Return the session of a token, a program's too, if it is valid now.

        Args:
            token: as it came.
            anew: ask the file although somebody did in this turn: for whoever did not come before the turn began.
        """
        digest = digest_of(token)
        # Another number after every commit of anybody, also of another process: what is older than that is forgotten.
        with self._session_lock:
            if digest in self._over:
                return None
            self._look(anew=anew)
            session = self._sessions.get(digest)
            if session is None:
                is_token = token.startswith(TOKEN_PREFIX)
                session = self._token(digest) if is_token else self._session(digest)
            if session is None or session.account.disabled:
                return None
            if self._is_over(session):
                if len(self._over) < _MOST_OVER:
                    self._over.add(digest)  # it stays so, however the clock is set
                return None
            self._sessions[digest] = session
            return session

    def _look(self, *, anew: bool) -> None:
        """Forget what was read of an older state of the file.

        Asked of the file once in a turn of the event loop, and after each commit of ours: requests that are answered
        in one turn had all come before its first look.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None  # a thread's question
        now = loop, self.commits
        if anew or loop is None or self._looked != now or len(self._sessions) >= _MOST_SESSIONS:
            version = self.one("PRAGMA data_version")
            if version != self._version or len(self._sessions) >= _MOST_SESSIONS:
                self._version, self._sessions = version, {}
            if loop is not None:
                self._looked = now
                loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._looked = None

    def _is_over(self, session: Session) -> bool:
        now = self.clock()
        idle = now - max(session.seen, self._seen.get(session.id, 0.0))
        # Used later than it is now: the clock was set back, and nobody can tell for how long it was left alone.
        return session.expires <= now or (
            session.by != "token" and not -SET_BACK <= idle <= self.settings.idle_minutes * 60
        )

    def _session(self, digest: bytes) -> Session | None:
        row = self.one(
            f"SELECT {COLUMNS}, s.digest, s.id, s.way, s.expires, s.seen"  # noqa: S608 - our own words
            " FROM session s JOIN account a ON a.id = s.account"
            " WHERE s.digest = ? AND s.ended IS NULL",
            digest,
        )
        if row is None or not hmac.compare_digest(cast(bytes, row[7]), digest):
            return None
        id_, by = str(row[8]), str(row[9])
        peers = self.rows("SELECT peer FROM session_peer WHERE session = ?", id_)
        return Session(
            key=digest.hex(),
            id=id_,
            account=account_of_row(row),
            expires=float(cast(float, row[10])),
            by=by,
            peers=frozenset(str(peer) for (peer,) in peers),
            seen=float(cast(float, row[11])),
        )

    def _token(self, digest: bytes) -> Session | None:
        row = self.one(
            f"SELECT {COLUMNS}, t.digest, t.id, t.rights, t.networks, t.expires, t.used"  # noqa: S608 - our own words
            " FROM token t JOIN account a ON a.id = t.account"
            " WHERE t.digest = ? AND t.ended IS NULL",
            digest,
        )
        if row is None or not hmac.compare_digest(cast(bytes, row[7]), digest):
            return None
        limits = None if row[9] is None else frozenset(str(row[9]).split())
        return Session(
            key=digest.hex(),
            id=str(row[8]),
            account=replace(account_of_row(row), limits=limits),
            expires=float(cast(float, row[11])),
            by="token",
            networks=tuple(str(row[10]).split()),
            seen=float(cast(float, row[12] or 0.0)),
        )

    def was_just_seen(self, session: Session) -> bool:
        """Whether its last use is written, or too young to be written again."""
        return abs(self.clock() - max(session.seen, self._seen.get(session.id, 0.0))) < SEEN_EVERY

    def touch(self, session: Session, *, address: str) -> None:
        """Keep that it was used now, and from where."""
        now = self.clock()
        if len(self._seen) >= _MOST_SESSIONS:
            self._seen.clear()
        self._seen[session.id] = now
        used = "UPDATE token SET used = ?, address = ? WHERE id = ?"
        seen = "UPDATE session SET seen = ?, address = ? WHERE id = ?"
        with self.writing() as db:
            db.execute(used if session.by == "token" else seen, (now, address, session.id))

    def came_from(self, session: Session, *, address: str) -> bool:
        """Keep that a session came from another network; False where that is known."""
        with self.writing() as db:
            found = db.execute(
                "INSERT OR IGNORE INTO session_peer VALUES (?, ?)",
                (session.id, network_of(address)),
            )
            return found.rowcount > 0

    def never_came_from(self, session: Session, *, address: str) -> None:
        """Undo `came_from`: the ledger does not know of it."""
        with self.writing() as db:
            values = (session.id, network_of(address))
            db.execute("DELETE FROM session_peer WHERE session = ? AND peer = ?", values)

    def sessions_of(self, account: str) -> list[OpenSession]:
        """The sessions of an account that are valid now, the newest use first."""
        now = self.clock()
        rows = self.rows(
            "SELECT id, way, opened, expires, seen, address, agent FROM session"
            " WHERE account = ? AND ended IS NULL AND expires > ? AND seen BETWEEN ? AND ?"
            " ORDER BY seen DESC, id",
            *(account, now, now - self.settings.idle_minutes * 60, now + SET_BACK),
        )
        return [_open_session(row) for row in rows]

    def close_session(self, token: str, *, why: str = "signed_out", by: str | None = None) -> None:
        """End a session. One that is unknown or over stays so."""
        with self.writing() as db:
            db.execute(
                "UPDATE session SET ended = ?, ended_by = ? WHERE digest = ? AND ended IS NULL",
                (why, by, digest_of(token)),
            )

    def end_session(self, account: str, id_: str, *, why: str, by: str) -> bool:
        """End a session of an account by its id; False where it has no such session."""
        with self.writing() as db:
            ended = db.execute(
                "UPDATE session SET ended = ?, ended_by = ? WHERE account = ? AND id = ? AND ended IS NULL",
                (why, by, account, id_),
            )
            return ended.rowcount > 0

    def close_sessions(
        self, account: Account, *, why: str, by: str | None = None, keep: str | None = None
    ) -> None:
        """End every session of an account but `keep`; its tokens too where its rights are others now."""
        with self.writing() as db:
            end_sessions(db, account.id, why=why, by=by, keep=keep)
            if why in {"disabled", "changed"}:
                end_tokens(db, account.id, why=why, by=by)


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """An address as it is compared: whoever has one IPv6 address has 2^64 of them (RFC 4291, 2.5.4)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
    return address


def _open_session(row: tuple[object, ...]) -> OpenSession:
    opened, expires, seen = (float(cast(float, value)) for value in row[2:5])
    return OpenSession(
        id=str(row[0]),
        by=str(row[1]),
        opened=opened,
        expires=expires,
        seen=seen,
        address=str(row[5]),
        agent=str(row[6]),
    )
