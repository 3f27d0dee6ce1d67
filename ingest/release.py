"""Releasing a recorder: what is read back from our medium, and still lies on the recorder as it was, is erased there.

Holds at every moment: a file is erased only while its object and its `clip.verified` are durable, the docking's
`release.started` is published, and the recorder's bytes were compared with the object since. At most `_GROUP`
erasures are not in the ledger yet, none for longer than `_LATEST`. What is kept is said, with the reason; where nobody
knows whether a file went, that is said. Folders stay.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from archive.catalogue.rows import ClipRow
from archive.errors import ArchiveError
from archive.events import Event
from archive.opening import Archive
from archive.store.area import Area, recorder_area
from devices.errors import ClipChangedError, ClipUnreadableError, DeviceError, NotErasableError
from devices.paths import display
from devices.recorder import Recorder
from ingest.comparing import Compared, compare_sample, compare_whole
from ingest.errors import DockingCancelledError, IngestError
from ingest.receipt import Held, Receipt
from ingest.results import code_of
from ingest.sorting import Candidate, KeptClip, sort_out

Policy = Literal["after-verify", "by-hand"]
_PATIENCE: Final = 2.0  # seconds to wait for whoever looks at the recorder's area
_GROUP: Final = 50  # erasures told to the ledger at once
_LATEST: Final = 1.0  # seconds after which they are told at the latest
_BLIND: Final = frozenset({"listing_failed", "unreadable_folder", "unreadable", "bad_name"})
_NOT_KNOWN: Final = "not known whether it was erased: look at the recorder ({error})"


@dataclass(slots=True, kw_only=True)
class Released:
    """What became of what lay on the recorder."""

    erased: int = 0
    kept: list[KeptClip] = field(default_factory=list)
    stopped: BaseException | None = None  # what ended it early


def release(
    archive: Archive,
    source: Recorder,
    receipt: Receipt,
    *,
    policy: Policy,
    actor: str,
    damaged: Collection[str] = (),
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Released:
    """Erase from the recorder what this docking found there and the archive holds, verified.

    Args:
        archive: open for writing.
        source: the recorder of the docking, still open.
        receipt: of the docking; read back before (`ingest.readback.verify`).
        policy: who wants it.
        actor: for the entries.
        damaged: clips that did not read back equal. They stay, and what belongs to them.
        progress: is told (files looked at, files in all, path).
        cancelled: whether to stop; asked before each file.

    Returns:
        What was erased and what was not. What ended it early is in `stopped`.

    Raises:
        ArchiveBusyError: somebody else docks this recorder; nothing was erased.
        ArchiveError, OSError: the archive failed before anything was erased.
        DockingCancelledError: stopped before anything was erased.
    """
    with Area(
        archive.store.incoming, recorder_area(receipt.recorder_id), archive.disk, patience=_PATIENCE
    ):
        going, kept = sort_out(archive, receipt, damaged=damaged, actor=actor, cancelled=cancelled)
        run = _Release(archive, source, receipt, kept, actor)
        if going:
            run.run(going, policy, progress, cancelled)
        return run.released


class _Release:
    """One release, its parts in the order of its methods."""

    def __init__(
        self,
        archive: Archive,
        source: Recorder,
        receipt: Receipt,
        kept: list[KeptClip],
        actor: str,
    ) -> None:
        self.released = Released(kept=kept)
        self._archive = archive
        self._source = source
        self._receipt = receipt
        self._actor = actor
        self._outstanding: list[Event] = []  # erased, and not in the ledger yet
        self._since = 0.0  # when the first of them was erased
        self._began = False
        self._unknown: list[tuple[Candidate, Compared, BaseException]] = []

    def run(
        self,
        going: Sequence[Candidate],
        policy: Policy,
        progress: Callable[[int, int, str], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        """Erase them, as far as can be."""
        done = 0
        try:
            with self._source.releasing():
                self._start(policy, len(going))
                for candidate in going:
                    if cancelled is not None and cancelled():
                        raise DockingCancelledError("the release was cancelled")
                    if progress is not None:
                        progress(done, len(going), display(candidate.held.found.path)[0])
                    self._flush_when_due(candidate)
                    done += 1
                    self._one(candidate)
        except (ArchiveError, DeviceError, IngestError, OSError) as e:
            self.released.stopped = e
            for candidate in going[done:]:
                self._keep(candidate.held, e)
        finally:
            self._end()

    def _start(self, policy: Policy, clips: int) -> None:
        """Say what is intended, for outsiders too, before the first file goes."""
        data: dict[str, object] = {
            "recorder": self._receipt.recorder_id,
            "policy": policy,
            "clips": clips,
        }
        self._began = True
        self._archive.record([self._event("release.started", self._receipt.docking, data)])
        self._archive.ledger.publish()

    def _one(self, candidate: Candidate) -> None:
        """Compare one file and erase it.

        Raises:
            DeviceError: the recorder does not go on.
            ArchiveError, OSError: the archive failed.
        """
        held = candidate.held
        try:
            compared = self._compare(held, candidate.row)
        except (ClipChangedError, ClipUnreadableError) as e:
            self._keep(held, e)
            return
        except (ArchiveError, DeviceError, OSError) as e:
            self._keep(held, e)
            raise
        self._erase(candidate, compared)

    def _compare(self, held: Held, row: ClipRow) -> Compared:
        if held.read:
            with self._archive.store.open(row.sha256) as mine:
                return compare_sample(self._source, held.found, mine)
        compare_whole(self._source, held.found, row.sha256)
        return "whole"

    def _erase(self, candidate: Candidate, compared: Compared) -> None:
        try:
            self._source.erase(candidate.held.found)
        except (ClipChangedError, NotErasableError) as e:
            self._keep(candidate.held, e)
        except BaseException as e:
            self._unknown.append((candidate, compared, e))
            raise
        else:
            self._gone(candidate, compared)
            if len(self._outstanding) >= _GROUP:
                self._flush()

    def _gone(self, candidate: Candidate, compared: Compared) -> None:
        self.released.erased += 1
        if not self._outstanding:
            self._since = time.monotonic()
        data: dict[str, object] = {
            "docking": self._receipt.docking,
            "recorder": self._receipt.recorder_id,
            "erased": {"object": candidate.row.sha256, "size": candidate.row.size},
            "compared": compared,
        }
        self._outstanding.append(self._event("recorder.erased", candidate.row.clip, data))

    def _end(self) -> None:
        """Look again at what nobody knows of; say what was erased and that it ended."""
        if not self._began:
            return
        self._look_again()
        kept = self.released.kept
        data: dict[str, object] = {
            "erased": self.released.erased,
            "kept": len(kept),
            "codes": dict(Counter(clip.code for clip in kept)),
        }
        self._outstanding.append(self._event("release.ended", self._receipt.docking, data))
        try:
            self._flush()
            self._archive.ledger.publish()
        except (ArchiveError, OSError) as e:
            self.released.stopped = e

    def _look_again(self) -> None:
        for candidate, compared, error in self._unknown:
            path = candidate.held.found.path
            try:
                listing = self._source.list()
            except DeviceError:
                self._keep(candidate.held, error, "not_known")
                continue
            blind = any(entry.code in _BLIND for entry in listing.refused)
            there = any(c.path == path for c in listing.clips)
            if there or any(entry.path == path for entry in listing.refused):
                self._keep(candidate.held, error)
            elif blind:
                self._keep(candidate.held, error, "not_known")
            else:
                self._gone(candidate, compared)

    def _keep(self, held: Held, error: BaseException, code: str | None = None) -> None:
        reason = _NOT_KNOWN.format(error=error) if code else str(error)
        shown, raw = display(held.found.path)
        self.released.kept.append(
            KeptClip(
                path=shown,
                path_base64=raw,
                clip=held.clip,
                code=code or code_of(error) or "",
                reason=reason,
            )
        )

    def _event(self, type_: str, subject: str, data: dict[str, object]) -> Event:
        return Event(type=type_, subject=subject, actor=self._actor, data=data)

    def _flush_when_due(self, following: Candidate) -> None:
        """Reading a whole file takes its time: nothing waits for that."""
        if not following.held.read or time.monotonic() - self._since > _LATEST:
            self._flush()

    def _flush(self) -> None:
        if self._outstanding:
            self._archive.record(self._outstanding)
            self._outstanding = []
