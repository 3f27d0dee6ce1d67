"""The page's own checking of tokens, against authorities with any one thing wrong."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from archive.timestamps import names
from tests.fakes.authorities import DAY, NOW, Forger, Holder, crl_of, new_ca, new_leaf, ocsp_of
from tests.verifier.viewers import Viewer

IMPRINT = hashlib.sha256(b"a checkpoint").digest()
ROOT = new_ca()
LEAF = new_leaf(ROOT)
FORGER = Forger(signer=LEAF)
GOOD = FORGER.token(IMPRINT)
_CHECK = """(([token, imprint, chain, roots, revocation]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const lists = revocation.map(([kind, data]) => ({ kind, bytes: bytes(data), where: "list" }));
  try {
    const found = muniment.checkToken(bytes(token), bytes(imprint), chain.map(bytes), roots.map(bytes), lists, "");
    return (found.revocation ? "good " : "unchecked ") + muniment.instant(found.time);
  } catch (e) {
    if (!(e instanceof muniment.Wrong)) throw e;
    return e.code;
  }
})"""


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def check(
    page: Viewer,
    token: bytes = GOOD,
    *,
    chain: Sequence[Holder] = (LEAF,),
    root: Holder = ROOT,
    crl: Sequence[bytes] = (),
    ocsp: Sequence[bytes] = (),
) -> str:
    """The first word: good, unchecked (nothing is known of revocation), or the code."""
    given: list[Any] = [b64(token), b64(IMPRINT), [b64(c.der) for c in chain], [b64(root.der)]]
    given.append([["crl", b64(c)] for c in crl] + [["ocsp", b64(o)] for o in ocsp])
    said: str = page.evaluate(f"{_CHECK}({json.dumps(given)})")
    return said.partition(" ")[0]


def test_a_good_token_says_when(page: Viewer) -> None:
    assert check(page) == "unchecked"
    assert check(page, crl=[crl_of(ROOT)]) == "good"
    given = [b64(GOOD), b64(IMPRINT), [b64(LEAF.der)], [b64(ROOT.der)], []]
    said = page.evaluate(f"{_CHECK}({json.dumps(given)})")
    assert said == f"unchecked {NOW:%Y-%m-%dT%H:%M:%SZ}"


def test_over_something_else(page: Viewer) -> None:
    assert check(page, FORGER.token(bytes(32))) == "timestamp_wrong"
    assert check(page, FORGER.token(IMPRINT, algorithm=names.SHA512)) == "timestamp_wrong"


@pytest.mark.parametrize(
    ("purposes", "critical"),
    [
        ((Purpose.TIME_STAMPING,), False),
        ((Purpose.TIME_STAMPING, Purpose.CODE_SIGNING), True),
        ((Purpose.CODE_SIGNING,), True),
        ((), True),
    ],
)
def test_a_certificate_that_may_not_stamp(
    page: Viewer, purposes: tuple[Any, ...], critical: bool
) -> None:
    leaf = new_leaf(ROOT, purposes=purposes, critical=critical)
    assert check(page, Forger(signer=leaf).token(IMPRINT), chain=[leaf]) == "timestamp_chain"


def test_a_root_that_the_token_brings_along_is_not_believed(page: Viewer) -> None:
    foreign = new_ca()  # of the same name
    leaf = new_leaf(foreign)
    token = Forger(signer=leaf, held=(leaf, foreign)).token(IMPRINT)
    assert check(page, token, chain=[leaf]) == "timestamp_chain"
    assert check(page, token, chain=[leaf, foreign]) == "timestamp_chain"
    assert check(page, token, chain=[leaf], root=foreign) == "unchecked"


@pytest.mark.parametrize("off", [-400 * DAY, 4 * 365 * DAY])
def test_a_certificate_that_was_not_valid_when_it_stamped(page: Viewer, off: timedelta) -> None:
    assert check(page, FORGER.token(IMPRINT, moment=NOW + off)) == "timestamp_chain"


def test_a_certificate_that_has_ended_since_is_no_fault(page: Viewer) -> None:
    leaf = new_leaf(ROOT, starts=NOW - 3000 * DAY, ends=NOW - 2000 * DAY)
    token = Forger(signer=leaf).token(IMPRINT, moment=NOW - 2500 * DAY)
    assert check(page, token, chain=[leaf]) == "unchecked"


def test_a_chain_over_another_authority(page: Viewer) -> None:
    middle = new_ca("Between", above=ROOT)
    leaf = new_leaf(middle)
    token = Forger(signer=leaf).token(IMPRINT)
    assert check(page, token, chain=[leaf, middle]) == "unchecked"
    assert check(page, token, chain=[leaf, middle], crl=[crl_of(middle)]) == "unchecked"
    lists = [crl_of(middle), crl_of(ROOT)]
    assert check(page, token, chain=[leaf, middle], crl=lists) == "good"
    lists = [crl_of(middle), crl_of(ROOT, middle)]
    assert check(page, token, chain=[leaf, middle], crl=lists) == "timestamp_revoked"
    assert check(page, token, chain=[leaf]) == "timestamp_chain"
    assert check(page, token, chain=[middle, leaf]) == "timestamp_chain"


def test_a_stamping_certificate_issues_nothing(page: Viewer) -> None:
    below = new_leaf(LEAF, name="Below")
    token = Forger(signer=below, held=(below, LEAF)).token(IMPRINT)
    assert check(page, token, chain=[below, LEAF]) == "timestamp_chain"
    assert check(page, root=LEAF) == "timestamp_chain"


def test_another_signer_than_it_says(page: Viewer) -> None:
    other = new_leaf(ROOT)
    assert check(page, FORGER.token(IMPRINT, named=other)) == "timestamp_chain"
    assert check(page, FORGER.token(IMPRINT, named=other), chain=[other]) == "timestamp_wrong"
    assert check(page, FORGER.token(IMPRINT, essence=False)) == "timestamp_wrong"
    forged = Forger(signer=Holder(key=other.key, certificate=LEAF.certificate)).token(IMPRINT)
    assert check(page, forged) == "timestamp_wrong"


def test_a_certificate_beside_the_token_that_was_changed(page: Viewer) -> None:
    stranger = new_leaf(new_ca("Stranger"))
    token = Forger(signer=LEAF, held=(LEAF, stranger)).token(IMPRINT)
    assert check(page, token) == "timestamp_wrong"


def test_an_rsa_authority_is_believed_too(page: Viewer) -> None:
    leaf = new_leaf(ROOT, short=True)
    assert check(page, Forger(signer=leaf).token(IMPRINT), chain=[leaf]) == "unchecked"


def test_revocation_by_list(page: Viewer) -> None:
    later = NOW + DAY
    superseded = crl_of(ROOT, LEAF, at=later, reason=x509.ReasonFlags.superseded)
    stolen = crl_of(ROOT, LEAF, at=later, reason=x509.ReasonFlags.key_compromise)
    assert check(page, crl=[crl_of(ROOT, new_leaf(ROOT))]) == "good"
    assert check(page, crl=[crl_of(ROOT, LEAF)]) == "timestamp_revoked"
    assert check(page, crl=[superseded]) == "good"
    # RFC 3161, 4: with a stolen key tokens of any day can be made
    assert check(page, crl=[stolen]) == "timestamp_revoked"
    assert check(page, crl=[crl_of(ROOT, until=NOW - DAY)]) == "unchecked"
    assert check(page, crl=[crl_of(ROOT, LEAF, until=NOW - DAY)]) == "timestamp_revoked"
    assert check(page, crl=[crl_of(new_ca())]) == "timestamp_wrong"  # of the same name
    assert check(page, crl=[crl_of(new_ca("Another"))]) == "timestamp_wrong"
    assert check(page, crl=[b"\x30\x00"]) == "timestamp_wrong"


def test_revocation_by_answer(page: Viewer) -> None:
    good = ocsp_of(ROOT, LEAF)
    assert check(page, ocsp=[good]) == "good"
    assert check(page, ocsp=[ocsp_of(ROOT, LEAF, revoked=NOW - DAY)]) == "timestamp_revoked"
    assert check(page, ocsp=[ocsp_of(ROOT, new_leaf(ROOT))]) == "unchecked"
    assert check(page, ocsp=[good[:-1] + bytes([good[-1] ^ 1])]) == "timestamp_wrong"
    assert check(page, ocsp=[crl_of(ROOT)]) == "timestamp_wrong"
    delegate = new_leaf(ROOT, name="Answers", purposes=(Purpose.OCSP_SIGNING,))
    assert check(page, ocsp=[ocsp_of(ROOT, LEAF, by=delegate)]) == "good"
    for nobody in (new_leaf(ROOT), new_leaf(new_ca(), purposes=(Purpose.OCSP_SIGNING,))):
        assert check(page, ocsp=[ocsp_of(ROOT, LEAF, by=nobody)]) == "timestamp_wrong"


def test_a_token_with_any_bit_changed_is_not_believed(page: Viewer) -> None:
    """But for two that only make it look as if it brought no certificate along: the one beside it serves as well."""
    script = """((token, given) => {
      const check = %s;
      const raw = atob(token);
      const believed = [];
      for (let at = 0; at < raw.length; at++) {
        const changed = raw.slice(0, at) + String.fromCharCode(raw.charCodeAt(at) ^ 1) + raw.slice(at + 1);
        if (check([btoa(changed), ...given]).startsWith("unchecked")) believed.push(at);
      }
      return believed.join();
    })"""
    given = [b64(IMPRINT), [b64(LEAF.der)], [b64(ROOT.der)], []]
    said = page.evaluate(f"({script % _CHECK})({json.dumps(b64(GOOD))}, {json.dumps(given)})")
    assert len(said.split(",")) <= 2, said
