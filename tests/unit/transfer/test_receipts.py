"""The receipt: recorded once, of one's own transfer only, its signature checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from archive.audit import audit
from archive.casefiles.signing import Signer
from archive.opening import Archive
from oversight.transfer.errors import ReceiptError
from oversight.transfer.making import Sending, make
from oversight.transfer.receipts import Receipt, decode, encode, take
from tests.unit.oversight.files.certificates import certificate, write
from tests.unit.oversight.files.office import ACTOR

BASE = Receipt(
    transfer="a" * 64,
    package="b" * 64,
    case="case-1",
    code="J1",
    by="馆",
    at="2026-01-02T03:04:05Z",
)


@pytest.fixture
def receipt(archive: Archive, number: str, tmp_path: Path) -> Receipt:
    sending = Sending(number=number, to="馆", fonds="J017")
    made = make(archive, sending, tmp_path / "out", actor=ACTOR)
    assert made.transfer is not None
    assert made.package is not None
    return replace(
        BASE,
        transfer=made.transfer,
        package=made.package,
        case=made.case.id,
        code=made.code,
        at=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    )


def test_a_receipt_is_kept_once_and_only_of_a_transfer_of_the_case(
    archive: Archive, number: str, receipt: Receipt
) -> None:
    for other in (
        replace(receipt, transfer="0" * 64),
        replace(receipt, package="0" * 64),
        replace(receipt, case="case-other"),
    ):
        with pytest.raises(ReceiptError, match="no transfer"):
            take(archive, number, encode(other), actor=ACTOR)
    data = encode(receipt)
    take(archive, number, data, actor=ACTOR)
    row = archive.catalogue.latest(receipt.case, "transfer.received")
    assert row is not None
    assert archive.store.read(row.data["receipt"]["object"]) == data
    assert row.written["by"] == "馆"
    with pytest.raises(ReceiptError, match="already"):
        take(archive, number, encode(replace(receipt, reason="late")), actor=ACTOR)
    assert audit(archive.root).ok


def test_a_receipt_with_another_code_or_of_before_the_transfer_is_refused(
    archive: Archive, number: str, receipt: Receipt
) -> None:
    for other, why in (
        (replace(receipt, code="J999"), "code"),
        (replace(receipt, at="1999-01-01T00:00:00Z"), "before"),
    ):
        with pytest.raises(ReceiptError, match=why):
            take(archive, number, encode(other), actor=ACTOR)
    assert archive.catalogue.latest(receipt.case, "transfer.received") is None


def test_a_refusal_is_recorded_with_its_reason(
    archive: Archive, number: str, receipt: Receipt
) -> None:
    take(archive, number, encode(replace(receipt, reason="缺卷内目录")), actor=ACTOR)
    row = archive.catalogue.latest(receipt.case, "transfer.refused")
    assert row is not None
    assert row.written["reason"] == "缺卷内目录"


def test_a_signature_is_over_these_bytes_and_leads_to_the_root_that_is_named(
    archive: Archive, number: str, receipt: Receipt, tmp_path: Path
) -> None:
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certificate("档案局", authority)
    own = certificate("接收人", key, issuer=root, by=authority)
    signer = Signer(write(tmp_path / "own.pem", key, own), None, None)
    data = encode(receipt)
    stranger = certificate("stranger", authority)
    for signature, roots in (
        (signer.sign(data + b" "), (root,)),
        (signer.sign(data), (certificate("other", ec.generate_private_key(ec.SECP256R1())),)),
        (None, (root,)),
    ):
        with pytest.raises(ReceiptError):
            take(archive, number, data, actor=ACTOR, signature=signature, roots=roots)
    assert stranger != root
    taken = take(
        archive, number, data, actor=ACTOR, signature=signer.sign(data), roots=(stranger, root)
    )
    assert taken.signed is not None
    row = archive.catalogue.latest(receipt.case, "transfer.received")
    assert row is not None
    assert row.data["signer"] == taken.signed.certificate
    assert row.data["root"] == taken.root == root.fingerprint(SHA256()).hex()
    assert archive.store.read(row.data["signature"]["object"]) == taken.signed.data


def test_a_receipt_that_a_root_vouches_for_comes_after_one_that_nobody_does_and_no_other(
    archive: Archive, number: str, receipt: Receipt, tmp_path: Path
) -> None:
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certificate("档案局", authority)
    own = certificate("接收人", key, issuer=root, by=authority)
    signer = Signer(write(tmp_path / "own.pem", key, own), None, None)
    forged, genuine = encode(replace(receipt, by="路人")), encode(receipt)
    take(archive, number, forged, actor=ACTOR)
    signature = signer.sign(genuine)
    with pytest.raises(ReceiptError, match="already"):
        take(archive, number, genuine, actor=ACTOR, signature=signature)
    take(archive, number, genuine, actor=ACTOR, signature=signature, roots=(root,))
    rows = [row for row in archive.catalogue.custody(receipt.case) if "receipt" in row.data]
    assert [(row.data.get("signer_checked"), "root" in row.data) for row in rows] == [
        (False, False),
        (None, True),
    ]
    again = encode(replace(receipt, reason="changed my mind"))
    with pytest.raises(ReceiptError, match="already"):
        take(archive, number, again, actor=ACTOR, signature=signer.sign(again), roots=(root,))
    assert audit(archive.root).ok


@given(data=st.binary(max_size=200))
def test_no_bytes_but_a_receipt_are_one(data: bytes) -> None:
    with pytest.raises(ReceiptError):
        decode(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"received"', b'"refused"'),
        lambda data: data.replace(b"a" * 64, b"A" * 64),
        lambda data: data.replace(b"2026-01-02T03:04:05Z", b"yesterday"),
        lambda data: data.replace(b'"J1"', b"7"),
        lambda data: data[:-1] + b',"more":1}',
        lambda data: b" " * (64 << 10) + data,
    ],
)
def test_a_receipt_that_is_not_whole_is_none(change: Callable[[bytes], bytes]) -> None:
    data = encode(BASE)
    assert decode(data) == BASE
    with pytest.raises(ReceiptError):
        decode(change(data))
