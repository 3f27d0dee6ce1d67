"""One try at one recorder: open it, ask whether it may come in and has room, secure it, read back, release.

What always holds: what was receipted stays, whatever comes after; the recorder is closed when this ends; nothing here
decides whether to try again. The bytes are moved by ingest/; evidence waits for no flow runner
(docs/adr/0009-station.md).
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, suppress
from typing import Final

import structlog

from api.desk import Arrival
from archive.errors import ArchiveError, NoSpaceError
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, open_archive
from devices.clips import Listing
from devices.errors import DeviceError
from devices.gat947.recorder import with_identity
from devices.hotplug import Plugged
from devices.recorder import ClockReading, Recorder, RecorderFacts
from ingest.clock import leaves_clips, set_clock
from ingest.deriving.examining import STAGE as LOOK
from ingest.deriving.wanted import Wanted
from ingest.docking import dock
from ingest.errors import IngestError
from ingest.readback import ReadBackFailure, verify
from ingest.receipt import Progress, Receipt
from ingest.release import release
from ingest.times import modified_text
from ingest.twins import docking_serial, is_ambiguous
from muniment.claim import claimed
from muniment.ports.board import Tile, utc_now
from muniment.ports.ends import End, Result, end_of, end_of_receipt
from muniment.ports.metered import MeteredRecorder
from muniment.ports.naming import badge_now, nameless_serial
from muniment.ports.room import NoRoomError
from muniment.ports.shared import Shared
from muniment.ports.turns import SharedDisk
from muniment.ports.words import said
from muniment.work import Work
from oversight.clocks.arriving import archived_by

_NOT_ERASED: Final = frozenset({"quarantined", "gone", "cancelled", "recorder", "damage"})
_MOST_NAMED: Final = 64  # characters of a make, a model or a badge on a tile
_log = structlog.get_logger(__name__)


class EndingError(Exception):
    """The station ends: what is not done is done at its next start."""


class Attempt:
    """See the module. For one use.

    Args:
        shared: the station's.
        plugged: the recorder.
        tile: its place on the board.
        beside: what another recorder of the same serial says, which was plugged in before and still is.
    """

    def __init__(
        self, shared: Shared, plugged: Plugged, tile: Tile, *, beside: RecorderFacts | None = None
    ) -> None:
        self._shared, self._plugged, self._tile, self._beside = shared, plugged, tile, beside
        self._reread = (
            False  # compare also what seems to be held: its serial does not tell it from others
        )
        self.facts: RecorderFacts | None = None  # what it says, once it is open
        self._result = Result(end="recorder")
        self._serial = ""
        self._need = 0
        self._admitted = False
        self._recorder_id = ""
        self._began = time.time()
        self._looked = 0.0
        self._cancelled = False

    def run(self) -> Result:
        """Try. Raises only what is a fault of ours."""
        try:
            self._result.end = self._run()
        except EndingError:
            self._result.end = "ending"
        except (ArchiveError, DeviceError, IngestError, OSError) as error:
            self._result.end, self._result.error = end_of(error, cancelled=self._cancelled), error
        finally:
            self._shared.room.settle(self._plugged.port)
        return self._result

    def _run(self) -> End:
        shared, tile = self._shared, self._tile
        tile.state("checking")
        makers = shared.makers
        identity = None if makers is None else makers.identity(self._plugged)
        with ExitStack() as held:
            recorder = held.enter_context(
                closing(shared.usb.open(self._plugged, shared.settings.zone))
            )
            archive = held.enter_context(
                open_archive(shared.root, write=True, disk=SharedDisk(shared.turns))
            )
            facts = recorder.facts
            if identity is not None:
                facts = with_identity(facts, identity)
            self._find_out(archive, facts, name=recorder.name)
            metered = MeteredRecorder(
                recorder,
                facts=facts,
                admit=lambda listing: self._admit(archive, listing),
                read=self._tile.read,
                clock=self._show_clock,
            )
            receipt = dock(
                archive,
                metered,
                serial=self._serial,
                officer=None,
                case=None,
                reread=self._reread,
                actor=shared.settings.station,
                due=archived_by(archive),
                progress=self._progress,
                cancelled=lambda: self._is_stopped(archive),
            )
            return self._after(archive, metered, receipt)

    # Who it is

    def _find_out(self, archive: Archive, facts: RecorderFacts, *, name: str) -> None:
        """Its serial, who has it, and whether that serial is enough to know its clips by."""
        self.facts = facts
        archive.catalogue.catch_up()
        nameless = facts.serial is None and facts.second_serial is None
        self._serial = docking_serial(
            archive,
            facts,
            name=name,
            given=None if facts.serial else facts.second_serial or nameless_serial(self._plugged),
            beside=self._beside,
        )
        row = archive.catalogue.recorder_by_serial(self._serial)
        self._reread = is_ambiguous(archive, facts, self._serial)
        badge = (None if row is None else badge_now(archive, row)) or facts.badge
        model = " ".join(word for word in (facts.make, facts.model) if word)
        self._tile.show(
            recorder=self._serial[:_MOST_NAMED],
            model=model[:_MOST_NAMED] or None,
            officer=badge and badge[:_MOST_NAMED],
            transport=facts.transport,
            battery=facts.battery,
        )
        self._shared.board.came_back(self._serial, self._tile)
        if nameless:
            self._tile.warn(said("port.no_serial"))

    def _show_clock(self, reading: ClockReading) -> None:
        if self._tile.view().clock_offset_ms is None:  # as it came; not as we set it
            self._tile.show(clock_offset_ms=round(reading.offset_us / 1000))

    # Room

    def _admit(self, archive: Archive, listing: Listing) -> None:
        """Raises NoRoomError: its clips do not fit. The ledger says so once for each time it is plugged in."""
        if self._admitted:
            return  # looked at again, by the release
        row = archive.catalogue.recorder_by_serial(self._serial)
        held = {} if row is None or self._reread else archive.catalogue.held_many(row.id)
        new = {None, *(() if row is None else archive.catalogue.erased_of(row.id))}
        self._need = sum(
            clip.size
            for clip in listing.clips
            if held.get((clip.path, clip.size, modified_text(clip.mtime_ns))) in new
        )
        try:
            self._shared.room.promise(self._plugged.port, self._need)
        except NoRoomError as error:
            self._result.need = error.need
            if row is not None and self._tile.view().state != "refused":
                self._say_refused(archive, row.id)
            raise
        self._admitted = True

    def _say_refused(self, archive: Archive, recorder: str) -> None:
        event = Event(
            type="docking.refused",
            subject=new_id("docking"),
            actor=self._shared.settings.station,
            data={"recorder": recorder, "officer": None, "code": "no_space"},
        )
        with suppress(NoSpaceError):  # so full that it cannot be said: the board says it
            archive.record([event])

    # Moving

    def _progress(self, told: Progress) -> None:
        left = max(0, told.bytes - told.done_bytes)
        self._shared.room.written(self._plugged.port, left)
        self._result.position = told.done_bytes
        self._tile.show(
            state="copying" if left or told.done_clips < told.clips else "receipt",
            clips_done=told.done_clips,
            clips=told.clips,
            bytes_done=told.done_bytes,
            bytes=told.bytes,
        )

    def _is_stopped(self, archive: Archive) -> bool:
        """Whether the station ends, or somebody asked for this docking's end."""
        if self._shared.ending.asked:
            return True
        now = time.monotonic()
        if not self._cancelled and now - self._looked >= self._shared.look:
            self._looked = now
            self._recorder_id = self._recorder_id or self._id(archive)
            work = Work(self._shared.root)
            self._cancelled = bool(self._recorder_id) and work.is_stop_asked(
                self._recorder_id, self._began
            )
        return self._cancelled

    def _id(self, archive: Archive) -> str:
        try:
            archive.catalogue.catch_up()
        except (ArchiveError, OSError):
            return ""
        row = archive.catalogue.recorder_by_serial(self._serial)
        return "" if row is None else row.id

    # After the receipt

    def _after(self, archive: Archive, recorder: Recorder, receipt: Receipt) -> End:
        end = end_of_receipt(receipt, cancelled=self._cancelled)
        self._arrive(receipt, end)
        self._result.error = receipt.stopped
        self._result.new = any(c.clip and c.status != "known" for c in receipt.clips)
        self._result.need = max(0, self._need - receipt.bytes)
        _log.info(
            "receipt",
            port=self._plugged.port,
            recorder=receipt.recorder,
            docking=receipt.docking,
            clips=len(receipt.clips),
            bytes=receipt.bytes,
            end=end,
        )
        self._set_clock(archive, recorder, receipt)
        # Beside reading back: what plays is playable on the page within a second.
        Wanted(archive.root).want(receipt.docking, LOOK)
        # Held until we are done with it: the desk would read the same objects back beside us.
        with claimed(archive.root, receipt.docking) as mine:
            if not Work(archive.root).add(receipt.docking):
                _log.warning("work.db cannot be written", docking=receipt.docking)
            if mine and end not in {"ending", "archive", "no_room"}:
                return self._settle(archive, recorder, receipt, end)
        return end

    def _set_clock(self, archive: Archive, recorder: Recorder, receipt: Receipt) -> None:
        """After the receipt, as the settings say. A clock that cannot be set is a warning: the clips are safe."""
        note = receipt.clock
        if note is not None and note.drifts:
            seconds = f"{(note.drift_ms_per_day or 0) / 1000:+.1f}"
            self._tile.warn(said("port.drift", seconds=seconds))
            self._shared.board.drifted()
        if note is None or receipt.stopped is not None:
            return
        archive.catalogue.catch_up()
        if archive.settings.clock_set and leaves_clips(archive, receipt.docking):
            self._tile.warn(said("port.clock_left"))
            return
        try:
            set_clock(
                archive, recorder, docking=receipt.docking, actor=self._shared.settings.station
            )
        except DeviceError as error:
            _log.warning("the clock was not set", port=self._plugged.port, why=str(error))
            self._tile.warn(said("port.clock_not_set"))

    def _settle(self, archive: Archive, recorder: Recorder, receipt: Receipt, end: End) -> End:
        """Read back, and erase where the settings say so."""
        self._result.receipted = receipt.whole
        erases = archive.settings.release_policy == "after-verify" and end not in _NOT_ERASED
        self._tile.state("verifying", may_unplug=not erases)
        failures = self._verify(archive, receipt)
        if erases:
            self._release(archive, recorder, receipt, {failure.clip for failure in failures})
        return self._damaged(failures) if failures else end

    def _arrive(self, receipt: Receipt, end: End) -> None:
        """Tell the board. A tile that says that it ended early does not also show a receipt for nothing."""
        new = [c for c in receipt.clips if c.clip and c.status != "known"]
        arrival = Arrival(
            docking=receipt.docking,
            recorder=receipt.recorder,
            officer=self._tile.view().officer,
            port=self._plugged.port,
            time=utc_now(),
            clips=sum(c.clip is not None for c in receipt.clips),
            new=len(new),
            refused=sum(c.clip is None for c in receipt.clips),
            bytes=receipt.bytes,
            late=receipt.late,
            seconds=receipt.seconds,
            whole=receipt.whole,
        )
        self._tile.show(
            receipt=None if end in {"gone", "cancelled"} and not arrival.clips else arrival,
            clips_done=arrival.clips,
            clips=len(receipt.clips),
            bytes_done=receipt.bytes,
        )
        self._shared.board.arrived(arrival)

    def _verify(self, archive: Archive, receipt: Receipt) -> list[ReadBackFailure]:
        def keep(done: int, total: int) -> None:
            self._tile.show(bytes_done=done, bytes=total)
            if self._shared.ending.asked:
                raise EndingError

        return verify(archive, receipt.docking, actor=self._shared.settings.station, progress=keep)

    def _release(
        self, archive: Archive, recorder: Recorder, receipt: Receipt, damaged: set[str]
    ) -> None:
        """Erase what is verified; what is kept is a warning, not a failure: the evidence is safe."""
        self._tile.state("erasing")
        released = release(
            archive,
            recorder,
            receipt,
            policy="after-verify",
            actor=self._shared.settings.station,
            damaged=damaged,
            progress=lambda done, total, _path: self._tile.show(clips_done=done, clips=total),
            cancelled=lambda: self._is_stopped(archive),
        )
        _log.info(
            "released",
            port=self._plugged.port,
            docking=receipt.docking,
            erased=released.erased,
            kept=len(released.kept),
        )
        if released.kept:
            self._tile.warn(said("port.kept", count=len(released.kept)))
        if released.stopped is not None:
            raise released.stopped

    def _damaged(self, failures: list[ReadBackFailure]) -> End:
        for failure in failures:
            _log.error("damage", clip=failure.clip, code=failure.code, why=failure.detail)
        return "damage"
