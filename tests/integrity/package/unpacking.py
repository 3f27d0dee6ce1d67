"""A package as its reader sees it, with the standard library alone."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any


def members(package: Path) -> dict[str, bytes]:
    """Everything in a package by its path in the bag."""
    with zipfile.ZipFile(package) as file:
        assert file.testzip() is None
        names = file.namelist()
        assert len(set(names)) == len(names)
        (top,) = {name.partition("/")[0] for name in names}
        return {name.removeprefix(f"{top}/"): file.read(name) for name in names}


def document(files: dict[str, bytes]) -> dict[str, Any]:
    """`package.json`."""
    found = json.loads(files["data/package.json"])
    assert isinstance(found, dict)
    return found


def listed(manifest: bytes) -> dict[str, str]:
    """A BagIt manifest: digest by path."""
    lines = manifest.decode().splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def sha256(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def entries(files: dict[str, bytes]) -> dict[int, bytes]:
    """`entries.jsonl`: exact bytes by index."""
    lines = files["data/ledger/entries.jsonl"].splitlines()
    return {int(index): raw for index, raw in (line.split(b" ", 1) for line in lines)}
