"""Changes of rights for a visitor: in a thread, for a person and not a program's token, seen at once by who asks next.

What always holds: what these return is durable in ledger and accounts.db; the sessions that a change ends are over,
and the ledger says so.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import structlog

from api.errors import ApiError, InvalidInputError, NotFoundError, NotInPersonError
from api.gate import Visitor, refuse
from api.identity import registering
from api.identity.accounts import ROLES, Account, normalized
from api.identity.endings import endings
from api.rights import changes, locally
from api.rights.changes import Confirmed, Wanted
from api.rights.errors import NoProviderError, OwnRightsError
from api.rights.keeping import mend
from api.service import Service
from archive.catalogue.rights_queries import RightsRow
from archive.catalogue.rows import AccountRow
from archive.errors import ArchiveError
from archive.ids import is_id, new_id

MOST_TEXT: Final = 1000
MOST_NAME: Final = 128
_log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")


async def mended(service: Service) -> None:
    """At the start: accounts.db follows the ledger again, where a crash came between. A fault is logged, no more."""
    try:
        ids = await asyncio.to_thread(mend, service.archive, service.accounts)
        if ids:
            _log.warning("accounts.db followed the ledger", accounts=len(ids))
        await endings(service)  # also of sessions that ended while the ledger could not say so
    except (ApiError, ArchiveError, OSError) as error:
        # Who is asked for a change is told; until then accounts.db says what it said when it was last written.
        _log.error("accounts.db could not follow the ledger", detail=str(error))


async def in_person(service: Service, visitor: Visitor) -> None:
    """Raise NotInPersonError, recorded, where a program's token asks: rights are changed by people."""
    if visitor.session.by == "token":
        await refuse(service, visitor, code=NotInPersonError.code)
        raise NotInPersonError("sign in to change rights; a token may not")


async def add(service: Service, visitor: Visitor, asked: Mapping[str, str]) -> int:
    """Propose a new account: `user`, `role`, `unit`, `badge`, `reason`. Answers with the proposal's index.

    Raises:
        InvalidInputError: a value is missing or malformed. And as `changes.propose`.
    """
    await service.freshness.for_search()
    rights = _rights(service, asked)
    wanted = Wanted(
        account=new_id("account"),
        change="add",
        name=normalized(asked.get("user", "")),
        reason=reason_of(asked),
        **rights,
    )
    return await _propose(service, visitor, wanted)


async def change(
    service: Service, visitor: Visitor, account: AccountRow, asked: Mapping[str, str]
) -> int:
    """Propose another role, unit or officer of an account; what is not named stays. Raises as `add`."""
    kept = {
        "role": account.role or "",
        "unit": account.unit_id or "",
        "badge": account.officer_id or "",
    }
    rights = _rights(service, {**kept, **asked})
    wanted = Wanted(account=account.id, change="set", reason=reason_of(asked), **rights)
    return await _propose(service, visitor, wanted)


async def enable(
    service: Service, visitor: Visitor, account: AccountRow, asked: Mapping[str, str]
) -> int:
    """Propose to let a disabled account sign in again. Raises as `add`."""
    wanted = Wanted(account=account.id, change="enable", reason=reason_of(asked))
    return await _propose(service, visitor, wanted)


async def tie(
    service: Service, visitor: Visitor, account: AccountRow, asked: Mapping[str, str]
) -> int:
    """Propose that a person at the single sign-on provider comes in as this account: `identity`. Raises as `add`.

    Raises:
        NoProviderError: none is configured.
    """
    provider = service.archive.settings.identity.oidc
    if provider is None:
        raise NoProviderError("no single sign-on provider is configured")
    name = asked.get("identity", "").strip()
    if (
        not 0 < len(name) <= 255 or not name.isprintable()
    ):  # OpenID Connect Core 1.0, 2: at most 255 characters
        raise InvalidInputError("the name at the provider has 1 to 255 printable characters")
    wanted = Wanted(
        account=account.id,
        change="identity",
        reason=reason_of(asked),
        name=name,
        issuer=provider.issuer,
    )
    return await _propose(service, visitor, wanted)


async def place(service: Service, visitor: Visitor, unit: str, asked: Mapping[str, str]) -> int:
    """Propose where a unit stands: `parent`, `level`, `reason`; both are said anew. Raises as `add`."""
    await service.freshness.for_search()
    if not is_id(unit, "unit") or service.archive.catalogue.unit(unit) is None:
        raise NotFoundError("no such unit")
    wanted = Wanted(
        account=unit,
        change="place",
        reason=reason_of(asked),
        parent=unit_of(service, asked.get("parent", "")),
        level=asked.get("level") or None,
    )
    return await _propose(service, visitor, wanted)


async def confirm(service: Service, visitor: Visitor, index: int) -> Confirmed:
    """Make a proposed change. Raises as `changes.confirm`."""
    await in_person(service, visitor)

    def do() -> Confirmed:
        return changes.confirm(
            service.archive, service.accounts, actor=visitor.account, index=index
        )

    return await changing(service, do)


async def reject(service: Service, visitor: Visitor, index: int, reason: str) -> RightsRow:
    """Say no. Raises as `changes.reject`."""
    await in_person(service, visitor)
    why = reason_of({"reason": reason})

    def do() -> RightsRow:
        return changes.reject(
            service.archive, service.accounts, actor=visitor.account, index=index, reason=why
        )

    return await changing(service, do)


async def withdraw(service: Service, visitor: Visitor, index: int) -> RightsRow:
    """Take back one's own proposal. Raises as `changes.withdraw`."""
    await in_person(service, visitor)

    def do() -> RightsRow:
        return changes.withdraw(
            service.archive, service.accounts, actor=visitor.account, index=index
        )

    return await changing(service, do)


async def disable(service: Service, visitor: Visitor, account: AccountRow) -> Account:
    """Lock an account out at once; one person is enough.

    Raises:
        OwnRightsError: it is the visitor's own: whoever is left could not let anybody in again.
    """
    await in_person(service, visitor)
    if account.id == visitor.account.id:
        raise OwnRightsError("another administrator disables your account")

    def do() -> Account:
        return registering.disable(
            service.archive,
            service.accounts,
            actor=visitor.account.id,
            name=account.name or "",
        )

    return await changing(service, do)


async def untie(service: Service, visitor: Visitor, account: AccountRow) -> int:
    """Take every identity off an account at once; answers with how many. Raises UnknownAccountError."""
    await in_person(service, visitor)

    def do() -> int:
        return locally.untie(
            service.archive,
            service.accounts,
            actor=visitor.account.id,
            account=service.accounts.by_id(account.id),
        )

    return await changing(service, do)


def identities_of(service: Service, account: str) -> list[str]:
    """Whom the provider knows an account as."""
    rows = service.accounts.rows("SELECT subject FROM identity WHERE account = ?", account)
    return sorted(str(row[0]) for row in rows)


async def account_of(service: Service, id_: str) -> AccountRow:
    """An account by its id. Raises NotFoundError."""
    await service.freshness.for_search()
    row = service.archive.catalogue.account(id_) if is_id(id_, "account") else None
    if row is None:
        raise NotFoundError("no such account")
    return row


def unit_of(service: Service, typed: str) -> str | None:
    """A unit by its id or name; None where nothing is typed. Raises InvalidInputError."""
    if not typed.strip():
        return None
    catalogue = service.archive.catalogue
    row = None
    if plain(typed):
        row = catalogue.unit(typed) if is_id(typed, "unit") else catalogue.unit_by_name(typed)
    if row is None:
        raise InvalidInputError(f"no unit {typed.strip()[:MOST_NAME]!r}")
    return row.id


async def _propose(service: Service, visitor: Visitor, wanted: Wanted) -> int:
    await in_person(service, visitor)

    def do() -> int:
        return changes.propose(
            service.archive, service.accounts, actor=visitor.account, wanted=wanted
        )

    return await changing(service, do)


def _rights(service: Service, asked: Mapping[str, str]) -> dict[str, str | None]:
    role = asked.get("role", "")
    if role not in ROLES:
        raise InvalidInputError(f"a role is one of {', '.join(ROLES)}")
    unit, badge = unit_of(service, asked.get("unit", "")), asked.get("badge", "").strip()
    if role == "supervisor" and unit is None:
        raise InvalidInputError("a supervisor has a unit")
    catalogue = service.archive.catalogue
    officer = None
    if badge and not plain(badge):
        raise InvalidInputError("a badge number has no control characters")
    if badge:
        row = catalogue.officer(badge) if is_id(badge, "officer") else None
        row = row or catalogue.officer_by_badge(badge)
        if row is None:
            raise InvalidInputError(f"no officer {badge[:MOST_NAME]!r}")
        officer = row.id
    if role == "officer" and officer is None:
        raise InvalidInputError("an officer's account has a badge number")
    return {"role": role, "unit": unit, "officer": officer}


def reason_of(asked: Mapping[str, str]) -> str:
    """Why, in words that may be written down. Raises InvalidInputError."""
    reason = asked.get("reason", "").strip()
    if not 0 < len(reason) <= MOST_TEXT or not plain(reason):
        raise InvalidInputError(f"give a reason of at most {MOST_TEXT} characters")
    return reason


def plain(text: str) -> bool:
    """Whether a text has no control characters but ends of lines."""
    return all(c in "\n\r\t" or unicodedata.category(c) not in {"Cc", "Cs"} for c in text)


async def changing(service: Service, do: Callable[[], _Result]) -> _Result:
    """Do it in a thread; what it ended is in the ledger, and what it changed is seen, on return. Raises as it does."""
    try:
        result = await asyncio.to_thread(do)
    finally:
        service.freshness.changed()
    await endings(service)
    await service.freshness.for_search()
    return result
