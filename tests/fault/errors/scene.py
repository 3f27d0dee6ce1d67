"""An archive, a recorder and a machine whose disk fails: made once, put back before every run.

A trial is one command with one fault in it, and afterwards what must hold: an honest exit status, no traceback, all
promises at once (tests/fault/lab/promises.py) and, on a disk that is well again, one ordinary docking. Every second
trial takes the power away only after that docking: what a failed sync left in memory must not have been trusted.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.errors import ArchiveError
from tests.fault.errors.machine import LOST, Fault, Machine, Ran
from tests.fault.errors.plan import drawn, faults_of
from tests.fault.lab.promises import Promises, copied
from tests.fault.lab.runs import Lab, Row

OLD: Final = {"old.mp4": b"o" * 5000}
NEW: Final = {"a.mp4": b"a" * 10_000, "b.mp4": b"b" * (3 << 20), "c.txt": b"a" * 10_000}
SERIAL: Final = "A1"
HONEST: Final = frozenset({0, 1, 3, 5})
_MADE_NS: Final = 1_780_000_000_000_000_000
_KINDS_OF_TRUST: Final = ("archive/store", "archive/ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command under trial."""

    argv: Sequence[str]
    said: str = ""  # on stdin
    new: bool = False  # the recorder has clips that the archive does not have
    honest: frozenset[int] = HONEST
    ready: Sequence[Sequence[str]] = ()  # commands before it
    after: Callable[[Scene, Ran], None] | None = None  # what must hold besides


@dataclass(slots=True)
class Scene:
    """See the module."""

    machine: Machine
    kept: Path  # the archive as it was made, outside of what fails
    clip: str = ""

    @property
    def archive(self) -> Path:
        """ROOT."""
        return self.machine.root / "archive"

    @property
    def card(self) -> Path:
        """The recorder."""
        return self.machine.root / "card"

    @property
    def out(self) -> Path:
        """A folder for what a command writes elsewhere."""
        return self.machine.root / "out"

    def make(self) -> None:
        """The archive that every trial begins with: one clip in one case, one account."""
        self._fill(OLD)
        self.whole("init", "--origin", "station.example/1")
        self.whole("case", "open", "1", "--title", "one")
        done = self.whole(*self.docking(), "--case", "1")
        self.clip = done.document["clips"][0]["clip"]
        self.whole(
            "user", "add", "ann", "--role", "archivist", "--password-stdin", said="correct horse 1"
        )
        shutil.copytree(self.archive, self.kept, symlinks=True)

    def docking(self) -> list[str]:
        """The words of an ordinary docking."""
        return ["dock", str(self.card), "--recorder", SERIAL, "--no-derive"]

    def run(self, *argv: str, fault: Fault | None = None, said: str = "") -> Ran:
        """A command on this archive."""
        return self.machine.run("--root", str(self.archive), *argv, fault=fault, said=said)

    def whole(self, *argv: str, said: str = "") -> Ran:
        """A command that must go well."""
        ran = self.run(*argv, said=said)
        assert ran.status == 0, (argv, ran)
        return ran

    def back(self, order: Order, *, whole: bool = True) -> None:
        """Everything as it was made, then what the order needs."""
        shutil.rmtree(self.archive, ignore_errors=True)
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        copied(self.kept, self.archive)
        self._fill(OLD | NEW if order.new else OLD)
        self.machine.fresh(whole=whole)
        for words in order.ready:
            self.whole(*words)

    def calls(self, order: Order) -> list[tuple[str, str]]:
        """What a healthy run of an order does: kinds of calls, and paths."""
        self.back(order)
        with self.machine.traced() as calls:
            ran = self.run(*order.argv, said=order.said)
        assert ran.status == 0, ran
        return calls

    def faults(self, order: Order, *, below: str = "archive") -> list[Fault]:
        """Every way in which an order can be disturbed."""
        return faults_of(self.calls(order), below=below)

    def trial(self, order: Order, fault: Fault, *, late: bool, whole: bool = True) -> str | None:
        """One run; what was seen, or None where the call did not come.

        Args:
            order: the command.
            fault: in it.
            late: the power goes only after the next docking.
            whole: the disk passes for one that syncfs reaches.

        Raises:
            AssertionError: a promise was broken.
        """
        self.back(order, whole=whole)
        promises = Promises(self.archive, OLD | NEW if order.new else OLD, serial=SERIAL)
        promises.shown()
        ran = self.run(*order.argv, fault=fault, said=order.said)
        if not ran.fired:
            return None
        self._is_honest(order, fault, ran)
        promises.acknowledged({**ran.document, "clips": ran.clips})
        if order.after is not None:
            order.after(self, ran)
        if fault.way == LOST and late:
            next_one = self.whole(*self.docking())
            promises.acknowledged(next_one.document)
        lost = self.machine.power_goes()
        promises.check()
        promises.settle(self.card)
        return _sentence(ran.status, lost=bool(lost))

    def trials(self, row: Row, order: Order, faults: Iterable[Fault]) -> None:
        """Many of them; all are run before a broken promise is told."""
        problems = []
        for number, fault in enumerate(faults):
            try:
                late, whole = number % 2 == 0, number % 4 < 2
                if (seen := self.trial(order, fault, late=late, whole=whole)) is not None:
                    row.saw(seen)
            except (AssertionError, ArchiveError, OSError) as e:
                problems.append(f"{order.argv[0]}, {fault}: {type(e).__name__} {e}")
        assert not problems, "\n\n".join(problems)

    # Parts of the above

    def _fill(self, clips: dict[str, bytes]) -> None:
        self.card.mkdir(exist_ok=True)
        for path in self.card.iterdir():
            if path.name not in clips:
                path.unlink()
        for name, data in clips.items():
            path = self.card / name
            if not path.exists():
                path.write_bytes(data)
                os.utime(path, ns=(_MADE_NS, _MADE_NS))  # put back, it is the same clip again

    def _is_honest(self, order: Order, fault: Fault, ran: Ran) -> None:
        """What it said is true: nobody is told that all is well after a sync that failed."""
        told = f"{ran.call} of {ran.path} failed, exit {ran.status}: {ran.document.get('error')} {ran.said}"
        assert ran.status in order.honest, told
        assert "Traceback" not in ran.said, told
        assert "Exception ignored" not in ran.said, told
        if ran.status == 0:
            assert "error" not in ran.document, told
        elif "error" in ran.document:
            assert ran.document["error"]["reason"].strip(), told
        else:
            told_of = [c for c in ran.clips if c["code"]]
            told_of += ran.document.get("findings", [])
            # A package that is whole but for a timestamp says which authority gave none, and why.
            told_of += [r for r in ran.document.get("timestamps_refused", []) if r["reason"]]
            assert told_of or ran.said.strip(), told
        if fault.kind == "sync" and ran.path.startswith(_KINDS_OF_TRUST):
            # An interrupted call is no failed one: it is made again (PEP 475).
            assert ran.status or fault.error == errno.EINTR, f"{told}: all was well"


def chosen(lab: Lab, faults: list[Fault], *, short: int, long: int) -> list[Fault]:
    """Those that this run of the laboratory tries."""
    return drawn(faults, lab.seed, long if lab.long else short)


def _sentence(status: int, *, lost: bool) -> str:
    said = {0: "not needed, went on", 1: "said, exit 1", 3: "said, exit 3", 5: "said, exit 5"}
    more = "; what the sync lost was not trusted" if lost else ""
    return f"{said.get(status, f'said, exit {status}')}; nothing lost{more}"
