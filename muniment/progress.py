"""Progress bars: on a terminal only, on stderr, gone when the work is done. Elsewhere: nothing at all.

rich is imported when a bar is shown. It leaves colours out by itself where NO_COLOR asks for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from muniment.columns import pad, printable, shorten

Tell = Callable[[int, int, str], None]  # done, of how many, what is at work now
_NOTE_CELLS = 28


def on_a_terminal() -> bool:
    """Whether somebody could watch a bar."""
    return (
        sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    )


def _nothing(_done: int, _total: int, _note: str) -> None:
    return


@contextmanager
def bar(label: str, *, is_bytes: bool) -> Iterator[Tell]:
    """A bar for one piece of work; tell it how far the work is."""
    if not on_a_terminal():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False), BarColumn(20)]
    columns += [DownloadColumn(), TransferSpeedColumn()] if is_bytes else [MofNCompleteColumn()]
    columns.append(TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=None)

        def tell(done: int, total: int, note: str) -> None:
            text = pad(shorten(printable(note), _NOTE_CELLS), _NOTE_CELLS) if note else ""
            shown.update(task, completed=done, total=total, description=f"{label} {text}".rstrip())

        yield tell
