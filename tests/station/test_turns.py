"""Whose turn it is to write."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from muniment.ports.turns import BULK, SharedDisk, Turns
from tests.station.bench import until


def wait_for(turns: Turns, waiting: int) -> None:
    """Wait until so many stand in the line."""
    until(lambda: turns.waiting == waiting, 5)


def test_who_came_first_is_served_first() -> None:
    turns = Turns(at_once=1)
    served: list[int] = []

    def ask(number: int) -> None:
        with turns.turn():
            served.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    with turns.turn():
        for number, thread in enumerate(threads):
            thread.start()
            wait_for(turns, number + 1)
        assert served == []
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4, 5]
    with turns.turn():
        pass


def test_at_most_so_many_are_served_at_once() -> None:
    turns = Turns(at_once=2)
    inside, most, lock = 0, 0, threading.Lock()

    def ask() -> None:
        nonlocal inside, most
        for _ in range(50):
            with turns.turn():
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= 2


def test_a_turn_that_ends_in_an_error_is_given_on() -> None:
    turns = Turns(at_once=1)
    with pytest.raises(OSError, match="full"), turns.turn():
        raise OSError(28, "full")
    with turns.turn():
        assert turns.waiting == 0


def test_a_recorder_with_more_writers_gets_no_more_of_the_disk(tmp_path: Path) -> None:
    turns = Turns(at_once=1)
    greedy, modest = SharedDisk(turns), SharedDisk(turns)
    fd = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY)
    served: list[str] = []
    data = memoryview(bytes(BULK))

    def write(disk: SharedDisk, name: str) -> None:
        disk.write_at(fd, data, 0)
        served.append(name)

    with turns.turn():
        threads = [threading.Thread(target=write, args=(greedy, "greedy")) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for(turns, 1)
        # Four writers of one recorder are one in the line: the next in it is the other recorder.
        other = threading.Thread(target=write, args=(modest, "modest"))
        other.start()
        wait_for(turns, 2)
    for thread in [*threads, other]:
        thread.join()
    os.close(fd)
    assert served.index("modest") <= 2
    assert sorted(served) == ["greedy"] * 4 + ["modest"]


def test_what_is_small_waits_for_nobody(tmp_path: Path) -> None:
    turns = Turns(at_once=1)
    fd = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY)
    with turns.turn():
        SharedDisk(turns).write_at(fd, memoryview(b"a line of a journal"), 0)
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"a line of a journal"
