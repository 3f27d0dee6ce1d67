"""The two that do the work: one with the confined media child, one with ffmpeg. Each does a page of orders at a time.

What always holds: a clip is claimed before it is worked at, and what is still due is asked again under the claim, so
two processes make nothing twice; the entries of a page are in the ledger before its claims are let go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, Self

from archive.catalogue.rows import SideFile
from archive.errors import FixityError, MissingObjectError
from archive.events import Event
from archive.opening import Archive
from ingest.deriving import children, encoding, repairing
from ingest.deriving.claims import claimed
from ingest.deriving.encoding import EncoderStoppedError
from ingest.deriving.kinds import Stage
from ingest.deriving.orders import Order, still_open
from ingest.deriving.result import WITHHELD, DeriveResult
from ingest.deriving.workbench import Workbench
from ingest.media.child import MediaChild
from ingest.media.errors import ParserKilledError

_KEPT: Final = 32  # dockings whose side files are remembered


class Hand(Protocol):
    """Who works at a stage."""

    @property
    def name(self) -> str:
        """Of the stages that it does."""

    def stopped(self) -> bool:
        """Whether the work is to end."""

    def work(self, stage: Stage, orders: Sequence[Order]) -> bool:
        """Do a page; False: another process works at one of its clips.

        Raises:
            MediaChildError, ArchiveError, OSError: it ended early.
        """


class _Worker:
    """What both share."""

    def __init__(
        self,
        archive: Archive,
        *,
        actor: str,
        result: DeriveResult,
        stopped: Callable[[], bool],
        told: Callable[[float], None] = lambda _share: None,
    ) -> None:
        self.archive, self.actor, self.result, self.stopped = archive, actor, result, stopped
        self._told = told

    def work(self, stage: Stage, orders: Sequence[Order]) -> bool:
        """Do a page.

        Returns:
            False: another process works at one of its clips, which was left to it.

        Raises:
            MediaChildError: the child or ffmpeg cannot be started.
            ArchiveError, OSError: the archive failed; what was done before is in the ledger.
        """
        with claimed(self.archive.root, [order.clip.clip for order in orders], stage.hand) as mine:
            self.archive.catalogue.catch_up()
            left = [
                order
                for one in orders
                if one.clip.clip in mine
                and (order := still_open(self.archive.catalogue, one)) is not None
            ]
            if left:
                self._page(stage, left)
            return len(mine) == len(orders)

    def _page(self, stage: Stage, orders: Sequence[Order]) -> None:
        withheld = self.archive.catalogue.damaged_digests()
        with self.archive.store.writing() as writing:
            bench = Workbench(
                archive=self.archive,
                writing=writing,
                actor=self.actor,
                result=self.result,
                cancelled=self.stopped,
                told=self._told,
            )
            for order in orders:
                if self.stopped():
                    break
                if order.clip.sha256 in withheld:
                    self.result.failed.append((order.clip.clip, WITHHELD))
                    continue
                try:
                    bench.add(self._make(stage, bench, order))
                except (FixityError, MissingObjectError, ParserKilledError) as e:
                    # The original cannot be read, a finding of the audit; or it stays due. The other clips go on.
                    self.result.failed.append((order.clip.clip, str(e)))
                except EncoderStoppedError:
                    break
            bench.flush()

    def _make(self, stage: Stage, bench: Workbench, order: Order) -> list[Event]:
        raise NotImplementedError


class Child(_Worker):
    """Works with the media child, which is started when it is first needed. A context: leaving it ends the child."""

    name: Final = "child"

    def __enter__(self) -> Self:
        self.child = MediaChild()
        self._sides: dict[str, list[SideFile]] = {}
        return self

    def __exit__(self, *_: object) -> None:
        self.child.close()

    def sides_of(self, docking: str | None, path: str | None) -> list[SideFile]:
        """The files that a docking brought beside the clip of this path."""
        if docking is None or path is None:
            return []
        if docking not in self._sides:
            if len(self._sides) >= _KEPT:
                self._sides.clear()
            self._sides[docking] = self.archive.catalogue.sides_of(docking)
        return [side for side in self._sides[docking] if side.belongs_to == path]

    def _make(self, stage: Stage, bench: Workbench, order: Order) -> list[Event]:
        if stage.name == "repair":
            return repairing.work(bench, self.child, order)
        sides = self.sides_of(order.clip.docking, order.clip.path) if stage.name == "track" else []
        withheld = self.archive.catalogue.damaged_digests() if sides else frozenset()
        if any(side.sha256 in withheld for side in sides):
            raise MissingObjectError(WITHHELD)
        return children.work(bench, self.child, order, sides)


class Encoder(_Worker):
    """Works with ffmpeg."""

    name: Final = "encoder"

    def _make(self, stage: Stage, bench: Workbench, order: Order) -> list[Event]:
        del stage
        return encoding.work(bench, order)
