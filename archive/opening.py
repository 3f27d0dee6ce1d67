"""An archive on disk: make one, open one."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import recovery, settings
from archive.durable import Disk, is_full
from archive.errors import (
    ArchiveBusyError,
    MediumRefusedError,
    NoSpaceError,
    NotEmptyError,
    ReadOnlyArchiveError,
)
from archive.events import Event, record
from archive.ids import new_id
from archive.keys import folder, secrets
from archive.keys.history import introduced_as
from archive.keys.loading import StationKeys
from archive.ledger import writer
from archive.ledger.note import Ed25519KeySigner, Verifier
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from archive.removals import Removals
from archive.settings import Settings
from archive.settings.catalogue import check_catalogue_url
from archive.settings.model import S3Settings
from archive.store.area import Area, hold_new_area
from archive.store.medium import READ_ONLY, check_medium
from archive.store.opening import open_store
from archive.store.protocol import Store
from archive.store.removing import is_unfinished
from archive.store.sealing.asking import choose
from archive.texts import Texts

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

BRIEF: Final = 5.0  # seconds that somebody waits who only asks
SOFTWARE: Final = "muniment 0.1.0"


def create_archive(
    root: Path,
    *,
    origin: str,
    unit: str | None = None,
    sm3: bool = False,
    catalogue_url: str | None = None,
    s3: S3Settings | None = None,
    disk: Disk | None = None,
) -> None:
    """Make a new archive: keys, ledger, store, settings; the settings file last, so that a half-made one is none.

    Raises:
        SettingsError: the origin cannot be signed, or the URL is no catalogue's.
        S3Error: the bucket (`s3`) is not fit, or not to be had. Nothing was made.
        NotEmptyError: the folder holds something.
        MediumRefusedError, NoSpaceError, ReadOnlyArchiveError, OSError: the medium; what was begun is left.
    """
    disk = disk or Disk()
    settings.check_origin(origin)
    if catalogue_url is not None:
        check_catalogue_url(catalogue_url)
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise NotEmptyError(f"{root} is not empty: give a new folder, or an empty one")
    store = open_store(root, s3, disk=disk)
    store.ready()
    try:
        disk.make_dirs_synced(root / "store" / "incoming")
    except PermissionError as e:
        raise ReadOnlyArchiveError(f"{root} cannot be made: {e.strerror}") from e
    check_medium(root / "store" / "incoming", disk)
    if s3 is None:
        disk.make_dirs_synced(root / "store" / "sha256")
    disk.make_dirs_synced(root / "keys")
    (root / "keys").chmod(0o700)
    key = Ed25519PrivateKey.generate()
    signer = Ed25519KeySigner(origin, key)
    folder.write_private(root / folder.KEY, key, secrets.passphrase(), disk)
    disk.replace_file(root / folder.VKEY, signer.verifier.vkey().encode() + b"\n")
    writer.create(root, signer, disk=disk)
    station = new_id("station")
    unit_id = new_id("unit") if unit else None
    with Ledger(root, signer, disk=disk) as ledger:
        new = _New(store, ledger)
        record(new, _first_events(station, unit_id, unit, origin, signer.verifier, sm3=sm3))
    _make_authority(root, disk)
    text = settings.write_text(
        origin=origin,
        station=station,
        unit=unit_id,
        sm3=sm3,
        catalogue_url=catalogue_url,
        s3=s3,
    )
    disk.replace_file(root / settings.NAME, text.encode())


def _make_authority(root: Path, disk: Disk) -> None:
    """The agency's own timestamp authority, with keys of its own."""
    # X.509 takes a tenth of a second to import: only who makes an archive pays.
    from archive.timestamps.certificates import make_authority

    make_authority(root, now=datetime.now(UTC), disk=disk)


class _New:
    """An archive that is being made."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.store = store
        self.ledger = ledger


def _first_events(
    station: str, unit_id: str | None, unit: str | None, origin: str, key: Verifier, *, sm3: bool
) -> list[Event]:
    digests = ["sha256", "sm3"] if sm3 else ["sha256"]
    events = [
        Event(
            type="station.opened",
            subject=station,
            actor=station,
            data={"software": SOFTWARE, "format": 1, "unit": unit_id, "digests": digests},
            text={"origin": origin},
        ),
        Event(
            type="key.introduced",
            subject=new_id("key"),
            actor=station,
            data=introduced_as(key),
            text={"vkey": key.vkey()},
        ),
    ]
    if unit_id is not None:
        events.append(
            Event(type="unit.registered", subject=unit_id, actor=station, text={"name": unit})
        )
    return events


def open_archive(
    root: Path, *, write: bool, disk: Disk | None = None, patience: float | None = None
) -> Archive:
    """Open an archive. To write: also tries the medium, and takes in what a killed writer left.

    Args:
        root: of the archive.
        write: to append to it.
        disk: where it is written.
        patience: seconds to wait for an S3 server that is away, of somebody who only wants an answer: the bucket is
            not looked at then, and what a killed writer left in front of it is the next writer's. None: minutes.

    Raises:
        NotAnArchiveError, NewerFormatError, SettingsError: see the class.
        ReadOnlyArchiveError, MediumRefusedError, NoSpaceError: it cannot be written here.
        LedgerRolledBackError, LedgerDamagedError: nothing will be signed.
    """
    archive = Archive(root, settings.load(root), write=write, disk=disk, patience=patience)
    if write:
        try:
            archive.open_for_writing()
        except BaseException:
            archive.close()
            raise
    return archive


class Archive:
    """The parts of one archive, put together. Use `open_archive`."""

    def __init__(
        self,
        root: Path,
        config: Settings,
        *,
        write: bool,
        disk: Disk | None,
        patience: float | None = None,
    ) -> None:
        self.root = root
        self.settings = config
        self.disk = disk or Disk()
        self.disk.marker = root / settings.NAME
        self.writable = write
        self.store: Store = open_store(root, config.s3, disk=self.disk, patience=patience)
        self._asks_the_store = config.s3 is None or patience is None
        self.reader = LedgerReader(root)
        self.removals = Removals(self.reader)
        self.texts = Texts(self.store, moved=self.removals.moved)
        self._ledger: Ledger | None = None
        self._catalogue: Catalogue | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ledger(self) -> Ledger:
        """The ledger, to append. Raises ReadOnlyArchiveError."""
        if self._ledger is None:
            raise ReadOnlyArchiveError(f"{self.root} was opened to read only")
        return self._ledger

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue, as it is; `catch_up` brings it to the ledger's end."""
        # SQLAlchemy takes a quarter of a second to import: who does not ask, does not pay.
        from archive.catalogue import Catalogue

        url = self.settings.catalogue_url or f"sqlite:///{self.root.absolute() / 'catalogue.db'}"
        self._catalogue = Catalogue(url, reader=self.reader, texts=self.texts)
        # After it looked at its folder: below the mount point of a disk that is away nothing is made.
        if not settings.is_archive(self.root):
            raise MediumRefusedError(f"the disk of {self.root} went away: bring it back")
        return self._catalogue

    def record(self, events: list[Event]) -> None:
        """Append custody events. Durable when it returns. Raises as `archive.events.record`."""
        record(self, events)

    def open_for_writing(self) -> None:
        """See `open_archive`."""
        incoming = self.store.incoming
        try:
            self.disk.make_dirs(incoming)
            # In an area, so that whoever comes next clears away what a kill leaves of it.
            with hold_new_area(incoming, self.disk) as area:
                check_medium(area.path, self.disk)
                if self.settings.immutable:
                    self.disk.sealer = choose(self.root, self.settings.sealer, area.path, self.disk)
        except NoSpaceError:
            pass  # the ledger has a reserve, and can still say so
        except OSError as e:
            if e.errno in READ_ONLY:
                raise ReadOnlyArchiveError(f"{self.root} cannot be written: {e.strerror}") from e
            if not is_full(e):
                raise MediumRefusedError(
                    f"the disk of {incoming} cannot hold an archive: {e.strerror}"
                ) from e
        if self._asks_the_store:
            self.store.ready()
        self._ledger = Ledger(
            self.root,
            StationKeys(self.root, self.settings.pkcs11, disk=self.disk),
            disk=self.disk,
        )
        if self.disk.sealer is not None:
            self.disk.sealer.entries()
        if is_unfinished(self.store.folder):
            # A disposal was killed: what entries need comes back before anybody misses it.
            with suppress(ArchiveBusyError):
                self.store.remove([], needed=self.removals.needed)
        if self._asks_the_store and recovery.left_areas(self.store):
            recovery.take_in(
                self.store,
                self.disk,
                is_named=self.is_named,
                record=self.record,
                station=self.settings.station,
            )

    def take_in_area(self, area: Area) -> None:
        """Name what a killed writer left in an area that the caller holds now. Raises as `recovery.take_in`."""
        recovery.take_in_area(
            area,
            self.store,
            is_named=self.is_named,
            record=self.record,
            station=self.settings.station,
        )

    def is_named(self, digest: str) -> bool:
        """Whether an entry names an object. Raises ArchiveError: the catalogue cannot say."""
        self.catalogue.catch_up()
        # What was disposed of is nobody's any more: the same bytes, left by a killed writer, are new ones.
        return self.catalogue.is_named(digest) and not self.catalogue.is_removed(digest)

    def free_bytes(self) -> int:
        """What ordinary users can still write on the store's disk."""
        found = os.statvfs(self.store.folder)
        return found.f_bavail * found.f_frsize

    def close(self) -> None:
        """Publish what waits, let go of everything. Raises as `Ledger.close`; all is let go of then too."""
        ledger, self._ledger = self._ledger, None
        try:
            if ledger is not None:
                ledger.close()
        finally:
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = None
