"""What lies in the folder of a transfer, read: its files, the package's own list, what the package's verifier says.

What always holds: a link is followed nowhere, and nothing that is no file is opened; of a stranger's zip no more than
MOST bytes are read at once, and whatever is wrong with it is zipfile.BadZipFile.
"""

from __future__ import annotations

import errno
import hashlib
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from archive.package.verifier.checking import check_package
from oversight.transfer import model

MOST: Final = 64 << 20  # bytes of a list, a report or a member of a zip
# What zipfile raises beside BadZipFile: encrypted, an unknown version or method, names that are no text, no deflate.
_ILL: Final = (RuntimeError, ValueError, EOFError, struct.error, zlib.error, lzma.LZMAError)


def listed(folder: Path) -> list[dict[str, Any]]:
    """Every file of a transfer but its list: path, SHA-256, size; by path; no links. Raises OSError."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or name == model.MANIFEST:
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append({"path": name, "sha256": digest, "size": path.stat().st_size})
    return sorted(found, key=lambda each: str(each["path"]))


def odd(folder: Path) -> list[str]:
    """What is neither a file nor a folder: links, whatever they lead to, pipes, sockets, devices. Raises OSError."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not (path.is_file() or path.is_dir())
    ]


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A stranger's zip. Raises zipfile.BadZipFile, OSError."""
    with _told_as_bad(path.name), zipfile.ZipFile(path) as file:
        yield file


def read_member(file: zipfile.ZipFile, name: str, most: int = MOST) -> bytes:
    """The first bytes of a member of a stranger's zip. Raises zipfile.BadZipFile, OSError."""
    with _told_as_bad(name), file.open(name) as opened:
        return opened.read(most)


@contextmanager
def _told_as_bad(name: str) -> Iterator[None]:
    try:
        yield
    except _ILL as e:
        raise zipfile.BadZipFile(f"{name} cannot be read") from e
    except OSError as e:
        if e.errno not in {
            None,
            errno.EINVAL,
        }:  # not the medium: bzip2, and a place before the start
            raise
        raise zipfile.BadZipFile(f"{name} cannot be read") from e


def package_json(package: Path) -> dict[str, Any]:
    """package.json of a package. Raises ValueError, OSError, zipfile.BadZipFile."""
    with opened_zip(package) as file:
        names = [
            n for n in file.namelist() if n.endswith("/data/package.json") and n.count("/") == 2
        ]
        if len(names) != 1:
            raise zipfile.BadZipFile("the package has no package.json")
        data = read_member(file, names[0], MOST + 1)
    if len(data) > MOST:
        raise ValueError(f"package.json has more than {MOST} bytes")
    try:
        found = json.loads(data)
    except RecursionError as e:
        raise ValueError("package.json is nested too deep") from e
    if not isinstance(found, dict):
        raise ValueError("package.json is no object")  # noqa: TRY004 - of a file, not of a caller
    return found


def verdict(package: Path, vkeys: Sequence[str]) -> dict[str, Any]:
    """What the package's verifier says. Raises PinError, OSError."""
    found: dict[str, Any] = check_package(package, vkeys=vkeys)
    return found
