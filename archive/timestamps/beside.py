"""Work in a thread of its own that nobody has to wait for: a program that ends does not wait for a mute authority.

`concurrent.futures` and asyncio join their threads when the interpreter ends; these are left where they stand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def beside(work: Callable[[], T]) -> Future[T]:
    """Begin it; the future has what it answers or raises."""
    future: Future[T] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as e:  # noqa: BLE001 - handed over to whoever asks the future
            future.set_exception(e)

    threading.Thread(target=do, name="beside", daemon=True).start()
    return future
