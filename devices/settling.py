"""When what is seen on a USB port may be believed. Pure: sightings and times in, decisions out.

Holds: a port's state is given out once it stood still for `settle` seconds, so a recorder that comes, goes and comes
again is one; a port that never stands still holds up no other. What is not whole yet (a disk whose partitions have not
appeared) is waited for, but not longer than `patience`; once it is, it need stand still for a fraction only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_FRACTION: Final = 0.3


@dataclass(slots=True)
class _Port(Generic[T]):
    seen: T | None  # what is there now
    since: float  # as it is now
    whole: bool
    appeared: float  # something is there since
    completed: bool = False  # it was there before, not whole
    believed: T | None = None  # what was given out


class Settling(Generic[T]):
    """The states of all ports; see the module."""

    def __init__(self, *, settle: float, patience: float) -> None:
        self._settle = settle
        self._patience = patience
        self._ports: dict[str, _Port[T]] = {}

    def observe(self, now: float, seen: Mapping[str, tuple[T, bool]]) -> list[T]:
        """Take in one look at all ports: what is at each, and whether it is whole.

        Returns:
            What is believed to be there, in the order of the ports.
        """
        for name in seen.keys() | self._ports.keys():
            thing, whole = seen.get(name, (None, True))
            self._note(name, thing, whole=whole, now=now)
        return [
            port.believed for _, port in sorted(self._ports.items()) if port.believed is not None
        ]

    def due(self) -> float | None:
        """When to look again at the latest; None where every port is settled."""
        times = [self._due(port) for port in self._ports.values() if port.seen != port.believed]
        return min(times, default=None)

    def _note(self, name: str, thing: T | None, *, whole: bool, now: float) -> None:
        port = self._ports.get(name)
        if port is None:
            port = self._ports[name] = _Port(seen=thing, since=now, whole=whole, appeared=now)
        elif (port.seen, port.whole) != (thing, whole):
            if port.seen is None:
                port.appeared = now
            port.completed = whole and not port.whole
            port.seen, port.since, port.whole = thing, now, whole
        if port.seen != port.believed and now >= self._due(port):
            port.believed = port.seen
        if port.seen is None and port.believed is None:
            del self._ports[name]

    def _due(self, port: _Port[T]) -> float:
        settled = port.since + self._settle
        if port.completed:
            settled = max(port.appeared + self._settle, port.since + self._settle * _FRACTION)
        return settled if port.whole else max(settled, port.appeared + self._patience)
