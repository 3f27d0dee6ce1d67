"""What lies in the folder of a transfer, read: its files, the package's own list, what the package's verifier says."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archive.package.verifier.checking import check_package
from oversight.transfer import model


def listed(folder: Path) -> list[dict[str, Any]]:
    """Every file of a transfer but its list: path, SHA-256, size; by path. Raises OSError."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name == model.MANIFEST:
            continue
        if path.is_symlink():  # of a stranger's: it may lead anywhere
            found.append({"path": name, "sha256": "", "size": 0})
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append({"path": name, "sha256": digest, "size": path.stat().st_size})
    return sorted(found, key=lambda each: str(each["path"]))


def read_member(file: zipfile.ZipFile, name: str, most: int = -1) -> bytes:
    """The bytes of a member of a stranger's zip, or the first of them. Raises zipfile.BadZipFile, OSError."""
    try:
        with file.open(name) as opened:
            return opened.read(most)
    # Encrypted, of a method that nobody knows, or no deflate.
    except (RuntimeError, zlib.error, EOFError) as e:
        raise zipfile.BadZipFile(f"{name} cannot be read") from e


def package_json(package: Path) -> dict[str, Any]:
    """package.json of a package. Raises ValueError, OSError, zipfile.BadZipFile."""
    with zipfile.ZipFile(package) as file:
        names = [
            n for n in file.namelist() if n.endswith("/data/package.json") and n.count("/") == 2
        ]
        if len(names) != 1:
            raise ValueError("the package has no package.json")
        found = json.loads(read_member(file, names[0]))
    if not isinstance(found, dict):
        raise ValueError("package.json is no object")  # noqa: TRY004 - of a file, not of a caller
    return found


def verdict(package: Path, vkeys: Sequence[str]) -> dict[str, Any]:
    """What the package's verifier says. Raises PinError, OSError."""
    found: dict[str, Any] = check_package(package, vkeys=vkeys)
    return found
