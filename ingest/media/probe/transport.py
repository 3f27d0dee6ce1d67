"""Packets of an MPEG transport stream: whether any are missing, and whether they are scrambled.

ISO/IEC 13818-1, 2.4.3. Reads the file once, from beginning to end, in blocks; decodes nothing. Any bytes give an
answer, in bounded memory.
"""

import os
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = 188 * 192 * 32  # a whole number of packets of either length: about a megabyte
_HEADER: Final = 6  # bytes that are looked at: header, length and flags of the adaptation field
_NULL_PID: Final = 0x1FFF
MAX_JUMPS: Final = 1000  # that are told; so often is a lost order looked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Where the counter of a PID goes on at another number, or where there is no packet at all.

    Attributes:
        start: the last byte before it that was in order, `end`: where order is back.
        missing: packets, at least; the counter goes round at 16.
    """

    pid: int | None
    start: int
    end: int
    missing: int


@dataclass(slots=True, kw_only=True)
class Packets:
    """What was counted."""

    packets: int = 0
    scrambled: int = 0
    jumps: list[Jump] = field(default_factory=list)
    jumped: int = 0  # how many there are in all
    rest: int = 0  # bytes of a last packet that is not all there


@dataclass(slots=True)
class _Counter:
    last: int
    place: int


Bytes = NDArray[Any]
Ticks = NDArray[np.int64]


def count_packets(file: BinaryIO) -> Packets:
    """Count a transport stream's packets and the jumps of its counters."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start, step = (0, 188) if file.read(1) == b"\x47" else (4, 192)
    counting = _Counting(file=file, size=size, start=start, step=step)
    position = resumed = 0
    while position + step <= size and resumed < MAX_JUMPS:
        file.seek(position)
        data = np.frombuffer(file.read(min(_BLOCK, size - position)), np.uint8)
        rows = data[: len(data) // step * step].reshape(-1, step)
        rows = np.ascontiguousarray(rows[:, start : start + _HEADER])  # once through the memory
        good = _in_step(rows)
        if good:
            counting.count(rows[:good], position)
        position += good * step
        if good < len(rows):
            position, resumed = counting.resume(position), resumed + 1
    counting.found.rest = size - position if resumed < MAX_JUMPS else 0
    return counting.found


def _in_step(rows: Bytes) -> int:
    """How many rows from the first begin with the sync byte."""
    wrong = np.flatnonzero(rows[:, 0] != 0x47)
    return int(wrong[0]) if len(wrong) else len(rows)


@dataclass(slots=True, kw_only=True)
class _Counting:
    """One pass over a stream of packets `step` bytes apart, each with its sync byte at `start`."""

    file: BinaryIO
    size: int
    start: int
    step: int
    found: Packets = field(default_factory=Packets)
    counters: dict[int, _Counter] = field(default_factory=dict)

    def resume(self, position: int) -> int:
        """Return where packets begin again: three sync bytes a packet apart. Notes what lies between."""
        here, ahead = position, self.start + 2 * self.step
        while here + ahead < self.size:
            self.file.seek(here)
            data = np.frombuffer(self.file.read(_BLOCK + ahead), np.uint8)
            room = len(data) - ahead
            if room <= 0:
                break
            places = (self.start + n * self.step for n in range(3))
            marks = np.logical_and.reduce([data[at : at + room] == 0x47 for at in places])
            good = np.flatnonzero(marks)
            if len(good):
                self._note(Jump(pid=None, start=position, end=here + int(good[0]), missing=0))
                return here + int(good[0])
            here += room
        self._note(Jump(pid=None, start=position, end=self.size, missing=0))
        return self.size

    def count(self, rows: Bytes, position: int) -> None:
        """Count packets that lie one after another from `position` on."""
        pids = ((rows[:, 1].astype(np.int32) & 0x1F) << 8) | rows[:, 2]
        self.found.packets += len(rows)
        self.found.scrambled += int(((rows[:, 3] >> 6 != 0) & (pids != _NULL_PID)).sum())
        # 2.4.3.3: the counter counts packets with a payload only; null packets' is undefined
        payload = (rows[:, 3] & 0x10) != 0
        # 2.4.3.5: an adaptation field may announce that the counter jumps
        announced = ((rows[:, 3] & 0x20) != 0) & (rows[:, 4] > 0) & ((rows[:, 5] & 0x80) != 0)
        for pid in np.unique(pids).tolist():
            own = np.flatnonzero((pids == pid) & payload)
            if pid != _NULL_PID and len(own):
                places = own * self.step + position
                self._jumps(pid, rows[own, 3] & 0x0F, places, announced[own])

    def _jumps(self, pid: int, numbers: Bytes, places: Ticks, announced: NDArray[np.bool_]) -> None:
        before, numbers = self.counters.get(pid), numbers.astype(np.int32)
        first = numbers[:1] - 1 if before is None else [before.last]
        ahead = (numbers - np.concatenate([first, numbers[:-1]])) & 0x0F
        # one repetition of a packet is allowed; it has the counter of the packet before
        for at in np.flatnonzero((ahead > 1) & ~announced).tolist():
            start = int(places[at - 1]) if at else before.place if before else int(places[0])
            end, missing = int(places[at]), int(ahead[at]) - 1
            self._note(Jump(pid=pid, start=start, end=end, missing=missing))
        self.counters[pid] = _Counter(int(numbers[-1]), int(places[-1]))

    def _note(self, jump: Jump) -> None:
        self.found.jumped += 1
        if len(self.found.jumps) < MAX_JUMPS:
            self.found.jumps.append(jump)
