"""A recorder over MTP or PTP: devices.recorder.Recorder, over any link.

Holds: nothing is written to the recorder but its clock and, inside `releasing`, the removal of one file
that is still the one that was listed, looked at a moment before. Paths, sizes and dates say which file
that is, never a handle alone. What leaves this class is DeviceError. Several threads may use it; their
transactions take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import tzinfo
from typing import Final

from devices.clips import FoundClip, Listing
from devices.errors import (
    ClipChangedError,
    ClipUnreadableError,
    NotErasableError,
    ProtocolError,
)
from devices.mtp.clock import Clock
from devices.mtp.codes import DeviceProperty, Operation, Response
from devices.mtp.datasets import DeviceInfo
from devices.mtp.errors import MtpError, ParseError, RefusedError, SessionLostError
from devices.mtp.fetching import Target, Whole, fetcher
from devices.mtp.link import Link
from devices.mtp.listing import Limits, Places, Walk, find
from devices.mtp.objects import ObjectFacts, Objects, Storage, path_name
from devices.mtp.operations import Operations
from devices.mtp.reader import Blocks, MtpReader
from devices.mtp.session import Session
from devices.mtp.strings import shown
from devices.mtp.timing import Timing
from devices.paths import display
from devices.recorder import ClockReading, RecorderFacts

_MICROSOFT: Final = 6  # DeviceInfo: the vendor extension that MTP is
_READ_ONLY: Final = 1  # StorageInfo: access capability without deletion
_GONE: Final = Response.INVALID_OBJECT_HANDLE
_Storages = list[Storage]  # within the class, `list` is its method
_Found = list[ObjectFacts]


class MtpRecorder:
    """One recorder with its session open, until `close`."""

    def __init__(
        self,
        link: Link,
        *,
        zone: tzinfo,
        serial: str | None = None,
        port: str | None = None,
        timing: Timing | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Open a session and ask what it is.

        Args:
            link: the pipes; closed by `close`, and where opening fails.
            zone: what recorders' clocks run in, for dates that name no zone.
            serial: of the USB device.
            port: where it is plugged in.
            timing: how long it may take.
            limits: how much it may list.

        Raises:
            SourceGoneError, RecorderSilentError, ProtocolError: it cannot be used. The link is closed.
        """
        self._session = Session(link, timing)
        self._limits = limits or Limits()
        self._places = Places(listing=Listing(clips=[], refused=[]))
        self._releasing = False
        self._blocks = Blocks()
        self._ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        operations = Operations(session=self._session)
        try:
            self._session.open()
            self._info = self._introduced(operations)
            self._objects = Objects(operations, self._info, zone)
            self._clock = Clock(operations, zone)
            self.facts = self._facts(serial, port)
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """Make and model, or the link's name."""
        return " ".join(filter(None, (self.facts.make, self.facts.model))) or self._link_name

    @property
    def streams(self) -> int:
        """One pipe: one clip at a time."""
        return 1

    def read_clock(self) -> ClockReading | None:
        """Its clock now; None where it has none that can be asked. Raises DeviceError."""
        if DeviceProperty.DATE_TIME not in self._info.device_properties:
            return None
        return self._session.settled(self._clock.read)

    def set_clock(self) -> bool:
        """Set its clock to ours; False where it cannot be. Raises DeviceError; the clock may be set then."""
        wanted = {Operation.SET_DEVICE_PROP_VALUE, Operation.GET_DEVICE_PROP_DESC}
        if (
            DeviceProperty.DATE_TIME not in self._info.device_properties
            or not wanted <= self._info.operations
        ):
            return False
        try:
            return self._clock.set()
        except SessionLostError as e:
            raise self._session.given_up(e) from e

    def list(self) -> Listing:
        """Everything on it that is no folder, each entry once. Raises DeviceError."""

        def walk() -> Places:
            return Walk(self._objects, self._session.timing, self._limits).run()

        self._places = self._session.settled(lambda: self._session.steady(walk))
        return self._places.listing

    def open(self, clip: FoundClip) -> MtpReader:
        """Open a clip of a listing. Use it in a ``with`` statement.

        Raises:
            ClipChangedError: it is not the file that was listed.
            ClipUnreadableError: it does not say what it is.
            SourceGoneError, RecorderSilentError, ProtocolError: it cannot be asked.
        """
        self._session.settled(lambda: self._find(clip))
        shown_path = display(clip.path)[0]
        target = Target(shown=shown_path, size=clip.size, found=lambda: self._place(clip))
        return MtpReader(
            size=clip.size,
            mtime_ns=clip.mtime_ns,
            fetcher=fetcher(self._session, self._info, target),
            whole=lambda: Whole(self._session, target),
            restat=lambda: self._session.settled(lambda: self._restat(clip)),
            ahead=self._ahead,
            blocks=self._blocks,
        )

    @contextmanager
    def releasing(self) -> Iterator[None]:
        """The block in which `erase` may be called.

        Raises:
            NotErasableError: it offers no way to remove something, or all its storages are read-only.
        """
        if Operation.DELETE_OBJECT not in self._info.operations:
            raise self._not_erasable("it does not offer to remove anything")
        infos = [storage.info for storage in self._storages()]
        if infos and all(info is not None and info.access == _READ_ONLY for info in infos):
            raise self._not_erasable("it is read-only")
        self._releasing = True
        try:
            yield
        finally:
            self._releasing = False

    def erase(self, clip: FoundClip) -> None:
        """Remove one file that is still the one that was listed. Never a folder, never two files.

        Raises:
            ClipChangedError: another size or time, gone, a folder, two of them. Nothing was removed.
            NotErasableError: it refuses, or says it did and did not. Nothing was removed.
            SourceGoneError, RecorderSilentError, ProtocolError: not known whether it was removed.
            ValueError: not within `releasing`.
        """
        if not self._releasing:
            raise ValueError("erase is for a block of releasing()")
        found = self._session.settled(lambda: self._find(clip))
        try:
            self._objects.operations.delete(found.handle, generation=found.generation)
        except RefusedError as e:
            if e.code == _GONE:
                raise self._changed(clip, "it is not there any more") from e
            raise self._not_erasable(f"{display(clip.path)[0]}: {e}") from e
        except SessionLostError as e:
            raise self._session.given_up(e) from e
        if self._session.settled(lambda: self._still_there(clip, found)):
            raise self._not_erasable(f"{display(clip.path)[0]} is still there after its removal")
        self._places.objects.pop(clip.path, None)

    def is_there(self) -> bool:
        """Is it still plugged in?"""
        return self._session.is_there()

    def close(self) -> None:
        """Let go. May be called again; safe after a pull."""
        self._session.close()
        self._ahead.shutdown()  # what was still to be fetched ends at once

    # What it says of itself

    @property
    def _link_name(self) -> str:
        return self._session.link.name

    def _introduced(self, operations: Operations) -> DeviceInfo:
        try:
            return self._session.settled(operations.device_info)
        except MtpError as e:
            reason = f"it does not say what it is: {e}"
            raise ProtocolError(source=self._link_name, reason=reason) from e

    def _facts(self, serial: str | None, port: str | None) -> RecorderFacts:
        info = self._info
        mtp = (
            info.vendor_extension == _MICROSOFT
            or "microsoft.com" in info.extensions
            or Operation.GET_OBJECT_PROP_VALUE in info.operations
        )
        known = [storage.info for storage in self._storages() if storage.info]
        capacity = sum(storage.capacity for storage in known) or None
        free = sum(storage.free for storage in known)
        sound = capacity is not None and all(s.free <= s.capacity for s in known)
        return RecorderFacts(
            transport="mtp" if mtp else "ptp",
            serial=serial,
            second_serial=_text(info.serial),
            make=_text(info.manufacturer),
            model=_text(info.model),
            firmware=_text(info.version),
            port=port,
            battery=self._battery(),
            capacity=capacity,
            free=free if sound else None,
        )

    def _storages(self) -> _Storages:
        try:
            return self._session.settled(self._objects.storages)
        except (RefusedError, ParseError):
            return []

    def _battery(self) -> int | None:
        if DeviceProperty.BATTERY_LEVEL not in self._info.device_properties:
            return None
        try:
            data = self._session.settled(
                lambda: self._objects.operations.device_property(DeviceProperty.BATTERY_LEVEL)
            )
        except (RefusedError, ParseError):
            return None
        level = int.from_bytes(data, "little")
        return level if data and level <= 100 else None

    # Which object a clip is now

    def _place(self, clip: FoundClip) -> ObjectFacts:
        """Where a clip lies in this generation of the session. Raises as `_find`."""
        place = self._places.objects.get(clip.path)
        if place is not None and place.generation == self._session.generation:
            return place
        return self._find(clip)

    def _find(self, clip: FoundClip) -> ObjectFacts:
        """The object that is this clip, looked at now.

        Raises:
            ClipChangedError: none is, or more than one.
            ClipUnreadableError: it does not say.
            SessionLostError: ask again.
        """
        try:
            found = self._look(clip)
        except (RefusedError, ParseError) as e:
            raise ClipUnreadableError(path=display(clip.path)[0], reason=str(e)) from e
        if not found:
            raise self._changed(clip, "it is not there any more")
        same = [one for one in found if one.same_file(clip.size, clip.mtime_ns)]
        if len(same) != 1:
            self._objects.lists = False  # perhaps it was listed wrongly
            raise self._changed(clip, "two files have its name" if same else "another one is there")
        self._places.objects[clip.path] = same[0]
        return same[0]

    def _look(self, clip: FoundClip) -> _Found:
        """What is at a clip's path: by its handle if that is still the same file, else by its names."""
        place = self._places.objects.get(clip.path)
        if place is not None and place.generation == self._session.generation:
            try:
                now = self._objects.facts(place.handle)
            except RefusedError as e:
                if e.code != _GONE:
                    raise
            else:
                if now == place:
                    return [now]
        # Each is looked at itself: a list of properties may have named it.
        found = self._session.steady(lambda: find(self._objects, clip.path))
        return [self._objects.facts(one.handle) for one in found]

    def _restat(self, clip: FoundClip) -> tuple[int, int]:
        """Size and time now; a size that is not said is -1, which no file has."""
        try:
            now = self._objects.facts(self._place(clip).handle)
        except (RefusedError, ParseError) as e:
            raise ClipUnreadableError(path=display(clip.path)[0], reason=str(e)) from e
        if path_name(now.name) != clip.path.rpartition(b"/")[2]:
            raise self._changed(clip, "another one is there")
        return (-1 if now.size is None else now.size), now.mtime_ns

    def _still_there(self, clip: FoundClip, erased: ObjectFacts) -> bool:
        """After a removal: does the recorder still have the file?

        Raises:
            ProtocolError: it does not say.
            SessionLostError: ask again.
        """
        objects = self._objects
        try:
            if erased.generation == self._session.generation:
                try:
                    return objects.facts(erased.handle).same_file(clip.size, clip.mtime_ns)
                except RefusedError as e:
                    if e.code == _GONE:
                        return False
            found = self._session.steady(lambda: find(objects, clip.path))
        except (RefusedError, ParseError) as e:
            reason = f"not known whether {display(clip.path)[0]} was removed: {e}"
            raise ProtocolError(source=self._link_name, reason=reason) from e
        return any(one.same_file(clip.size, clip.mtime_ns) for one in found)

    def _changed(self, clip: FoundClip, reason: str) -> ClipChangedError:
        return ClipChangedError(path=display(clip.path)[0], reason=reason)

    def _not_erasable(self, reason: str) -> NotErasableError:
        return NotErasableError(source=self._link_name, reason=reason)


def _text(text: str) -> str | None:
    """A recorder's text for people; None where it says nothing."""
    return shown(text).strip().strip("\0") or None
