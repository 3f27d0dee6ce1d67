"""A recorder that is a USB disk: its volumes mounted read-only, each read as a folder.

Holds: nothing is written to it but inside `releasing`; a pull is `SourceGoneError` and never a damaged clip; of several
volumes, one that cannot be mounted is a refused row, and where none can be, nothing is docked. With one volume paths
are the volume's own; with several, each begins with a folder named after its volume. It has no clock to ask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from devices import blocks, sysfs
from devices.blocks import Block
from devices.clips import FoundClip, Listing, RefusedEntry
from devices.errors import (
    ClipChangedError,
    ClipUnreadableError,
    MountError,
    NotErasableError,
    SourceGoneError,
)
from devices.hotplug import Plugged
from devices.massstorage.labels import folder_names
from devices.massstorage.places import Place, default_base
from devices.massstorage.pulls import was_pulled
from devices.massstorage.reader import CardReader
from devices.massstorage.volume import Volume, refuse_if_mounted
from devices.paths import display
from devices.recorder import RecorderFacts

_UNREAD: Final = frozenset({"unreadable", "unreadable_folder", "listing_failed"})
_UNPLAYED: Final = "its journal was not played back: what was recorded last may be missing here"
_FAILED: Final = "the card failed while its folders were read: entries may be missing"


class MassStorageRecorder:
    """See the module; devices.recorder.Recorder. Mounted until `close`."""

    streams: int = 1  # one reader in order is what a card is fastest with

    def __init__(
        self,
        volumes: Sequence[str],
        *,
        zone: ZoneInfo,
        plugged: Plugged | None = None,
        sys_folder: Path = Path("/sys"),
        dev: Path = Path("/dev"),
        base: Path | None = None,
    ) -> None:
        """Mount the volumes read-only.

        Args:
            volumes: names of block devices, in the order in which they are to be shown.
            zone: what its clock runs in, for FAT's times.
            plugged: the USB device they belong to; None for a card that hangs on no USB.
            sys_folder: where the kernel shows its devices.
            dev: where their nodes are.
            base: the folder to mount below; None: below /run, or with the temporary files.

        Raises:
            MountError: none of them can be mounted, or one is mounted elsewhere. Nothing stays mounted.
            NoAccessError: no right to mount, and no udisks2.
            SourceGoneError: pulled meanwhile.
        """
        self._plugged = plugged
        self._sysfs = sys_folder
        self._volumes: list[tuple[bytes, Volume]] = []
        self._failed: list[tuple[bytes, MountError]] = []
        self.name = _name(plugged, volumes)
        found = self._blocks(volumes)
        self._place = Place(base or default_base(), name=plugged.port if plugged else volumes[0])
        try:
            for block in found:
                refuse_if_mounted(block, dev=dev)
            self._mount(found, zone, dev)
            self.facts = self._facts()
        except BaseException:
            self.close()
            raise

    def list(self) -> Listing:
        """Everything on its volumes that is no folder, each entry once.

        Raises:
            SourceGoneError: it was pulled.
        """
        before = self._failures()
        found = self._list()
        if (
            self._failures() != before
        ):  # FAT leaves out what a bad block of a folder held, and says nothing
            before = self._failures()
            found = self._list()
            if self._failures() != before:
                found.refused.append(RefusedEntry(path=b".", code="listing_failed", reason=_FAILED))
        return found

    def open(self, clip: FoundClip) -> CardReader:
        """Open a clip of a listing for reading. Use it in a ``with`` statement.

        Raises:
            ClipChangedError: gone, or another file, a link or no file is there now.
            ClipUnreadableError: the card failed.
            SourceGoneError: it was pulled.
        """
        folder, volume, inner = self._place_of(clip)
        with self._explained(folder):
            return CardReader(volume.folder.open(inner), lambda: self._explained(folder))

    def read_clock(self) -> None:
        """A disk has no clock that can be asked."""

    def set_clock(self) -> bool:
        """There is none to set."""
        return False

    @contextmanager
    def releasing(self) -> Iterator[None]:
        """The block in which `erase` may be called: its volumes are writable, and read-only again afterwards.

        Raises:
            NotErasableError: write-protected, no right, or not switched off cleanly. Nothing was changed.
            MountError: at the end, it could not be made read-only again, and is still plugged in.
        """
        with ExitStack() as open_volumes:
            for folder, volume in self._volumes:
                with self._explained(folder):
                    open_volumes.enter_context(volume.writable())
                    open_volumes.enter_context(volume.folder.releasing())
            yield

    def erase(self, clip: FoundClip) -> None:
        """Remove one file that is still the one that was listed (devices/removal.py).

        Raises:
            ClipChangedError: another size or time, gone, a link, a folder. Nothing was removed.
            NotErasableError: not inside `releasing`. Nothing was removed.
            SourceGoneError, ClipUnreadableError: not known whether it was removed; look again.
        """
        folder, volume, inner = self._place_of(clip)
        with self._explained(folder):
            volume.folder.erase(inner)

    def is_there(self) -> bool:
        """Is it still plugged in at the same address, with the same cards?"""
        return self._is_plugged() and all(volume.is_there() for _, volume in self._volumes)

    def close(self) -> None:
        """Unmount. May be called again; safe after a pull."""
        for _, volume in self._volumes:
            volume.close()
        self._place.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _blocks(self, volumes: Sequence[str]) -> Sequence[Block]:
        if not volumes:
            raise MountError(source=self.name, reason="there is no card in it")
        known = blocks.all_blocks(self._sysfs)
        if not all(name in known for name in volumes):
            raise SourceGoneError(source=self.name)
        return [known[name] for name in volumes]

    def _mount(self, found: Sequence[Block], zone: ZoneInfo, dev: Path) -> None:
        outcomes: list[Volume | MountError] = []
        for block in found:
            try:
                volume = Volume(
                    block, place=self._place, zone=zone, sys_folder=self._sysfs, dev=dev
                )
            except MountError as e:
                outcomes.append(e)
            else:
                outcomes.append(volume)
                self._volumes.append((b"", volume))  # so that `close` knows it whatever comes next
        if not self._is_plugged():
            raise SourceGoneError(source=self.name)
        failures = [outcome for outcome in outcomes if isinstance(outcome, MountError)]
        if len(failures) == len(outcomes):
            raise failures[0]
        if len(outcomes) > 1:
            self._name_folders(outcomes)

    def _name_folders(self, outcomes: Sequence[Volume | MountError]) -> None:
        labels = [
            outcome.system.label if isinstance(outcome, Volume) and outcome.system else None
            for outcome in outcomes
        ]
        pairs = list(zip(folder_names(labels), outcomes, strict=True))
        self._volumes = [(name, volume) for name, volume in pairs if isinstance(volume, Volume)]
        self._failed = [(name, error) for name, error in pairs if isinstance(error, MountError)]

    def _facts(self) -> RecorderFacts:
        rooms = [volume.room() for _, volume in self._volumes]
        known = [room for room in rooms if room is not None]
        capacity, free = sum(room[0] for room in known), sum(room[1] for room in known)
        whole = len(known) == len(rooms)
        plugged = self._plugged
        return RecorderFacts(
            transport="mass_storage",
            serial=plugged.serial if plugged else None,
            make=plugged.make if plugged else None,
            model=plugged.model if plugged else None,
            port=plugged.port if plugged else None,
            capacity=capacity if whole else None,
            free=free if whole and free <= capacity else None,
        )

    def _list(self) -> Listing:
        clips: list[FoundClip] = []
        refused = [
            RefusedEntry(path=folder, code="unreadable_folder", reason=error.reason)
            for folder, error in self._failed
        ]
        for folder, volume in self._volumes:
            with self._explained(folder):
                found = volume.folder.list()
            if _UNREAD & {r.code for r in found.refused} and was_pulled(self.is_there, OSError()):
                raise SourceGoneError(source=self.name)
            clips += [dataclasses.replace(c, path=_join(folder, c.path)) for c in found.clips]
            refused += [dataclasses.replace(r, path=_join(folder, r.path)) for r in found.refused]
            if volume.unclean:
                path = folder or b"."
                refused.append(RefusedEntry(path=path, code="listing_failed", reason=_UNPLAYED))
        if not self.is_there():
            raise SourceGoneError(source=self.name)
        return Listing(
            clips=sorted(clips, key=lambda clip: clip.path),
            refused=sorted(refused, key=lambda entry: entry.path),
        )

    def _place_of(self, clip: FoundClip) -> tuple[bytes, Volume, FoundClip]:
        """The folder's name, its volume, and the clip as the volume lists it.

        Raises:
            ValueError: the path is none that a listing gives.
        """
        for folder, volume in self._volumes:
            if not folder:
                return folder, volume, clip
            if clip.path.startswith(folder + b"/"):
                inner = clip.path[len(folder) + 1 :]
                return folder, volume, dataclasses.replace(clip, path=inner)
        raise ValueError(f"not a path of this recorder: {display(clip.path)[0]}")

    @contextmanager
    def _explained(self, folder: bytes) -> Iterator[None]:
        """A folder's errors in this recorder's words, and a pull told apart from a card that fails."""
        try:
            yield
        except SourceGoneError as e:
            raise SourceGoneError(source=self.name) from e
        except NotErasableError as e:
            raise NotErasableError(source=self.name, reason=e.reason) from e
        except (ClipUnreadableError, ClipChangedError) as e:
            if was_pulled(self.is_there, e.__cause__):
                raise SourceGoneError(source=self.name) from e
            path = f"{display(folder)[0]}/{e.path}" if folder else e.path
            raise type(e)(path=path, reason=e.reason) from e

    def _is_plugged(self) -> bool:
        if self._plugged is None:
            return True
        at = self._sysfs / "bus/usb/devices" / self._plugged.port / "devnum"
        return sysfs.decimal(at) == self._plugged.address

    def _failures(self) -> Sequence[str | None]:
        """How often the cards failed so far, as the kernel counts; it counts for SCSI disks, which USB's are."""
        counters = (
            self._sysfs / "class/block" / volume.block.disk / "device/ioerr_cnt"
            for _, volume in self._volumes
        )
        return [sysfs.text(counter) for counter in counters]


def _join(folder: bytes, path: bytes) -> bytes:
    if not folder:
        return path
    return folder if path == b"." else folder + b"/" + path


def _name(plugged: Plugged | None, volumes: Sequence[str]) -> str:
    if plugged is None:
        return volumes[0] if volumes else "?"
    known = " ".join(text for text in (plugged.make, plugged.model) if text)
    return known or f"usb:{plugged.serial or plugged.port}"
