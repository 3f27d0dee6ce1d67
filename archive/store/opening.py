"""Which store an archive has, by its settings."""

from __future__ import annotations

from pathlib import Path

from archive.durable import Disk
from archive.settings.model import S3Settings
from archive.store.posix import PosixStore
from archive.store.protocol import Store


def open_store(
    root: Path,
    s3: S3Settings | None,
    *,
    disk: Disk | None = None,
    patience: float | None = None,
) -> Store:
    """The store of an archive; asks nobody anything yet. `patience`: seconds for an S3 server that is away."""
    folder = root / "store"
    if s3 is None:
        return PosixStore(folder, disk=disk)
    from archive.store.s3.client import PATIENCE
    from archive.store.s3.store import S3Store

    return S3Store(folder, s3, disk=disk, patience=PATIENCE if patience is None else patience)
