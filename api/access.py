"""Who may see and do what: the rules, as pure functions of an account and what is asked for.

What always holds: what no rule allows is refused. The rules are mission.md's "Who sees what". How a request is tied to
an account, and that a refusal is in the ledger, is gate.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, Protocol

from api.identity.accounts import Account, Role


class Right(Enum):
    """What a role may do at all; on which clips is `covers`' answer."""

    SEARCH = "search"  # find clips, read facts, custody and proofs
    FOOTAGE = "footage"  # originals and every rendition, posters included
    CASES = "cases"  # read cases
    LINK = "link"  # open cases, link and unlink clips
    BUNDLES = "bundles"  # the ledger's entry bundles: everybody's events
    INTEGRITY = "integrity"  # checkpoint, audits
    DESK = "desk"  # what is plugged in at the station; no footage
    ACCOUNTS = "accounts"  # who may do what: propose, decide, disable; the officers' register
    UNITS = "units"  # add units and place them in the tree
    ALARMS = "alarms"  # what somebody has to look at; a supervisor's own unit's
    SETTLE = "settle"  # say that somebody did
    PACKAGE = "package"  # make evidence packages, footage and all, and fetch them
    REGISTERS = "registers"  # who is certified, who has which recorder; no footage and no case
    VOLUMES = "volumes"  # close a case's volume and open it again; merge and split subjects
    SYSTEMS = "systems"  # the page of the three systems; each part of it names a right of its own
    LISTS = "lists"  # write drafts of lists
    PUBLISH_LISTS = "publish_lists"  # publish what another person drafted
    RETAIN = "retain"  # place and lift holds, say to which category a clip or a case belongs
    DISPOSE = "dispose"  # propose a disposal, approve another person's
    DISPATCH = "dispatch"  # bring dispatch and case data of other systems in
    STATISTICS = "statistics"  # counts; a supervisor's own unit's
    EXCUSE = "excuse"  # say why something of one's unit is late
    PUBLICATIONS = (
        "publications"  # propose and check what the public is told; the figures of a year
    )
    PUBLISH = "publish"  # approve what others proposed and checked, withdraw
    ASK = "ask"  # ask to see footage beyond one's role; who decides on it is approval's

    # Each is there once: its own look-up by name, in Python, is most of the time that a check takes.
    __hash__ = object.__hash__


_LOOKS_AFTER: Final = frozenset({Right.ALARMS, Right.SETTLE, Right.REGISTERS})
_ASKS: Final = frozenset({Right.ASK, Right.SYSTEMS})
RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    "officer": _ASKS
    | {Right.SEARCH, Right.FOOTAGE, Right.CASES, Right.LINK, Right.INTEGRITY, Right.PUBLICATIONS},
    "supervisor": _ASKS
    | _LOOKS_AFTER
    | {Right.SEARCH, Right.FOOTAGE, Right.CASES, Right.LINK, Right.INTEGRITY, Right.DESK}
    | {Right.STATISTICS, Right.DISPATCH, Right.EXCUSE, Right.LISTS, Right.RETAIN}
    | {Right.PUBLICATIONS, Right.PUBLISH},
    # Footage only by a granted request, or while making a package.
    "archivist": _ASKS
    | _LOOKS_AFTER
    | {Right.SEARCH, Right.CASES, Right.BUNDLES, Right.INTEGRITY, Right.DESK, Right.UNITS}
    | {Right.STATISTICS, Right.DISPATCH, Right.VOLUMES, Right.PACKAGE, Right.RETAIN, Right.DISPOSE}
    | {Right.PUBLICATIONS},
    "oversight": _ASKS
    | _LOOKS_AFTER
    | {Right.SEARCH, Right.CASES, Right.BUNDLES, Right.INTEGRITY}
    | {Right.STATISTICS, Right.LISTS, Right.PUBLISH_LISTS, Right.DISPOSE}
    | {Right.PUBLICATIONS, Right.PUBLISH},
    # The clips of cases under review: by grants, and those they have by duty.
    "reviewer": _ASKS | {Right.SEARCH, Right.CASES, Right.INTEGRITY},
    # Alarms may be about what they did: they see them, and others settle them.
    "administrator": frozenset(
        {Right.INTEGRITY, Right.DESK, Right.ACCOUNTS, Right.UNITS, Right.ALARMS, Right.SYSTEMS}
        | {Right.REGISTERS}
    ),
}
# What a token with fewer rights than its owner may be made for. None of it changes anything.
BY_TOKEN: Final[dict[str, frozenset[Right]]] = {
    "search": frozenset({Right.SEARCH, Right.CASES}),
    "footage": frozenset({Right.SEARCH, Right.CASES, Right.FOOTAGE}),
    "ledger": frozenset({Right.BUNDLES, Right.INTEGRITY}),
}
_SEES_ALL: Final[frozenset[Role]] = frozenset({"archivist", "oversight"})


# Where nobody has to sign in (contract: all else is 401, also what does not exist).
_OPEN: Final = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",
        "/sign-in",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
        "/api/v1/session",
        "/api/v1/openapi.json",
        "/api/v1/docs",
        "/ledger/checkpoint",
        "/ledger/checkpoint.cosigned",
    }
)
_OPEN_BELOW: Final = re.compile(r"/static/|/ledger/tile/[0-9]")


class OwnedClip(Protocol):
    """What decides whose a clip is; fixed when it was acquired."""

    @property
    def unit_id(self) -> str | None:
        """The unit it belongs to."""

    @property
    def officer_id(self) -> str | None:
        """Whose recorder it came from."""


def is_open(path: str) -> bool:
    """Whether a path is one of the few that need no signing in."""
    return path in _OPEN or _OPEN_BELOW.match(path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which clips an account may know of."""

    all: bool
    units: frozenset[str]
    officers: frozenset[str]
    requests: frozenset[str] = (
        frozenset()
    )  # granted, and in force; what they open, the catalogue knows

    def covers(self, clip: OwnedClip) -> bool:
        """Whether the clip is among them by role alone; `gate.covers` asks for grants too."""
        return self.all or clip.unit_id in self.units or clip.officer_id in self.officers


def may(account: Account, right: Right) -> bool:
    """Whether the account's role has the right, and its token where it came with one."""
    return right in RIGHTS.get(account.role, frozenset()) and within(account, right)


def within(account: Account, right: Right) -> bool:
    """Whether a token allows the right; whoever signed in has no such limits."""
    limits = account.limits
    return limits is None or any(right in BY_TOKEN[name] for name in limits if name in BY_TOKEN)


@lru_cache(maxsize=1024)
def reach(account: Account) -> Reach:
    """Which clips the account may know of."""
    units = {account.unit} if account.role == "supervisor" else set()
    officers = {account.officer} if account.role == "officer" else set()
    return Reach(
        all=account.role in _SEES_ALL,
        units=frozenset(u for u in units if u is not None),
        officers=frozenset(o for o in officers if o is not None),
    )
