"""Programs' tokens in accounts.db: a name, an end, the networks that one may be used from, and what it may do.

What always holds: a token is kept as its SHA-256 only and shown once; it is never worth more than its owner is at that
moment; one without networks does not exist. Looking one up is `Sessions.session`.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from api.errors import InvalidInputError, NotNowError, UnknownAccountError
from api.identity.file import digest_of
from api.identity.kept_sessions import TOKEN_PREFIX, Sessions
from api.identity.people import Account

RIGHTS: Final = ("search", "footage", "ledger")
MOST_DAYS: Final = 366
MOST_TOKENS: Final = 50  # of one account, valid at the same time
_MOST_NETWORKS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What was asked for, checked."""

    name: str
    days: int
    networks: tuple[str, ...]
    rights: frozenset[str] | None  # None: all that the owner has


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptToken:
    """What its owner is told of a token."""

    id: str
    name: str
    rights: tuple[str, ...] | None
    networks: tuple[str, ...]
    made: float
    expires: float
    used: float | None
    address: str | None  # of its last use


def new_token(
    *, name: str, days: int, networks: Sequence[str], rights: Sequence[str] | None
) -> NewToken:
    """Check what was asked for.

    Raises:
        InvalidInputError: says which value, and why.
    """
    shown = name.strip()
    if not 1 <= len(shown) <= 100 or not shown.isprintable():
        raise InvalidInputError("name: 1 to 100 printable characters")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInputError(f"days: 1 to {MOST_DAYS}")
    if not 1 <= len(networks) <= _MOST_NETWORKS:
        raise InvalidInputError(f"networks: 1 to {_MOST_NETWORKS} networks, like 192.0.2.0/24")
    known = None if rights is None else frozenset(rights)
    if known is not None and (not known or not known <= set(RIGHTS)):
        raise InvalidInputError(f"rights: one or more of {', '.join(RIGHTS)}")
    ranges = tuple(dict.fromkeys(_network(text) for text in networks))
    return NewToken(name=shown, days=days, networks=ranges, rights=known)


@lru_cache(maxsize=1024)
def may_come_from(networks: tuple[str, ...], address: str) -> bool:
    """Whether an address is in one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in ipaddress.ip_network(network) for network in networks)


class Tokens(Sessions):
    """The tokens of accounts.db."""

    def make_token(self, account: Account, new: NewToken, *, id: str, expires: float) -> str:
        """Keep a token; it is returned, and kept nowhere.

        Raises:
            UnknownAccountError: the account was disabled. Nothing was kept.
        """
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        rights = None if new.rights is None else " ".join(sorted(new.rights))
        with self.writing() as db:
            alive = db.execute("SELECT 1 FROM account WHERE id = ? AND disabled = 0", (account.id,))
            if alive.fetchone() is None:
                raise UnknownAccountError("the account was disabled")
            db.execute(
                "INSERT INTO token (digest, id, account, name, rights, networks, made, expires)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(digest_of(token), id, account.id, new.name, rights),
                    *(" ".join(new.networks), self.clock(), expires),
                ),
            )
        return token

    def demand_room_for_token(self, account: str) -> None:
        """Raise NotNowError where an account has as many tokens as it may have."""
        if len(self.tokens_of(account)) >= MOST_TOKENS:
            raise NotNowError(f"an account has at most {MOST_TOKENS} tokens; revoke one first")

    def tokens_of(self, account: str) -> list[KeptToken]:
        """The tokens of an account that are valid now, the newest first."""
        rows = self.rows(
            "SELECT id, name, rights, networks, made, expires, used, address FROM token"
            " WHERE account = ? AND ended IS NULL AND expires > ? ORDER BY made DESC, id",
            *(account, self.clock()),
        )
        return [_kept(row) for row in rows]

    def end_token(self, account: str, id_: str, *, by: str) -> bool:
        """End a token of an account at once; False where it has no such token."""
        with self.writing() as db:
            ended = db.execute(
                "UPDATE token SET ended = 'revoked', ended_by = ? WHERE account = ? AND id = ? AND ended IS NULL",
                (by, account, id_),
            )
            return ended.rowcount > 0


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError as e:
        raise InvalidInputError(f"networks: {text[:60]!r} is no network like 192.0.2.0/24") from e


def _kept(row: tuple[object, ...]) -> KeptToken:
    rights = None if row[2] is None else tuple(str(row[2]).split())
    return KeptToken(
        id=str(row[0]),
        name=str(row[1]),
        rights=rights,
        networks=tuple(str(row[3]).split()),
        made=float(cast(float, row[4])),
        expires=float(cast(float, row[5])),
        used=None if row[6] is None else float(cast(float, row[6])),
        address=None if row[7] is None else str(row[7]),
    )
