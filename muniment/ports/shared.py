"""What the workers of all ports share: the archive's place, its disk and room, the board, and whether to end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from archive.settings import Settings
from muniment.ports.board import Board
from muniment.ports.makers import Makers
from muniment.ports.room import Room
from muniment.ports.turns import Turns
from muniment.ports.usb import Usb


class Ending:
    """Whether the station is to end. `ask` may be called by a signal handler: it takes no lock."""

    def __init__(self) -> None:
        self._asked = False
        self._event = threading.Event()

    def ask(self) -> None:
        """End soon: whoever is at work looks at this several times a second."""
        self._asked = True

    def ask_and_wake(self) -> None:
        """As `ask`, and whoever sleeps wakes. Not from a signal handler."""
        self._asked = True
        self._event.set()

    @property
    def asked(self) -> bool:
        """Whether it was asked for."""
        return self._asked

    def sleep(self, seconds: float) -> bool:
        """Sleep at most so long; whether the end was asked for."""
        return self._event.wait(0.0 if self._asked else seconds) or self._asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """See the module."""

    root: Path
    settings: Settings
    usb: Usb
    board: Board
    room: Room
    makers: Makers | None = None  # where the settings name a maker's library
    turns: Turns = field(default_factory=Turns)
    ending: Ending = field(default_factory=Ending)
    pauses: tuple[float, ...] = (
        1.0,
        5.0,
    )  # seconds after the first failures in a row; then it waits for a replug
    archive_pause: float = 10.0  # seconds until an archive that failed is tried again
    look: float = 0.5  # seconds between two looks at whoever else holds something
