"""Checking a transfer on the side that receives it: needs no archive, and believes nothing that it can compute.

What always holds: every file is hashed against transfer.json, and one that is not named there is found; the package is
checked by the package's own verifier. What was found is named by code and file; whoever found something refuses.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oversight.transfer import model
from oversight.transfer.errors import TransferFolderError
from oversight.transfer.folder import listed, package_json, verdict
from oversight.transfer.metadata import ReadRecord, missing
from oversight.transfer.testing import read_metadata, secure

MOST: Final = 64 << 20  # bytes of a list or a report


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
    data = _read(folder / model.MANIFEST)
    manifest = _object(data)
    here = {str(file["path"]): file for file in listed(folder)}
    found = _files(manifest, here)
    if model.PACKAGE not in here:
        raise TransferFolderError(f"there is no {model.PACKAGE} in it")
    said = verdict(folder / model.PACKAGE, vkeys)
    found += [f"package: {f['code']} {f['where']}" for f in said["findings"]]
    found += _metadata(folder, manifest, here)
    found += _report(folder, manifest)
    found += [f"{test.id}: {one}" for test in secure(folder) for one in test.found]
    return Checked(
        transfer=hashlib.sha256(data).hexdigest(),
        manifest=manifest,
        package=str(here[model.PACKAGE]["sha256"]),
        signer_pinned=bool(said["pinned"]["signer"]),
        found=tuple(dict.fromkeys(found)),
    )


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
    texts = all(
        isinstance(manifest.get(name), str) and manifest[name]
        for name in ("case", "code", "from", "to", "made")
    )
    if not texts or not isinstance(manifest.get("files"), list):
        raise TransferFolderError(f"{model.MANIFEST} lacks what docs/formats/transfer.md asks for")
    return manifest


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


def _metadata(folder: Path, manifest: dict[str, Any], here: dict[str, dict[str, Any]]) -> list[str]:
    """The metadata against the package and the documents, whoever made them."""
    if model.METADATA not in here:
        return []
    written = read_metadata(folder)
    if written is None:
        return [f"metadata_unreadable {model.METADATA}"]
    found = [f"metadata_missing {one}" for one in missing(written)]
    cases = [record for record in written if record.kind == "case"]
    if [(r.id, r.values.get("archivalCode")) for r in cases] != [
        (manifest["case"], manifest["code"])
    ]:
        found.append("metadata_differs case")
    packed = _packed(folder / model.PACKAGE)
    clips = {r.id: r for r in written if r.kind == "clip" and "disposed" not in r.values}
    found += [f"metadata_differs {id_}" for id_ in sorted(clips.keys() ^ packed.keys())]
    found += [
        f"metadata_differs {id_}"
        for id_ in sorted(clips.keys() & packed)
        if clips[id_].values.get("fixity") != packed[id_]
    ]
    documents = [record for record in written if record.kind == "document"]
    found += [f"metadata_differs {r.id}" for r in documents if not _is_there(r, here)]
    places = {record.values.get("location") for record in documents}
    loose = [n for n in here if n.startswith(f"{model.DOCUMENTS}/") and n not in places]
    return found + [f"metadata_differs {name}" for name in sorted(loose)]


def _is_there(record: ReadRecord, here: dict[str, dict[str, Any]]) -> bool:
    file = here.get(record.values.get("location", ""))
    return file is not None and file["sha256"] == record.values.get("fixity")


def _packed(package: Path) -> dict[str, str]:
    """Digests of the originals in a package, by clip; none where it cannot be read, which its verifier says."""
    try:
        clips = package_json(package)["clips"]
        return {str(clip["clip"]): str(clip["sha256"]) for clip in clips}
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return {}


def _report(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """The sender's report: of this case, each test there, none failed."""
    path = folder / model.REPORT
    if not path.is_file():
        return []
    try:
        report = json.loads(_read(path))
        results = {str(test["test"]): test["result"] for test in report["tests"]}
        case = report["case"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"report_malformed {model.REPORT}"]
    found = [f"report_lacks {name}" for name in model.TESTS if name not in results]
    found += [
        f"report_failed {name}"
        for name, result in results.items()
        if result not in {"passed", "not_applicable"}
    ]
    return found if case == manifest["case"] else [*found, "report_differs case"]
