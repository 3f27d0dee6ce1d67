"""A station's ports on a bench: a real archive, real threads, recorders at the end of a fake cable."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from api.desk import PortView, StationView
from archive.audit import audit
from archive.opening import Archive, create_archive, open_archive
from muniment.ports.shared import Shared
from muniment.ports.usb import Usb
from muniment.ports.watching import Ports, shared_by
from tests.fakes.plugs import Cable

MB = 1_000_000
T = TypeVar("T")


@dataclass(kw_only=True)
class Bench:
    """What a test of the ports needs."""

    archive: Archive
    shared: Shared
    cable: Cable
    ports: Ports

    def view(self) -> StationView:
        """The board."""
        return self.shared.board.view()

    def port(self, name: str) -> PortView | None:
        """One port's part of it."""
        return next((port for port in self.view().ports if port.port == name), None)

    def reaches(self, name: str, *states: str, seconds: float = 30) -> PortView:
        """Wait until a port is in one of these states."""
        seen: list[str] = []

        def look() -> PortView | None:
            port = self.port(name)
            if port is not None and (not seen or seen[-1] != port.state):
                seen.append(port.state)
            return port if port is not None and port.state in states else None

        return until(look, seconds, lambda: f"{name} went through {seen}: {self.port(name)}")

    def moves(self, name: str, size: int) -> None:
        """Wait until so many bytes came from a port."""

        def look() -> bool:
            port = self.port(name)
            return port is not None and port.bytes_done > size

        until(look, 20, lambda: f"{name} does not move: {self.port(name)}")

    def types(self) -> Counter[str]:
        """How many entries there are of each type."""
        return Counter(entry.type for entry in self.archive.reader.entries())

    def is_whole(self) -> bool:
        """Whether the audit finds nothing."""
        self.archive.ledger.publish()
        return audit(self.archive.root).findings == ()


def until(
    what: Callable[[], T | None],
    seconds: float,
    otherwise: Callable[[], str] = lambda: "not in time",
) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)
    return answer


def make_root(folder: Path) -> Path:
    """A new archive."""
    create_archive(folder, origin="station.test/ports", unit="North")
    return folder


@contextmanager
def running(root: Path, cable: Cable) -> Iterator[Bench]:
    """A station's ports, without its page and its flows."""
    with open_archive(root, write=True) as archive:
        shared = shared_by(
            archive, Usb(watch=lambda: cable, open=cable.open, strangers=cable.strangers)
        )
        shared = replace(shared, pauses=(0.05, 0.1), archive_pause=0.3, look=0.05)
        with Ports(shared, archive) as ports:
            yield Bench(archive=archive, shared=shared, cable=cable, ports=ports)


def make_recorder(folder: Path, *sizes: int, seed: str = "") -> Path:
    """A recorder with clips of these sizes; no two have the same bytes."""
    folder.mkdir(parents=True)
    for number, size in enumerate(sizes):
        stamp = f"{seed or folder.name} {number} ".encode()
        piece = (stamp * (4096 // len(stamp) + 1))[:4096]
        with (folder / f"{number:05}.mp4").open("wb") as file:
            for at in range(0, size, len(piece)):
                file.write((piece[:-8] + at.to_bytes(8, "big"))[: size - at])
    return folder
