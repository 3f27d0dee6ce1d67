"""Setting up a second factor and taking it away, with the ledger told first."""

from __future__ import annotations

import asyncio
from typing import Any

from markupsafe import Markup

from api.identity.accounts import Account
from api.identity.kept_factors import address_of, picture_of
from api.service import Service
from archive.events import Event


async def setting_up(service: Service, account: Account) -> dict[str, Any]:
    """What a page or a program shows of a factor that is being set up: `secret`, `address`, `picture`.

    Raises:
        NotNowError: the account has one.
    """
    secret = await asyncio.to_thread(service.accounts.begin_factor, account)
    address = address_of(secret, account)
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    # Our own drawing of it: nothing of what anybody typed is in the markup.
    return {"secret": spaced, "address": address, "picture": Markup(picture_of(address))}  # noqa: S704 - made by segno, of no foreign text


async def confirm(service: Service, account: Account, code: str) -> list[str]:
    """Let the factor count; returns the recovery codes, to be shown once.

    Raises:
        WrongCodeError, NotNowError: nothing was changed.
        ArchiveError: it could not be recorded. Nothing was changed.
    """
    await asyncio.to_thread(service.accounts.demand_right_code, account, code)
    await service.recording.record(_event("account.factor_set", account, actor=account.id))
    return await asyncio.to_thread(service.accounts.confirm_factor, account, code)


async def remove(service: Service, account: Account, *, actor: str) -> None:
    """Ask for no code any more. Raises ArchiveError: it could not be recorded, and nothing was changed."""
    if await asyncio.to_thread(service.accounts.has_factor, account.id):
        await service.recording.record(_event("account.factor_removed", account, actor=actor))
    await asyncio.to_thread(service.accounts.remove_factor, account)


def _event(type_: str, account: Account, *, actor: str) -> Event:
    return Event(type=type_, subject=account.id, actor=actor, data={"kind": "totp"})
