"""What has to hold of a store at any moment (docs/formats/store.md), looked at from outside."""

from __future__ import annotations

import hashlib
import mmap
import stat
from pathlib import Path

from archive.ledger.entry import named_objects
from archive.ledger.reader import LedgerReader


def objects(store: Path) -> dict[str, Path]:
    """Every object, after a look at its name, folder, mode and bytes."""
    found = {}
    for path in sorted((store / "sha256").rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        mode = path.lstat().st_mode
        assert stat.S_ISREG(mode), f"{path} is no plain file"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.name == digest
        assert path.relative_to(store) == Path("sha256", digest[:2], digest[2:4], digest)
        assert stat.S_IMODE(mode) == 0o444
        found[digest] = path
    return found


def named(root: Path) -> set[str]:
    """Digests of the objects that entries name."""
    return {
        digest for entry in LedgerReader(root).entries() for digest, _ in named_objects(entry.data)
    }


def check_named(root: Path) -> None:
    """What the ledger names is there; what it does not name is an interrupted write."""
    there, wanted = objects(root / "store"), named(root)
    assert wanted <= there.keys()
    incoming = {(p.stat().st_dev, p.stat().st_ino) for p in interim(root / "store")}
    for digest in there.keys() - wanted:
        found = there[digest].stat()
        assert (found.st_dev, found.st_ino) in incoming, f"{digest} is a foreign file"


def interim(store: Path) -> list[Path]:
    """Files in `incoming/`."""
    return sorted(p for p in (store / "incoming").rglob("*") if p.is_file())


def aligned(data: bytes) -> memoryview:
    """Bytes in a buffer that may be written directly."""
    buffer = mmap.mmap(-1, max(len(data), 1))
    buffer[: len(data)] = data
    return memoryview(buffer)[: len(data)]
