"""The receipt that comes back: written by whoever received, recorded by whoever sent.

What always holds: a receipt is canonical JSON, at most 64 KiB, and names one transfer by the digest of its
transfer.json, with its package and code; it says received or refused, the latter with a reason. A signature, where
there is one, is checked over the very bytes that are kept. Who received is what the receipt says, unless a certificate
that leads to a given root signed it: the entry says which it is. Of one transfer one receipt is recorded, and after one
that nobody vouches for one that a root does, which then counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from archive import canonical
from archive.casefiles.errors import SignatureRefusedError
from archive.casefiles.signature import Signature, check
from archive.cases import deciding, need_case
from archive.catalogue.rows import CaseRow, CustodyRow
from archive.catalogue.times import known_us
from archive.errors import CanonicalError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.writing import Writing
from oversight.transfer.errors import ReceiptError

FORMAT: Final = "muniment-receipt-1"
MOST: Final = 64 << 10  # bytes
MOST_REASON: Final = 2000
_CLOCKS_US: Final = 300_000_000  # how much two sides' clocks may differ
_DIGEST: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the receiving side says."""

    transfer: str  # SHA-256 of transfer.json
    package: str  # SHA-256
    case: str
    code: str
    by: str
    at: str
    reason: str | None = None  # None: received; else why it was refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A receipt that was recorded."""

    receipt: Receipt
    signed: Signature | None = None
    root: str | None = (
        None  # SHA-256 of the one that the signer's certificate leads to; None: not checked
    )


def encode(receipt: Receipt) -> bytes:
    """Its bytes. Raises ReceiptError: a text that is not Unicode."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "result": "received" if receipt.reason is None else "refused",
        **{name: getattr(receipt, name) for name in Receipt.__slots__},
    }
    try:
        return canonical.encode(said)
    except CanonicalError as e:
        raise ReceiptError(f"the receipt cannot be written: {e}") from e


def decode(data: bytes) -> Receipt:
    """A receipt out of its bytes. Raises ReceiptError."""
    if len(data) > MOST:
        raise ReceiptError(f"a receipt has at most {MOST} bytes")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise ReceiptError(f"the receipt is no JSON: {e}") from e
    names = {"format", "result", *Receipt.__slots__}
    if not isinstance(said, dict) or said.keys() != names or said["format"] != FORMAT:
        raise ReceiptError(f"it is no receipt of the form {FORMAT}")
    reason = said.pop("reason")
    texts = all(isinstance(value, str) and value.strip() for value in said.values())
    if not texts or not (reason is None or (isinstance(reason, str) and reason.strip())):
        raise ReceiptError("a member of the receipt is empty, or no text")
    del said["format"]
    if said.pop("result") != ("received" if reason is None else "refused"):
        raise ReceiptError("the receipt says received with a reason, or refused without one")
    digests = all(_DIGEST.fullmatch(said[name]) for name in ("transfer", "package"))
    if not digests or known_us(said["at"]) is None or len(reason or "") > MOST_REASON:
        raise ReceiptError(
            "the receipt has no digest, time or reason as docs/formats/transfer.md says"
        )
    return Receipt(**said, reason=reason)


def take(
    archive: Archive,
    number: str,
    data: bytes,
    *,
    actor: str,
    signature: bytes | None = None,
    roots: Sequence[x509.Certificate] = (),
) -> Taken:
    """Record a receipt of a transfer of a case.

    Args:
        archive: open to write.
        number: of the case.
        data: the receipt's bytes.
        actor: who records it.
        signature: CMS over them, detached.
        roots: one of which the signer's certificate has to lead to; none: to none.

    Raises:
        UnknownCaseError: there is no such case.
        ReceiptError: see the class. Nothing was recorded.
    """
    receipt = decode(data)
    taken = Taken(receipt=receipt)
    if signature is not None:
        taken = _checked(receipt, signature, data, roots)
    if roots and taken.root is None:
        raise ReceiptError("a root was given, and the receipt is not signed")
    with deciding(archive):
        case = need_case(archive.catalogue, number)
        _need_awaited(archive, case, taken)
        with archive.store.writing() as writing:
            archive.ledger.append(
                drafts(writing, [_event(case, taken, writing, data, actor=actor)])
            )
    archive.ledger.publish()
    archive.catalogue.catch_up()
    return taken


def _event(case: CaseRow, taken: Taken, writing: Writing, data: bytes, *, actor: str) -> Event:
    """The entry; receipt and signature are kept before it."""
    receipt, signed = taken.receipt, taken.signed
    kept = writing.put([data, *([] if signed is None else [signed.data])])
    said: dict[str, Any] = {
        "transfer": receipt.transfer,
        "receipt": {"object": kept[0].digest, "size": kept[0].size},
        "at": receipt.at,
    }
    if signed is not None:
        said["signature"] = {"object": kept[1].digest, "size": kept[1].size}
        said["signer"] = signed.certificate
    said |= {"signer_checked": False} if taken.root is None else {"root": taken.root}
    reason = {} if receipt.reason is None else {"reason": receipt.reason}
    return Event(
        type="transfer.received" if receipt.reason is None else "transfer.refused",
        subject=case.id,
        actor=actor,
        data=said,
        text={"by": receipt.by} | reason,
    )


def _checked(
    receipt: Receipt, signature: bytes, data: bytes, roots: Sequence[x509.Certificate]
) -> Taken:
    now = datetime.now(UTC)
    try:
        signed = check(signature, data, moment=now, roots=roots)
    except SignatureRefusedError as e:
        raise ReceiptError(f"the signature is not one over this receipt: {e}") from e
    for root in roots:
        with suppress(SignatureRefusedError):  # it leads to one of them: to which?
            check(signature, data, moment=now, roots=[root])
            return Taken(receipt=receipt, signed=signed, root=root.fingerprint(SHA256()).hex())
    return Taken(receipt=receipt, signed=signed)


def _need_awaited(archive: Archive, case: CaseRow, taken: Taken) -> None:
    """Raises ReceiptError."""
    receipt, rows = taken.receipt, transfers_of(archive, case)
    mine = [row for row in rows if row.data.get("transfer") == receipt.transfer]
    made = next((row for row in mine if row.type == "transfer.made"), None)
    if made is None or receipt.case != case.id or made.data.get("package") != receipt.package:
        raise ReceiptError(f"case {case.number} has no transfer that this receipt is of")
    if made.written.get("number") not in {None, receipt.code}:  # None: its text was disposed of
        raise ReceiptError(f"the receipt names another archival code: {receipt.code}")
    before = (known_us(made.time) or 0) - _CLOCKS_US
    if (known_us(receipt.at) or 0) < before:
        raise ReceiptError(f"the receipt is of {receipt.at}, before the transfer was made")
    answered = [row for row in mine if row.type != "transfer.made"]
    if answered and (taken.root is None or any("root" in row.data for row in answered)):
        raise ReceiptError("a receipt of this transfer is on record already")


def transfers_of(archive: Archive, case: CaseRow) -> list[CustodyRow]:
    """What the ledger says of a case's transfers, oldest first."""
    rows = archive.catalogue.custody(case.id)
    return [row for row in rows if row.type.startswith("transfer.")]
