"""A token is believed only where everything about it is right, at its own time, under the one pinned root."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.timestamps import checking, der, names
from archive.timestamps.checking import CheckedToken, check_token
from archive.timestamps.errors import CODES, TokenError
from archive.timestamps.revocation import Revocation
from tests.fakes.authorities import DAY, NOW, POLICY, Forger, Holder, crl_of, new_ca, new_leaf
from tests.fakes.authorities import ocsp_of as ocsp_answer

IMPRINT = hashlib.sha256(b"a checkpoint").digest()
ROOT = new_ca()
LEAF = new_leaf(ROOT)
FORGER = Forger(signer=LEAF)
GOOD = FORGER.token(IMPRINT, nonce=5)


def check(token: bytes = GOOD, **changed: Any) -> CheckedToken:
    asked: dict[str, Any] = {
        "imprint": IMPRINT,
        "ca": ROOT.pem,
        "chain": b"",
        "revocation": (),
    }
    return check_token(token, **(asked | changed))


def why_not(token: bytes = GOOD, **changed: Any) -> str:
    with pytest.raises(TokenError) as refused:
        check(token, **changed)
    assert refused.value.reason
    return refused.value.code


def test_a_good_token_says_what_it_says() -> None:
    found = check(nonce=5, policy=POLICY)
    assert (found.time, found.policy, found.serial, found.imprint) == (NOW, POLICY, 77, IMPRINT)
    assert found.accuracy_ms is None
    assert found.chain == LEAF.pem
    assert found.expires == LEAF.certificate.not_valid_after_utc


def test_over_another_digest() -> None:
    assert why_not(imprint=bytes(32)) == "imprint"
    assert why_not(FORGER.token(bytes(32))) == "imprint"


def test_with_another_digest_algorithm_of_the_same_length() -> None:
    assert check(FORGER.token(IMPRINT, algorithm=names.SM3)).algorithm == names.SM3
    assert why_not(FORGER.token(IMPRINT, algorithm="1.2.3.4")) == "imprint"
    assert why_not(FORGER.token(IMPRINT, algorithm=names.SHA512)) == "imprint"


def test_an_answer_to_another_request() -> None:
    assert why_not(nonce=6) == "nonce"
    assert why_not(FORGER.token(IMPRINT), nonce=5) == "nonce"


def test_under_another_policy() -> None:
    assert why_not(policy="1.2.3") == "policy"


def test_an_accuracy_worse_than_a_second() -> None:
    two = der.sequence(der.integer(2))
    assert why_not(FORGER.token(IMPRINT, accuracy=two)) == "accuracy"
    half = der.sequence(der.tlv(0x80, (500).to_bytes(2, "big")))
    assert check(FORGER.token(IMPRINT, accuracy=half)).accuracy_ms == 500
    # RFC 3161, 2.4.2: 1 to 999
    wrong = der.sequence(der.tlv(0x80, (1000).to_bytes(2, "big")))
    assert why_not(FORGER.token(IMPRINT, accuracy=wrong)) == "malformed"


def test_an_extension_that_nobody_knows() -> None:
    extension = der.tlv(der.context(1), der.sequence(der.oid("1.2.3"), der.octets(b"")))
    assert why_not(FORGER.token(IMPRINT, extensions=extension)) == "malformed"


@pytest.mark.parametrize(
    ("purposes", "critical"),
    [
        ((Purpose.TIME_STAMPING,), False),
        ((Purpose.TIME_STAMPING, Purpose.CODE_SIGNING), True),
        ((Purpose.CODE_SIGNING,), True),
        ((), True),
    ],
)
def test_a_certificate_that_may_not_stamp(purposes: tuple[Any, ...], critical: bool) -> None:
    leaf = new_leaf(ROOT, purposes=purposes, critical=critical)
    assert why_not(Forger(signer=leaf).token(IMPRINT)) == "certificate"


def test_a_root_that_the_token_brings_along_is_not_believed() -> None:
    foreign = new_ca()  # of the same name
    leaf = new_leaf(foreign)
    token = Forger(signer=leaf, held=(leaf, foreign)).token(IMPRINT)
    assert why_not(token) == "chain"
    assert why_not(token, chain=foreign.pem) == "chain"
    assert check(token, ca=foreign.pem).signer == "CN=Test stamps"


@pytest.mark.parametrize("off", [-400 * DAY, 4 * 365 * DAY])
def test_a_certificate_that_was_not_valid_when_it_stamped(off: timedelta) -> None:
    assert why_not(FORGER.token(IMPRINT, moment=NOW + off)) == "expired"


def test_a_certificate_that_has_ended_since_is_no_fault() -> None:
    leaf = new_leaf(ROOT, starts=NOW - 3000 * DAY, ends=NOW - 2000 * DAY)
    then = NOW - 2500 * DAY
    assert check(Forger(signer=leaf).token(IMPRINT, moment=then)).time == then


def test_a_chain_over_another_authority() -> None:
    middle = new_ca("Between", above=ROOT)
    leaf = new_leaf(middle)
    token = Forger(signer=leaf, held=(leaf, middle)).token(IMPRINT)
    assert check(token).chain == leaf.pem + middle.pem
    alone = Forger(signer=leaf).token(IMPRINT)
    assert why_not(alone) == "chain"
    assert check(alone, chain=middle.pem).chain == leaf.pem + middle.pem


def test_a_stamping_certificate_issues_nothing() -> None:
    below = new_leaf(LEAF, name="Below")
    token = Forger(signer=below, held=(below, LEAF)).token(IMPRINT)
    assert why_not(token) == "chain"


def test_a_pinned_certificate_that_is_no_authority() -> None:
    assert why_not(ca=LEAF.pem) == "root"
    assert why_not(ca=b"") == "root"
    assert why_not(ca=ROOT.pem * 2) == "root"
    assert (
        why_not(ca=b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n") == "root"
    )


def test_a_token_without_its_certificate_needs_it_beside() -> None:
    token = Forger(signer=LEAF, held=()).token(IMPRINT)
    assert why_not(token) == "certificate"
    assert check(token, chain=LEAF.pem).chain == LEAF.pem


def test_another_certificate_of_the_same_key_is_not_the_signer() -> None:
    # RFC 5035, 1: else a certificate could be put in the place of the one that was meant
    other = new_leaf(ROOT)
    assert why_not(FORGER.token(IMPRINT, named=other)) == "certificate"
    assert why_not(FORGER.token(IMPRINT, essence=False)) == "certificate"


def test_signed_by_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    thief = new_leaf(ROOT)
    forged = Forger(signer=Holder(key=thief.key, certificate=LEAF.certificate)).token(IMPRINT)
    with pytest.raises(TokenError, match=r"^the signature is wrong") as refused:
        check(forged)
    assert refused.value.code == "signature"
    # Were our own check broken, another one that shares nothing with it would still refuse.
    monkeypatch.setattr(checking, "check_signature", lambda *_: None)
    with pytest.raises(TokenError, match=r"^rfc3161-client refuses it"):
        check(forged)


def test_an_rsa_authority_is_believed_too() -> None:
    leaf = new_leaf(ROOT, short=True)
    assert check(Forger(signer=leaf).token(IMPRINT)).time == NOW


# Revocation


def lists(*data: bytes, kind: str = "crl") -> tuple[Revocation, ...]:
    return tuple(Revocation(kind=kind, der=item) for item in data)


def test_that_nothing_is_known_of_revocation_is_said() -> None:
    said = check().revocation
    assert said is not None
    assert "revocation not checked" in said
    assert "CN=Test stamps" in said


def test_a_list_without_the_certificate_is_good() -> None:
    assert check(revocation=lists(crl_of(ROOT))).revocation is None
    assert check(revocation=lists(crl_of(ROOT, new_leaf(ROOT)))).revocation is None


def test_a_revoked_certificate() -> None:
    assert why_not(revocation=lists(crl_of(ROOT, LEAF))) == "revoked"


def test_revoked_later_for_a_harmless_reason() -> None:
    later = NOW + DAY
    superseded = crl_of(ROOT, LEAF, at=later, reason=x509.ReasonFlags.superseded)
    stolen = crl_of(ROOT, LEAF, at=later, reason=x509.ReasonFlags.key_compromise)
    assert check(revocation=lists(superseded)).revocation is None
    # RFC 3161, 4: with a stolen key tokens of any day can be made
    assert why_not(revocation=lists(stolen)) == "revoked"


def test_a_list_that_had_ended_says_nothing() -> None:
    assert check(revocation=lists(crl_of(ROOT, until=NOW - DAY))).unchecked
    assert why_not(revocation=lists(crl_of(ROOT, LEAF, until=NOW - DAY))) == "revoked"


def test_a_list_by_somebody_else() -> None:
    assert why_not(revocation=lists(crl_of(new_ca()))) == "revocation"  # of the same name
    assert check(revocation=lists(crl_of(new_ca("Another")))).unchecked
    assert why_not(revocation=lists(b"\x30\x00")) == "revocation"
    assert why_not(revocation=lists(b"<html>")) == "revocation"
    assert why_not(revocation=lists(b"", kind="letter")) == "revocation"


def test_a_list_of_each_authority_on_the_way() -> None:
    middle = new_ca("Between", above=ROOT)
    leaf = new_leaf(middle)
    token = Forger(signer=leaf, held=(leaf, middle)).token(IMPRINT)
    assert check(token, revocation=lists(crl_of(middle))).unchecked == ("CN=Between",)
    assert not check(token, revocation=lists(crl_of(middle), crl_of(ROOT))).unchecked
    assert why_not(token, revocation=lists(crl_of(middle), crl_of(ROOT, middle))) == "revoked"


def test_an_online_answer() -> None:
    good = ocsp_answer(ROOT, LEAF)
    assert check(revocation=lists(good, kind="ocsp")).revocation is None
    revoked = ocsp_answer(ROOT, LEAF, revoked=NOW - DAY)
    assert why_not(revocation=lists(revoked, kind="ocsp")) == "revoked"
    about_another = ocsp_answer(ROOT, new_leaf(ROOT))
    assert check(revocation=lists(about_another, kind="ocsp")).unchecked
    forged = good[:-1] + bytes([good[-1] ^ 1])
    assert why_not(revocation=lists(forged, kind="ocsp")) == "revocation"
    assert why_not(revocation=lists(crl_of(ROOT), kind="ocsp")) == "revocation"


def test_an_online_answer_by_a_delegate_of_the_issuer() -> None:
    delegate = new_leaf(ROOT, name="Answers", purposes=(Purpose.OCSP_SIGNING,))
    assert not check(revocation=lists(ocsp_answer(ROOT, LEAF, by=delegate), kind="ocsp")).unchecked
    for nobody in (new_leaf(ROOT), new_leaf(new_ca(), purposes=(Purpose.OCSP_SIGNING,))):
        answer = ocsp_answer(ROOT, LEAF, by=nobody)
        assert why_not(revocation=lists(answer, kind="ocsp")) == "revocation"


# Whatever the bytes


def test_one_changed_bit_anywhere_is_refused_or_changes_nothing() -> None:
    before = check()
    believed = []
    for at in range(len(GOOD)):
        changed = bytearray(GOOD)
        changed[at] ^= 1 << at % 8
        try:
            found = check(bytes(changed))
        except TokenError:
            continue
        believed.append(at)
        assert (found.time, found.serial, found.imprint) == (NOW, 77, before.imprint)
    # Version numbers and the list of digest algorithms, which nobody's signature covers.
    assert len(believed) <= 16


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 200))
def test_whatever_is_put_into_a_token_one_error_is_raised(
    data: bytes, at: int, instead: int
) -> None:
    forged = GOOD[:at] + data + GOOD[at + instead :]
    try:
        found = check(forged)
    except TokenError:
        return
    assert found.imprint == IMPRINT


def test_codes_on_paper_and_in_code_are_the_same() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "timestamps.md"
    assert set(re.findall(r"^\| `(\w+)` \|", page.read_text("utf-8"), re.MULTILINE)) == CODES
