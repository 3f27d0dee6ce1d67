"""Closing a case: the catalogue of the volume, its signature by anybody's tools, and what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from api.oversight.file.documents import file as shown_file
from archive import canonical
from archive.casefiles import documents, filing, volume
from archive.casefiles.closing import ROOTS, Closing, close
from archive.casefiles.documents import NewDocument
from archive.casefiles.errors import SignatureRefusedError, SigningKeyError, StageOrderError
from archive.casefiles.signature import check, whose
from archive.casefiles.signing import Signer
from archive.cases import CaseNotOpenError
from tests.unit.oversight.files.certificates import Key, certificate, write
from tests.unit.oversight.files.office import ACTOR, Office

AUTHORITY = ec.generate_private_key(ec.SECP256R1())
ROOT = certificate("Test authority", AUTHORITY)


def person(
    key: Key | None = None, *, days: tuple[int, int] = (-30, 365)
) -> tuple[Key, x509.Certificate]:
    key = key or ec.generate_private_key(ec.SECP256R1())
    return key, certificate("档案员", key, issuer=ROOT, by=AUTHORITY, days=days)


def _made() -> bytes:
    key, own = person()
    with TemporaryDirectory() as folder:
        return Signer(write(Path(folder) / "key.pem", key, own), None, None).sign(b"catalogue")


MADE = _made()


def signer(path: Path, *, days: tuple[int, int] = (-30, 365)) -> Signer:
    key, own = person(days=days)
    return Signer(write(path / "key.pem", key, own), None, None)


def add_document(office: Office, number: str, name: str, data: bytes, pages: int | None) -> str:
    with office.archive.store.writing() as writing:
        path = writing.new_path()
        path.write_bytes(data)
        new = NewDocument(path=path, media_type="application/pdf", pages=pages, name=name)
        id_, _ = documents.add(office.archive, writing, office.row(number), new, actor=ACTOR)
    office.archive.catalogue.catch_up()
    return id_


def openssl(tmp_path: Path, catalogue: bytes, signature: bytes) -> int:
    for name, data in (("catalogue", catalogue), ("p7s", signature)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "ca.pem").write_bytes(ROOT.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "p7s"]
    command += ["-content", "catalogue", "-CAfile", "ca.pem", "-purpose", "any", "-out", "out"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


def test_a_closed_case_has_a_catalogue_that_openssl_verifies(
    office: Office, tmp_path: Path
) -> None:
    number = office.concluded()
    add_document(office, number, "笔录.pdf", b"%PDF-1 record", 3)
    add_document(office, number, "决定书.pdf", b"%PDF-1 decision", 2)
    closed = close(
        office.archive,
        number,
        Closing(sign=signer(tmp_path).sign, number="2110-XZ-2026-0003"),
        actor=ACTOR,
    )
    row = office.row(number)
    file = office.archive.catalogue.case_file(row.id)
    assert not row.is_open
    assert file is not None
    assert file.catalogue is not None
    assert file.signature is not None
    assert file.signer == closed.signature.certificate
    data, signature = (office.archive.store.read(d) for d in (file.catalogue, file.signature))
    shown = shown_file(office.archive, row)
    assert (shown["signer_name"], shown["self_signed"]) == ("CN=档案员", False)
    assert whose(b"no signature") is None
    assert openssl(tmp_path, data, signature) == 0
    assert openssl(tmp_path, data + b" ", signature) != 0
    found = json.loads(data)
    assert canonical.encode(found) == data
    items = [(i["number"], i["title"], i["from_page"], i["to_page"]) for i in found["items"]]
    assert items == [(1, "笔录.pdf", 1, 3), (2, "决定书.pdf", 4, 5)]
    assert found["items"][0]["sha256"] == hashlib.sha256(b"%PDF-1 record").hexdigest()
    assert [s["stage"] for s in found["stages"]] == ["investigation", "conclusion"]


def test_the_catalogue_is_the_same_bytes_until_the_case_holds_something_else(
    office: Office,
) -> None:
    number = office.concluded()
    first = volume.build(office.archive, office.row(number))
    assert volume.build(office.archive, office.row(number)) == first
    add_document(office, number, "送达回证.pdf", b"%PDF-1 receipt", None)
    assert volume.build(office.archive, office.row(number)) != first


def test_a_signature_made_elsewhere_over_an_older_catalogue_is_refused(
    office: Office, tmp_path: Path
) -> None:
    number, by = office.concluded(), signer(tmp_path)
    made = by.sign(volume.build(office.archive, office.row(number)))
    add_document(office, number, "补.pdf", b"%PDF-1 more", 1)
    with pytest.raises(SignatureRefusedError, match="another catalogue"):
        close(office.archive, number, Closing(sign=lambda _: made), actor=ACTOR)
    assert office.row(number).is_open
    made = by.sign(volume.build(office.archive, office.row(number)))
    close(office.archive, number, Closing(sign=lambda _: made), actor=ACTOR)
    assert not office.row(number).is_open


def test_a_signature_by_openssl_is_taken_as_pem_and_der_with_rsa_and_ec(
    office: Office, tmp_path: Path
) -> None:
    for form, key in (
        ("PEM", rsa.generate_private_key(65537, 2048)),
        ("DER", ec.generate_private_key(ec.SECP384R1())),
    ):
        number = office.concluded()
        (tmp_path / "catalogue").write_bytes(volume.build(office.archive, office.row(number)))
        write(tmp_path / "own.pem", *person(key))
        command = ["openssl", "cms", "-sign", "-binary", "-signer", "own.pem", "-in", "catalogue"]
        command += ["-outform", form, "-out", "p7s", "-md", "sha384"]
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
        made = (tmp_path / "p7s").read_bytes()
        close(office.archive, number, Closing(sign=lambda _, made=made: made), actor=ACTOR)  # type: ignore[misc]
        assert not office.row(number).is_open


def test_what_is_no_signature_closes_nothing(office: Office, tmp_path: Path) -> None:
    number = office.concluded()
    right = signer(tmp_path).sign(volume.build(office.archive, office.row(number)))
    wrong = bytearray(right)
    wrong[-1] ^= 1
    for bad in (
        b"",
        b"hello",
        b"-----BEGIN CMS-----\n!!\n-----END CMS-----",
        bytes(wrong),
        right[:-1],
    ):
        with pytest.raises(SignatureRefusedError):
            close(office.archive, number, Closing(sign=lambda _, bad=bad: bad), actor=ACTOR)  # type: ignore[misc]
    assert office.row(number).is_open


def test_a_certificate_whose_number_is_not_positive_signs_nothing() -> None:
    """RFC 5280, 4.1.2.2. The byte after INTEGER and its length, as 128: below nought."""
    at = MADE.index(b"\xa0\x03\x02\x01\x02\x02") + 7
    other = MADE[:at] + b"\x80" + MADE[at + 1 :]
    with pytest.raises(SignatureRefusedError):
        check(other, b"catalogue", moment=datetime.now(UTC), roots=[ROOT])


@given(place=st.integers(0, 1_000), value=st.integers(0, 255))
def test_whatever_a_signature_is_made_of_it_is_taken_or_refused(place: int, value: int) -> None:
    other = bytearray(MADE)
    other[place % len(other)] = value
    try:
        found = check(bytes(other), b"catalogue", moment=datetime.now(UTC), roots=[ROOT])
    except SignatureRefusedError:
        return
    assert found.data == bytes(other)
    with pytest.raises(SignatureRefusedError):
        check(bytes(other), b"another", moment=datetime.now(UTC), roots=[ROOT])


def test_an_expired_certificate_signs_nothing(office: Office, tmp_path: Path) -> None:
    number = office.concluded()
    with pytest.raises(SignatureRefusedError, match="not valid now"):
        close(
            office.archive, number, Closing(sign=signer(tmp_path, days=(-60, -1)).sign), actor=ACTOR
        )


def test_where_roots_are_pinned_a_stranger_signs_nothing(office: Office, tmp_path: Path) -> None:
    number, roots = office.concluded(), office.archive.root / ROOTS
    key = ec.generate_private_key(ec.SECP256R1())
    stranger = Signer(write(tmp_path / "s.pem", key, certificate("stranger", key)), None, None)
    roots.write_bytes(ROOT.public_bytes(Encoding.PEM))
    try:
        with pytest.raises(SignatureRefusedError):
            close(office.archive, number, Closing(sign=stranger.sign), actor=ACTOR)
        roots.write_bytes(b"")
        with pytest.raises(SignatureRefusedError, match="nobody may sign"):
            close(office.archive, number, Closing(sign=signer(tmp_path).sign), actor=ACTOR)
        roots.write_bytes(ROOT.public_bytes(Encoding.PEM))
        close(office.archive, number, Closing(sign=signer(tmp_path).sign), actor=ACTOR)
    finally:
        roots.unlink()


def test_a_certificate_that_only_its_maker_vouches_for_is_said_to_be(
    office: Office, tmp_path: Path
) -> None:
    number, key = office.concluded(), ec.generate_private_key(ec.SECP256R1())
    own = Signer(write(tmp_path / "s.pem", key, certificate("stranger", key)), None, None)
    close(office.archive, number, Closing(sign=own.sign), actor=ACTOR)
    shown = shown_file(office.archive, office.row(number))
    assert (shown["signer_name"], shown["self_signed"]) == ("CN=stranger", True)


def test_only_a_concluded_case_is_closed_and_only_once(office: Office, tmp_path: Path) -> None:
    by = signer(tmp_path)
    number = office.case(act="inspection")
    with pytest.raises(StageOrderError):
        close(office.archive, number, Closing(sign=by.sign), actor=ACTOR)
    number = office.concluded()
    close(office.archive, number, Closing(sign=by.sign), actor=ACTOR)
    with pytest.raises(CaseNotOpenError):
        close(office.archive, number, Closing(sign=by.sign), actor=ACTOR)
    with pytest.raises(CaseNotOpenError):
        add_document(office, number, "late.pdf", b"%PDF-1 late", 1)
    filing.reopen(office.archive, number, "补充材料", actor=ACTOR)
    add_document(office, number, "late.pdf", b"%PDF-1 late", 1)


def test_a_key_is_read_out_of_pkcs12_and_of_two_files(tmp_path: Path) -> None:
    key, own = person()
    store = pkcs12.serialize_key_and_certificates(
        b"me", key, own, [ROOT], BestAvailableEncryption(b"secret")
    )
    (tmp_path / "me.p12").write_bytes(store)
    assert Signer(tmp_path / "me.p12", None, b"secret").sign(b"x")
    write(tmp_path / "key.pem", key)
    (tmp_path / "own.pem").write_bytes(own.public_bytes(Encoding.PEM))
    assert Signer(tmp_path / "key.pem", tmp_path / "own.pem", None).sign(b"x")
    (tmp_path / "root.pem").write_bytes(ROOT.public_bytes(Encoding.PEM))
    for file, beside, secret in (
        ("me.p12", None, b"wrong"),
        ("key.pem", None, None),
        ("key.pem", "root.pem", None),
        ("own.pem", None, None),
        ("nothing", None, None),
    ):
        with pytest.raises(SigningKeyError):
            Signer(tmp_path / file, None if beside is None else tmp_path / beside, secret)
