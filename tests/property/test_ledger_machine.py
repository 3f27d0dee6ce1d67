"""The ledger, taken through anything that may happen to it, against a list.

After every step a stranger who reads only what is published finds a whole log, and what was
acknowledged is there once and in order.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import draft, new_ledger, outside, signer

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
counts = st.integers(1, 4) | st.sampled_from([255, 256, 257, 600])


class LedgerMachine(RuleBasedStateMachine):
    """One ledger, two writers that hold it open at once, and crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.root = new_ledger(self.folder / "a")
        self.file = self.root / "ledger/entries/000000000000"
        self.one: Ledger | None = Ledger(self.root, signer())
        self.two: Ledger | None = Ledger(self.root, signer())
        self.model: list[int] = []
        self.next = 0
        self.reader = LedgerReader(self.root)

    def teardown(self) -> None:
        for ledger in (self.one, self.two):
            if ledger is not None:
                ledger.close()
        shutil.rmtree(self.folder)

    def _ledger(self, second: bool) -> Ledger:
        ledger = self.two if second else self.one
        if ledger is None:
            ledger = Ledger(self.root, signer())
            if second:
                self.two = ledger
            else:
                self.one = ledger
        return ledger

    def _drafts(self, count: int) -> range:
        self.next += count
        return range(self.next - count, self.next)

    @rule(second=st.booleans(), count=counts)
    def append(self, second: bool, count: int) -> None:
        numbers = self._drafts(count)
        entries = self._ledger(second).append([draft(n) for n in numbers])
        assert [e.index for e in entries] == list(
            range(len(self.model), len(self.model) + len(numbers))
        )
        self.model += numbers

    @rule(second=st.booleans())
    def publish(self, second: bool) -> None:
        ledger = self._ledger(second)
        ledger.publish()
        assert outside(self.root).size >= ledger.size

    @rule(second=st.booleans())
    def close(self, second: bool) -> None:
        self._ledger(second).close()
        if second:
            self.two = None
        else:
            self.one = None

    @rule(count=counts, part=st.floats(0, 1), last_bytes=st.integers(1, 3) | st.none())
    def torn_by_a_crash(self, count: int, part: float, last_bytes: int | None) -> None:
        """A third process is killed with some of its batch in the file."""
        before = self.file.read_bytes()
        copied = self.folder / "copy"
        shutil.copytree(self.root / "ledger", copied / "ledger")
        shutil.copytree(self.root / "keys", copied / "keys")
        with Ledger(copied, signer()) as ledger:
            ledger.append([draft(n) for n in self._drafts(count)])
        batch = (copied / "ledger/entries/000000000000").read_bytes()[len(before) :]
        shutil.rmtree(copied)
        cut = len(batch) - last_bytes if last_bytes else int(part * (len(batch) - 1))
        with self.file.open("ab") as file:
            file.write(batch[:cut])

    @rule(junk=st.binary(max_size=60))
    def torn_with_junk(self, junk: bytes) -> None:
        with self.file.open("ab") as file:
            file.write(junk)

    @precondition(lambda self: self.one is None and self.two is None)
    @rule(what=st.sampled_from(["writer.state", "ledger/tile", "ledger/checkpoint"]))
    def lose_what_is_derived(self, what: str) -> None:
        path = self.root / what
        if path.is_dir():
            shutil.rmtree(path)
        else:
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()
        Ledger(self.root, signer()).close()

    @invariant()
    def a_stranger_finds_a_whole_log(self) -> None:
        seen = outside(self.root)
        found = [e.data["number"] for e in LedgerReader(self.root).entries(0, seen.size)]
        assert found == self.model[: seen.size]

    @invariant()
    def readers_find_what_was_acknowledged(self) -> None:
        assert self.reader.size() == len(self.model)
        assert [e.data["number"] for e in LedgerReader(self.root).entries()] == self.model
        start = len(self.model) // 2
        tail = [e.data["number"] for e in self.reader.entries(start)]
        assert tail == self.model[start:]


LedgerMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase
