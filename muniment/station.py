"""The station: one process that docks what is plugged in, serves API and page, and has what follows done and shown.

What always holds: the page is up and evidence is safe without Prefect; one station per archive; SIGINT or
SIGTERM ends it, its dockings and its children within ten seconds. Log lines go to stderr.
"""

from __future__ import annotations

import fcntl
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import structlog

from archive.errors import ArchiveBusyError
from archive.opening import open_archive
from muniment.claim import claimed
from muniment.columns import printable_lines
from muniment.work import Work

if TYPE_CHECKING:
    from muniment.messages import Language
    from muniment.ports.screen import Screen
    from muniment.ports.usb import Usb

LOCK: Final = "station.lock"
PREFECT: Final = (
    "prefect"  # the folder of the orchestrator's data; may be deleted while no station runs
)
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class _AskedToEndError(Exception):
    """A signal asked the station to end."""


def run(
    root: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] | None = None,
    usb: Usb | None = None,
    screen: Language | None = None,
) -> int:
    """Run the station until SIGINT or SIGTERM. From the main thread.

    Args:
        root: of the archive.
        host: address of the page.
        port: of the page; 0 for a free one.
        ready: called with the page's address once requests are taken.
        usb: where recorders come from; None: nobody watches for any.
        screen: show bars for the ports on the terminal, in this language.

    Returns:
        0, after it was asked to end.

    Raises:
        ArchiveBusyError: another station runs on this archive.
        ArchiveError: as `open_archive`.
        OSError: the address cannot be used.
    """
    _log_to_stderr()
    try:
        with _ending_by_signal(), open_archive(root, write=True) as archive, _alone(root):
            # Late: the API and the orchestration take half a second to import.
            from api.serving import listen, serve
            from flows.children import Server
            from flows.desk import Desk, Rows
            from ingest.deriving.serving import WantingThread
            from muniment.cosigning import Cosigning
            from muniment.ports.screen import Screen
            from muniment.ports.watching import Ports, shared_by

            archive.catalogue.catch_up()
            work = Work(root)
            rows = Rows(pending=work.pending, done=work.done, claimed=partial(claimed, root))
            listening = listen(host, port)
            shared = shared_by(archive, usb)
            bars = None if screen is None else Screen(shared.board, screen)
            server = Server(root.absolute() / PREFECT)
            desk = Desk(archive, rows, server, told=shared.board.orchestrated)
            cosigning = Cosigning(archive, shared.board)
            wanting = WantingThread(archive)
            with desk, cosigning, wanting, Ports(shared, archive, watch=usb is not None) as ports:
                try:
                    serve(
                        archive,
                        host=host,
                        listening=listening,
                        ready=partial(_say_page, ready, bars),
                        desk=shared.board.view,
                        ending=shared.ending.ask,
                    )
                finally:
                    if bars is not None:
                        bars.stop()
                    desk.ask_to_end()
                    wanting.ask_to_end()
            stuck = not ports.ended_well
    except _AskedToEndError:
        stuck = False
    if stuck:
        # A docking that waits for a dead disk or a recorder would hold the process. All else is closed.
        sys.stderr.flush()
        os._exit(0)
    return 0


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Be the only station here. The kernel lets go when we die. Raises ArchiveBusyError."""
    fd = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise ArchiveBusyError(f"a station runs on {root} already") from e
        yield
    finally:
        os.close(fd)


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """The first signal ends the block; while it ends, further ones change nothing."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise _AskedToEndError

    before = {number: signal.signal(number, asked) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_page(ready: Callable[[str], None] | None, bars: Screen | None, page: str) -> None:
    structlog.get_logger(__name__).info("the page is up", page=page)
    if ready is not None:
        ready(page)
    if bars is not None:
        bars.start()


class _Stderr(io.StringIO):
    """Whatever stderr is at the moment: bars on a terminal put themselves in its place.

    What recorders call themselves and their clips stands in log lines too, and does not steer a terminal.
    """

    def write(self, text: str, /) -> int:
        """Write there."""
        return sys.stderr.write(printable_lines(text))

    def flush(self) -> None:
        """Flush that."""
        sys.stderr.flush()


def _log_to_stderr() -> None:
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
            logger_factory=structlog.PrintLoggerFactory(_Stderr()),
        )
