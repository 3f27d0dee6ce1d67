"""What a body has to be before anybody answers for it: before it is sent, and before it is receipted.

What always holds: nothing is written, and what is passed is what the envelope says, by whom it says.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.package.verifier.checking import check_package
from archive.settings.model import PeerSettings
from oversight.exchange.errors import MessageRefusedError, PackageRefusedError
from oversight.exchange.model import Envelope, need_case_body

_ABOUT: Final = "data/package.json"
_MOST_ABOUT: Final = 64 << 20  # bytes


def need_body(path: Path, envelope: Envelope, peer: PeerSettings) -> None:
    """A body that came whole is what the peer's envelope says.

    Raises:
        MessageRefusedError, PackageRefusedError: it is not.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != envelope.digest:
            raise MessageRefusedError("what came is not what was announced")
    if envelope.kind == "case":
        need_case_body(path.read_bytes(), envelope)
    else:
        need_package(path, envelope.case, peer.vkeys)


def need_package(path: Path, case: str, vkeys: Sequence[str]) -> None:
    """A file is a package of a case that holds, signed by one of these keys.

    Raises:
        PackageRefusedError: it is not.
        OSError: it cannot be read.
    """
    answer = check_package(path, vkeys=vkeys)
    if not answer["ok"]:
        codes = sorted({str(finding["code"]) for finding in answer["findings"]})
        raise PackageRefusedError(f"the package does not hold: {', '.join(codes)}")
    if not answer["pinned"]["signer"]:
        raise PackageRefusedError("the package is signed by another ledger")
    if _subject(path) != {"kind": "case", "id": case}:
        raise PackageRefusedError("the package is of another case")


def _subject(path: Path) -> dict[str, object]:
    """Whom a package that holds is about, as it says itself."""
    try:
        with zipfile.ZipFile(path) as zipped:
            [name] = [n for n in zipped.namelist() if n.partition("/")[2] == _ABOUT]
            with zipped.open(name) as file:
                subject = json.loads(file.read(_MOST_ABOUT))["subject"]
        return {"kind": subject["kind"], "id": subject["id"]}
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, RecursionError) as e:
        raise PackageRefusedError("the package does not say what it is about") from e
