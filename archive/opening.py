"""An archive on disk: make one, open one."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive import recovery, settings
from archive.durable import Disk, is_full
from archive.errors import (
    LedgerDamagedError,
    MediumRefusedError,
    NoSpaceError,
    NotAnArchiveError,
    NotEmptyError,
    ReadOnlyArchiveError,
)
from archive.events import Event, record
from archive.ids import new_id
from archive.ledger import writer
from archive.ledger.note import Signer
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from archive.settings import Settings
from archive.store.area import Area, hold_new_area
from archive.store.medium import READ_ONLY, check_medium
from archive.store.posix import PosixStore
from archive.store.sealing.asking import choose
from archive.texts import Texts

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

SOFTWARE: Final = "muniment 0.1.0"
_KEY: Final = "keys/ledger.key"
_VKEY: Final = "keys/ledger.vkey"


def create_archive(
    root: Path,
    *,
    origin: str,
    unit: str | None = None,
    sm3: bool = False,
    catalogue_url: str | None = None,
    disk: Disk | None = None,
) -> None:
    """Make a new archive: keys, ledger, store, settings; the settings file last, so that a half-made one is none.

    Raises:
        SettingsError: the origin cannot be signed.
        NotEmptyError: the folder holds something.
        MediumRefusedError, NoSpaceError, ReadOnlyArchiveError, OSError: the medium; what was begun is left.
    """
    disk = disk or Disk()
    settings.check_origin(origin)
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise NotEmptyError(f"{root} is not empty: give a new folder, or an empty one")
    try:
        disk.make_dirs_synced(root / "store" / "incoming")
    except PermissionError as e:
        raise ReadOnlyArchiveError(f"{root} cannot be made: {e.strerror}") from e
    check_medium(root / "store" / "incoming", disk)
    disk.make_dirs_synced(root / "store" / "sha256")
    disk.make_dirs_synced(root / "keys")
    (root / "keys").chmod(0o700)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = Signer(origin, key)
    disk.replace_file(root / _KEY, pem, mode=0o600)
    disk.replace_file(root / _VKEY, signer.verifier.vkey().encode() + b"\n")
    writer.create(root, signer, disk=disk)
    station = new_id("station")
    unit_id = new_id("unit") if unit else None
    with Ledger(root, signer, disk=disk) as ledger:
        new = _New(PosixStore(root / "store", disk=disk), ledger)
        record(new, _first_events(station, unit_id, unit, origin, signer, sm3=sm3))
    text = settings.write_text(
        origin=origin, station=station, unit=unit_id, sm3=sm3, catalogue_url=catalogue_url
    )
    disk.replace_file(root / settings.NAME, text.encode())


class _New:
    """An archive that is being made."""

    def __init__(self, store: PosixStore, ledger: Ledger) -> None:
        self.store = store
        self.ledger = ledger


def _first_events(
    station: str, unit_id: str | None, unit: str | None, origin: str, signer: Signer, *, sm3: bool
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
            data={"id": signer.verifier.id.hex(), "use": "ledger"},
            text={"vkey": signer.verifier.vkey()},
        ),
    ]
    if unit_id is not None:
        events.append(
            Event(type="unit.registered", subject=unit_id, actor=station, text={"name": unit})
        )
    return events


def load_signer(root: Path, origin: str) -> Signer:
    """The ledger's signing key.

    Raises:
        NotAnArchiveError: there is none, or it cannot be read.
        LedgerDamagedError: it is not the key that `ledger.vkey` names.
    """
    try:
        key = load_pem_private_key((root / _KEY).read_bytes(), password=None)
        vkey = (root / _VKEY).read_text().strip()
    except PermissionError as e:
        raise ReadOnlyArchiveError(
            f"{_KEY} cannot be read by this user: it belongs to the archive's owner"
        ) from e
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as e:
        # TypeError: the key wants a password.
        raise NotAnArchiveError(f"{root}: the signing key cannot be read: {e}") from e
    if not isinstance(key, Ed25519PrivateKey):
        raise NotAnArchiveError(f"{root}: {_KEY} is no Ed25519 key")
    signer = Signer(origin, key)
    if signer.verifier.vkey() != vkey:
        raise LedgerDamagedError(
            f"{_KEY} and {_VKEY} are not one pair: put back the right one from a backup"
        )
    return signer


def open_archive(root: Path, *, write: bool, disk: Disk | None = None) -> Archive:
    """Open an archive. To write: also tries the medium, and takes in what a killed writer left.

    Raises:
        NotAnArchiveError, NewerFormatError, SettingsError: see the class.
        ReadOnlyArchiveError, MediumRefusedError, NoSpaceError: it cannot be written here.
        LedgerRolledBackError, LedgerDamagedError: nothing will be signed.
    """
    archive = Archive(root, settings.load(root), write=write, disk=disk)
    if write:
        try:
            archive.open_for_writing()
        except BaseException:
            archive.close()
            raise
    return archive


class Archive:
    """The parts of one archive, put together. Use `open_archive`."""

    def __init__(self, root: Path, config: Settings, *, write: bool, disk: Disk | None) -> None:
        self.root = root
        self.settings = config
        self.disk = disk or Disk()
        self.writable = write
        self.store = PosixStore(root / "store", disk=self.disk)
        self.texts = Texts(self.store)
        self.reader = LedgerReader(root)
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
        self._ledger = Ledger(
            self.root, load_signer(self.root, self.settings.origin), disk=self.disk
        )
        if self.disk.sealer is not None:
            self.disk.sealer.entries()
        if recovery.left_areas(self.store):
            recovery.take_in(
                self.store,
                self.disk,
                is_named=self._is_named,
                record=self.record,
                station=self.settings.station,
            )

    def take_in_area(self, area: Area) -> None:
        """Name what a killed writer left in an area that the caller holds now. Raises as `recovery.take_in`."""
        recovery.take_in_area(
            area,
            self.store,
            self.disk,
            is_named=self._is_named,
            record=self.record,
            station=self.settings.station,
        )

    def _is_named(self, digest: str) -> bool:
        self.catalogue.catch_up()
        return self.catalogue.is_named(digest)

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
