"""Slow work for visitors: few at once, nobody in the way of others, one too many is refused and not queued."""

from __future__ import annotations

import asyncio
import threading

import pytest

from api.errors import NotReadyError
from api.workshop import MOST, MOST_EACH, Workshop


def test_one_account_has_few_and_others_have_their_turn() -> None:
    go = threading.Event()

    async def scene() -> None:
        shop = Workshop("test")
        mine = [asyncio.ensure_future(shop.do("me", lambda: go.wait(10))) for _ in range(MOST_EACH)]
        await asyncio.sleep(0)
        with pytest.raises(NotReadyError):
            await shop.do("me", lambda: True)
        theirs = asyncio.ensure_future(shop.do("they", lambda: True))
        # What answers searches is not what works here.
        assert await asyncio.wait_for(asyncio.to_thread(lambda: True), 5)
        go.set()
        assert await asyncio.gather(*mine, theirs) == [True] * (MOST_EACH + 1)
        assert await shop.do("me", lambda: True)

    asyncio.run(scene())


def test_there_are_never_more_than_so_many_in_all() -> None:
    go = threading.Event()

    async def scene() -> None:
        shop = Workshop("test")
        waiting = [
            asyncio.ensure_future(shop.do(f"account-{n // MOST_EACH}", lambda: go.wait(10)))
            for n in range(MOST)
        ]
        await asyncio.sleep(0)
        with pytest.raises(NotReadyError):
            await shop.do("one more", lambda: True)
        go.set()
        await asyncio.gather(*waiting)

    asyncio.run(scene())


def test_work_that_fails_gives_its_place_back() -> None:
    async def scene() -> None:
        shop = Workshop("test")
        for _ in range(MOST_EACH + 1):
            with pytest.raises(ZeroDivisionError):
                await shop.do("me", lambda: 1 // 0)

    asyncio.run(scene())
