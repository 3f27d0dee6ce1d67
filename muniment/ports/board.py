"""The board: what every port shows, kept by the workers, read by the page, the screen and `/metrics`.

What always holds: a change is seen by the next view, whole; a view never waits for a recorder or a disk. It is memory
only: what is evidence is in the ledger.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from api.desk import Arrival, OrchestrationView, PortState, PortView, Sentence, StationView, Totals

_ARRIVALS: Final = 30
_GONE_SHOWN: Final = 600.0  # seconds that a pulled recorder stays on the board
_MOST_PORTS: Final = 64  # shown and counted apart; an endless row of port names is somebody's trick
_SPEED_OVER: Final = 5.0  # seconds


def utc_now() -> str:
    """The host's clock, RFC 3339 UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Tile:
    """One port's part of the board. Written by one worker at a time."""

    def __init__(self, board: Board, port: str) -> None:
        self.port = port
        self._board = board
        self._view = PortView(port=port, state="new", since=utc_now())
        self._read: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()
        self.left_at: float | None = None  # monotonic: when its recorder went

    def show(self, **changes: Any) -> None:
        """Change what is shown; fields of PortView."""
        with self._lock:
            if changes.get("state", self._view.state) != self._view.state:
                changes["since"] = utc_now()
            self._view = replace(self._view, **changes)

    def state(
        self, state: PortState, reason: Sentence | None = None, *, may_unplug: bool = False
    ) -> None:
        """Enter a state."""
        self.show(state=state, reason=reason, may_unplug=may_unplug)

    def warn(self, sentence: Sentence) -> None:
        """Add a warning, once."""
        with self._lock:
            known = sentence in self._view.warnings
            warnings = (*self._view.warnings, sentence)
        if not known:
            self.show(warnings=warnings)

    def read(self, length: int) -> None:
        """So many bytes came from the recorder. From any thread."""
        now = time.monotonic()
        with self._lock:
            self._read.append((now, length))
            while self._read and self._read[0][0] < now - _SPEED_OVER:
                self._read.popleft()
        self._board.count_bytes(self.port, length)

    def view(self) -> PortView:
        """What it shows, with its speed of the last seconds."""
        now = time.monotonic()
        with self._lock:
            view = self._view
            recent = [(t, n) for t, n in self._read if t >= now - _SPEED_OVER]
        if view.state != "copying" or not recent:
            return view
        speed = sum(n for _, n in recent) / max(1.0, now - recent[0][0])
        left = max(0, view.bytes - view.bytes_done)
        return replace(view, speed=speed, seconds_left=left / speed if speed else None)


class Board:
    """The tiles of all ports."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tiles: dict[str, Tile] = {}
        self._arrivals: deque[Arrival] = deque(maxlen=_ARRIVALS)
        self._ends: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._bugs = self._drifts = 0
        self._station: dict[str, Any] = {"watching": False}

    def tile(self, port: str) -> Tile:
        """A new tile for a port, in the place of the one before."""
        tile = Tile(self, port)
        with self._lock:
            self._tiles[port] = tile
        return tile

    def leave(self, tile: Tile, *, keep: bool) -> None:
        """Its recorder was unplugged; the tile goes, or stays a while where that has to be seen."""
        with self._lock:
            tile.left_at = time.monotonic()
            if not keep and self._tiles.get(tile.port) is tile:
                del self._tiles[tile.port]

    def came_back(self, recorder: str, tile: Tile) -> None:
        """A recorder is plugged in again, perhaps elsewhere: it is gone no more."""
        with self._lock:
            old = [
                port
                for port, other in self._tiles.items()
                if other is not tile and other.left_at and other.view().recorder == recorder
            ]
            for port in old:
                del self._tiles[port]

    def arrived(self, arrival: Arrival) -> None:
        """A receipt was given."""
        with self._lock:
            self._arrivals.appendleft(arrival)

    def ended(self, how: str) -> None:
        """A docking ended so; `how` is one of a few words."""
        with self._lock:
            self._ends[how] += 1

    def count_bytes(self, port: str, length: int) -> None:
        """So many bytes came from a port."""
        with self._lock:
            known = port in self._bytes or len(self._bytes) < _MOST_PORTS
            self._bytes[port if known else "other"] += length

    def bug(self) -> None:
        """A worker ended by a fault of ours."""
        with self._lock:
            self._bugs += 1

    def drifted(self) -> None:
        """A clock runs off faster than it may."""
        with self._lock:
            self._drifts += 1

    def station(self, **changes: Any) -> None:
        """Change what is shown of the station as a whole; fields of StationView."""
        with self._lock:
            self._station |= changes

    def orchestrated(self, up: bool, waiting: int) -> None:
        """Whether Prefect is there, and how many dockings are not yet done and shown there."""
        with self._lock:
            before = self._station.get("orchestration")
            since = before.since if before is not None and before.up == up else utc_now()
            view = OrchestrationView(up=up, since=since, waiting=waiting)
            self._station["orchestration"] = view

    def view(self) -> StationView:
        """Everything, at this moment."""
        now = time.monotonic()
        with self._lock:
            for port, tile in list(self._tiles.items()):
                if tile.left_at is not None and now - tile.left_at > _GONE_SHOWN:
                    del self._tiles[port]
            tiles = [self._tiles[port] for port in sorted(self._tiles, key=_by_number)]
            totals = Totals(
                dockings=dict(self._ends),
                bytes=dict(self._bytes),
                bugs=self._bugs,
                drifts=self._drifts,
            )
            arrivals, station = tuple(self._arrivals), dict(self._station)
        ports = tuple(tile.view() for tile in tiles[:_MOST_PORTS])
        return StationView(ports=ports, arrivals=arrivals, totals=totals, **station)


def _by_number(port: str) -> tuple[tuple[int, str], ...]:
    """Ports in the order of their numbers: 1-2 before 1-10."""
    words = port.replace("-", ".").split(".")
    return tuple((int(word) if word.isdecimal() else -1, word) for word in words)
