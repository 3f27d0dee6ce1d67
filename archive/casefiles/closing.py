"""Closing a case with its volume catalogue, signed (K2, R5); and what of it can be fetched to be signed elsewhere.

What always holds: catalogue and signature are objects before the entry names them; the signature was checked over the
very bytes that are kept; `case.catalogued` and `case.closed` are appended together. A case whose file is of no act,
or that is not concluded, is not closed this way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from archive.casefiles import volume
from archive.casefiles.errors import SignatureRefusedError, StageOrderError
from archive.casefiles.filing import need_file
from archive.casefiles.signature import Signature, check
from archive.casefiles.stages import since_reopened
from archive.cases import deciding, need_open_case
from archive.catalogue.rows import CaseRow
from archive.events import Event, drafts
from archive.opening import Archive
from archive.timestamps.chain import read_pem
from archive.timestamps.errors import TokenError

ROOTS: Final = "signers.pem"  # below ROOT: whose certificates close a case; may be missing
_MOST_ROOTS: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing kept."""

    case: CaseRow
    catalogue: str  # digest
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a case is closed."""

    sign: Callable[[bytes], bytes]  # of the catalogue's bytes a detached CMS signature
    number: str | None = None  # 档号
    reason: str | None = None


def close(archive: Archive, number: str, closing: Closing, *, actor: str) -> Closed:
    """Make the catalogue, have it signed, keep both, and close the case.

    Raises:
        UnknownCaseError, CaseNotOpenError, NoFileError, CatalogueTooLongError: nothing was recorded.
        StageOrderError: the case is not concluded.
        SignatureRefusedError: no signature over this catalogue, or not to be believed.
        SigningKeyError: as `Signer`.
    """
    roots = signers(archive.root)
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        need_file(archive, case)
        if all(row.stage != "conclusion" for row in since_reopened(archive, case)):
            raise StageOrderError("a case is concluded before it is closed: enter conclusion first")
        data = volume.build(archive, case)
        signature = check(closing.sign(data), data, moment=datetime.now(UTC), roots=roots)
        with archive.store.writing() as writing:
            kept, signed = writing.put([data, signature.data])
            said: dict[str, object] = {
                "catalogue": {"object": kept.digest, "size": kept.size},
                "signature": {"object": signed.digest, "size": signed.size},
                "signer": signature.certificate,
            }
            archive.ledger.append(drafts(writing, _events(case, closing, said, actor)))
    return Closed(case=case, catalogue=kept.digest, signature=signature)


def _events(case: CaseRow, closing: Closing, said: dict[str, object], actor: str) -> list[Event]:
    number, reason = (closing.number or "").strip(), (closing.reason or "").strip()
    return [
        Event(
            type="case.catalogued",
            subject=case.id,
            actor=actor,
            data=said,
            text={"number": number} if number else None,
        ),
        Event(
            type="case.closed",
            subject=case.id,
            actor=actor,
            text={"reason": reason} if reason else None,
        ),
    ]


def signers(root: Path) -> Sequence[x509.Certificate]:
    """The roots that a signer's certificate has to lead to; none: it has to lead nowhere.

    Raises:
        SignatureRefusedError: the file is there and cannot be read.
    """
    try:
        with (root / ROOTS).open("rb") as file:
            data = file.read(_MOST_ROOTS)
    except FileNotFoundError:
        return ()
    except OSError as e:
        raise SignatureRefusedError(f"{ROOTS} cannot be read: {e.strerror}") from e
    try:
        found = read_pem(data, "root", ROOTS)
    except TokenError as e:
        raise SignatureRefusedError(e.reason) from e
    if not found:
        raise SignatureRefusedError(f"there is no certificate in {ROOTS}: nobody may sign")
    return found
