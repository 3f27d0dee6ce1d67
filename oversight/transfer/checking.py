"""Checking a transfer on the side that receives it: needs no archive, and believes nothing that it can compute.

What always holds: every file is hashed against transfer.json, and one that is not named there is found, and what is
no file; the package is checked by the package's own verifier. What was found is named by code and file; whoever found
something refuses. What has to agree with what: comparing.py.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oversight.transfer import comparing, model
from oversight.transfer.errors import TransferFolderError
from oversight.transfer.folder import MOST, listed, odd, package_json, verdict
from oversight.transfer.testing import read_metadata, secure

MOST_TEXT: Final = 1000  # characters of a name, a number or a code


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found; nothing: it is as it was sent."""

    transfer: str  # SHA-256 of transfer.json
    manifest: dict[str, Any]
    package: str  # SHA-256, computed
    signer_pinned: bool
    found: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.found


def check_folder(folder: Path, *, vkeys: Sequence[str] = ()) -> Checked:
    """Check a transfer.

    Args:
        folder: as it was sent.
        vkeys: verifier keys of the sender's ledger that are trusted.

    Raises:
        TransferFolderError: there is no transfer in it. Nothing was checked.
        PinError: a key cannot be read. Nothing was checked.
        OSError: the medium failed.
    """
    if (folder / model.MANIFEST).is_symlink() or not (folder / model.MANIFEST).is_file():
        raise TransferFolderError(f"there is no {model.MANIFEST} in it")
    data = _read(folder / model.MANIFEST)
    manifest = _object(data)
    here = {str(file["path"]): file for file in listed(folder)}
    found = _files(manifest, here)
    found += [f"file_odd {name}" for name in odd(folder)]
    if model.PACKAGE not in here:
        raise TransferFolderError(f"there is no {model.PACKAGE} in it")
    said = verdict(folder / model.PACKAGE, vkeys)
    found += [f"package: {f['code']} {f['where']}" for f in said["findings"]]
    package = None
    if not said["findings"]:  # whatever is in it is not to be believed, nor read
        package, differs = _package(folder / model.PACKAGE, manifest)
        found += differs
    found += _compared(folder, manifest, package, here)
    found += [f"{test.id}: {one}" for test in secure(folder) for one in test.found]
    return Checked(
        transfer=hashlib.sha256(data).hexdigest(),
        manifest=manifest,
        package=str(here[model.PACKAGE]["sha256"]),
        signer_pinned=bool(said["pinned"]["signer"]),
        found=_told(found),
    )


def _compared(
    folder: Path,
    manifest: dict[str, Any],
    package: dict[str, Any] | None,
    here: dict[str, dict[str, Any]],
) -> list[str]:
    """Metadata, report and volume, as far as they are there."""
    found: list[str] = []
    written = read_metadata(folder) if model.METADATA in here else []
    if written is None:
        found.append(f"metadata_unreadable {model.METADATA}")
    elif written or model.METADATA in here:
        found += comparing.metadata_differs(written, manifest, package, here)
    if model.REPORT in here:
        found += comparing.report_differs(_read(folder / model.REPORT), manifest, here)
    catalogue, signature = (
        _read(folder / name) if name in here else None
        for name in (model.CATALOGUE, model.SIGNATURE)
    )
    return found + comparing.volume_differs(catalogue, signature, manifest, written or [])


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as e:
        raise TransferFolderError(f"{path.name} cannot be read: {e.strerror}") from e
    if len(data) > MOST:
        raise TransferFolderError(f"{path.name} has more than {MOST} bytes")
    return data


def _object(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise TransferFolderError(f"{model.MANIFEST} is no JSON: {e}") from e
    if not isinstance(manifest, dict) or manifest.get("format") != model.FORMAT:
        raise TransferFolderError(f"{model.MANIFEST} is none of the form {model.FORMAT}")
    texts = all(_is_text(manifest.get(name)) for name in comparing.HEAD)
    if not texts or not isinstance(manifest.get("files"), list):
        raise TransferFolderError(f"{model.MANIFEST} lacks what docs/formats/transfer.md asks for")
    return manifest


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(manifest: dict[str, Any], here: dict[str, dict[str, Any]]) -> list[str]:
    named = {
        f["path"]: f
        for f in manifest["files"]
        if isinstance(f, dict) and isinstance(f.get("path"), str)
    }
    found = [f"file_missing {name}" for name in sorted(named.keys() - here.keys())]
    found += [f"file_extra {name}" for name in sorted(here.keys() - named.keys())]
    found += [
        f"file_changed {name}" for name in sorted(here.keys() & named) if named[name] != here[name]
    ]
    needed = (model.PACKAGE, model.METADATA, model.REPORT, model.PAGE)
    return found + [f"file_missing {name}" for name in needed if name not in named]


def _package(package: Path, manifest: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """What is in a package whose verifier found nothing, and how that differs."""
    try:
        said = package_json(package)
    except (ValueError, zipfile.BadZipFile):
        return None, [f"package_differs {model.PACKAGE}"]
    return said, comparing.package_differs(manifest, said)


def _told(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, and as text: a file's name may be none, and a receipt is Unicode."""
    return tuple(dict.fromkeys(one.encode("utf-8", "backslashreplace").decode() for one in found))
