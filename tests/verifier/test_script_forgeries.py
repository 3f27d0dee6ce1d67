"""verify.py and packages that are whole in themselves, sealed and signed, and still not to be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from archive.ledger.note import parse_note
from archive.package.verifier.checking import check_package
from tests.fakes.authorities import DAY, NOW, Forger, Holder, crl_of, new_ca, new_leaf, ocsp_of
from tests.fakes.witnesses import cosigner
from tests.verifier.altering import Members, write
from tests.verifier.generator import CLIP, Key, Recipe, b64, make

CA = new_ca()
LEAF = new_leaf(CA)
TOKEN = "token.der"
ONE, TWO, THIRD = Key(1), Key(2), Key(3)
WITNESS, OTHER = Key(7, "witness.example/w", 4), Key(8, "witness.example/v", 4)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Make a package by a recipe and check it."""

    def of(recipe: Recipe, **pins: Any) -> dict[str, Any]:
        return check_package(write(tmp_path / "x.zip", "bag", make(recipe)), **pins)

    return of


def found(answer: dict[str, Any]) -> set[tuple[str, str]]:
    """Codes, and the last part of where."""
    return {(f["code"], f["where"].rpartition("/")[2]) for f in answer["findings"]}


def stamped(**changed: Any) -> Recipe:
    """A package with one known authority."""
    return Recipe(**{"ca": CA, "signer": LEAF, **changed})


Check = Callable[..., dict[str, Any]]


def test_a_package_that_others_made_from_the_paper_is_whole(check: Check) -> None:
    answer = check(stamped())
    assert (answer["ok"], answer["findings"]) == (True, [])
    assert answer["clips"] == [
        {
            "clip": CLIP,
            "path": f"data/clips/{CLIP}/original/a.mp4",
            "sha256": answer["clips"][0]["sha256"],
            "ok": True,
            "existed_by": NOW.isoformat().replace("+00:00", "Z"),
            "authority": "outside",
            "own": False,
        }
    ]


# Timestamps


def test_a_token_over_something_else_is_found(check: Check) -> None:
    answer = check(stamped(token=lambda forger, _imprint: forger.token(bytes(32))))
    assert found(answer) == {("timestamp_wrong", TOKEN)}
    assert answer["clips"][0]["existed_by"] is None


def test_a_token_of_another_root_is_found_and_a_pinned_root_is_what_counts(check: Check) -> None:
    stranger = new_ca("Somebody")
    answer = check(stamped(signer=new_leaf(stranger), revocation=()))
    assert found(answer) == {("timestamp_chain", "chain.pem")}
    answer = check(stamped(), tsa_cas=[stranger.pem])
    assert found(answer) == {("timestamp_chain", "timestamps")}
    assert answer["clips"][0]["existed_by"] is None
    answer = check(stamped(), tsa_cas=[stranger.pem, CA.pem])
    assert answer["ok"]
    assert answer["pinned"]["authorities"]


def test_a_root_that_the_token_brings_along_is_no_root(check: Check) -> None:
    """Somebody's own root of the same name, inside the token, as CVE-2025-52556 had it."""
    fake = new_ca()
    signer = new_leaf(fake)

    def token(_forger: Forger, imprint: bytes) -> bytes:
        return Forger(signer=signer, held=(signer, fake)).token(imprint)

    answer = check(stamped(signer=signer, token=token, revocation=()))
    assert ("timestamp_chain", "chain.pem") in found(answer)


@pytest.mark.parametrize(
    "signer",
    [
        new_leaf(CA, critical=False),
        new_leaf(CA, purposes=(Purpose.TIME_STAMPING, Purpose.CODE_SIGNING)),
        new_leaf(CA, purposes=(Purpose.CODE_SIGNING,)),
        new_leaf(CA, purposes=()),
        new_leaf(CA, starts=NOW + DAY),
        new_leaf(CA, ends=NOW - DAY),
    ],
    ids=["not critical", "not alone", "another", "none", "not yet", "no longer"],
)
def test_a_certificate_that_may_not_stamp_or_not_then_is_found(
    check: Check, signer: Holder
) -> None:
    answer = check(stamped(signer=signer, revocation=()))
    assert found(answer) == {("timestamp_chain", "chain.pem")}


def test_a_certificate_that_may_issue_none_issues_none(check: Check) -> None:
    leaf = new_leaf(LEAF)
    answer = check(stamped(signer=leaf, chain=[leaf, LEAF], revocation=()))
    assert found(answer) == {("timestamp_chain", "chain.pem")}


def test_a_token_from_before_the_certificate_expired_stays_good(check: Check) -> None:
    leaf = new_leaf(CA, starts=NOW - 400 * DAY, ends=NOW - 100 * DAY)
    answer = check(
        stamped(
            signer=leaf,
            moment=NOW - 200 * DAY,
            token=lambda f, imprint: f.token(imprint, moment=NOW - 200 * DAY),
        )
    )
    assert answer["ok"], answer["findings"]
    late = stamped(
        signer=leaf,
        moment=NOW - 50 * DAY,
        token=lambda f, imprint: f.token(imprint, moment=NOW - 50 * DAY),
    )
    assert found(check(late)) == {("timestamp_chain", "chain.pem")}


def test_authorities_between_leaf_and_root_are_followed(check: Check) -> None:
    between = new_ca("Between", above=CA)
    leaf = new_leaf(between)
    lists = [("crl", crl_of(between)), ("crl", crl_of(CA))]
    assert check(stamped(signer=leaf, chain=[leaf, between], revocation=lists))["ok"]
    missing = check(stamped(signer=leaf, revocation=()))
    assert found(missing) == {("timestamp_chain", "chain.pem")}
    gone = [("crl", crl_of(between)), ("crl", crl_of(CA, between))]
    answer = check(stamped(signer=leaf, chain=[leaf, between], revocation=gone))
    assert found(answer) == {("timestamp_revoked", TOKEN)}


@pytest.mark.parametrize(
    ("at", "reason", "bad"),
    [
        (NOW - DAY, ReasonFlags.superseded, True),
        (NOW + DAY, ReasonFlags.superseded, False),
        (NOW + DAY, ReasonFlags.key_compromise, True),  # RFC 3161, 4: then nothing it signed
        (NOW + DAY, None, True),
        (NOW + DAY, ReasonFlags.cessation_of_operation, False),
    ],
)
def test_a_revoked_certificate_is_judged_by_when_and_why(
    check: Check, at: Any, reason: ReasonFlags | None, bad: bool
) -> None:
    answer = check(stamped(revocation=[("crl", crl_of(CA, LEAF, at=at, reason=reason))]))
    assert found(answer) == ({("timestamp_revoked", TOKEN)} if bad else set())


def test_ocsp_answers_speak_and_others_say_nothing(check: Check) -> None:
    good = check(stamped(revocation=[("ocsp", ocsp_of(CA, LEAF))]))
    assert good["ok"]
    assert "no list about it here" not in " ".join(good["not_checked"])
    delegate = new_leaf(CA, name="Answers", purposes=(Purpose.OCSP_SIGNING,), critical=False)
    assert check(stamped(revocation=[("ocsp", ocsp_of(CA, LEAF, by=delegate))]))["ok"]
    revoked = check(stamped(revocation=[("ocsp", ocsp_of(CA, LEAF, revoked=NOW - DAY))]))
    assert found(revoked) == {("timestamp_revoked", TOKEN)}
    stranger = new_leaf(new_ca("Somebody"), purposes=(Purpose.OCSP_SIGNING,))
    for lists in (
        [("ocsp", ocsp_of(CA, LEAF, by=stranger))],
        [("ocsp", ocsp_of(CA, LEAF, by=LEAF))],
        [("ocsp", b"0")],
    ):
        assert found(check(stamped(revocation=lists))) == {("timestamp_wrong", "revocation-0.ocsp")}
    for lists in (
        [("crl", crl_of(new_ca()))],
        [("crl", crl_of(new_ca("Somebody")))],
        [("crl", b"")],
    ):
        assert found(check(stamped(revocation=lists))) == {("timestamp_wrong", "revocation-0.crl")}


def test_a_token_of_another_hour_than_the_ledger_says_is_found(check: Check) -> None:
    assert found(check(stamped(moment=NOW - DAY))) == {("timestamp_wrong", TOKEN)}


def test_without_a_list_it_is_said_that_nobody_looked(check: Check) -> None:
    answer = check(stamped(revocation=()))
    assert answer["ok"]
    assert "no list about it here" in " ".join(answer["not_checked"])


def test_a_token_that_names_another_certificate_or_none_is_found(check: Check) -> None:
    twin = Holder(key=LEAF.key, certificate=new_leaf(CA).certificate)
    for token in (
        lambda f, imprint: f.token(imprint, named=twin),
        lambda f, imprint: f.token(imprint, essence=False),
        lambda _f, imprint: Forger(signer=twin).token(imprint),
        lambda _f, _imprint: b"0\0",
    ):
        assert ("timestamp_wrong", TOKEN) in found(check(stamped(token=token)))


def test_rsa_authorities_are_known_and_short_keys_are_not(check: Check) -> None:
    assert check(stamped(signer=new_leaf(CA, short=True)))["ok"]  # 2,048 bits


# Keys


def test_a_key_that_the_old_one_brought_in_is_believed(check: Check) -> None:
    answer = check(Recipe(keys=(ONE, TWO, THIRD)))
    assert answer["ok"], answer["findings"]
    for key in (ONE, TWO, THIRD):
        assert check(Recipe(keys=(ONE, TWO, THIRD)), vkeys=[key.vkey])["pinned"]["signer"]
    assert check(Recipe(keys=(ONE, TWO)), vkeys=[THIRD.vkey, ONE.vkey])[
        "ok"
    ]  # of two, one is enough
    other = check(Recipe(keys=(ONE, TWO)), vkeys=[THIRD.vkey])
    assert found(other) == {("signer_not_pinned_key", "ledger.vkeys")}


@pytest.mark.parametrize(
    "word",
    [
        lambda _old, _new: None,
        lambda old, _new: {"id": old.id.hex(), "signature": old.introduce(THIRD)},
        lambda _old, new: {"id": THIRD.id.hex(), "signature": THIRD.introduce(new)},
        lambda old, _new: {"id": old.id.hex(), "signature": "!"},
    ],
    ids=["none", "for another", "by another", "no base64"],
)
def test_a_key_without_the_word_of_the_one_before_is_found(
    check: Check, word: Callable[[Key, Key], dict[str, str] | None]
) -> None:
    answer = check(Recipe(keys=(ONE, TWO), introduce=word), vkeys=[ONE.vkey])
    assert ("key_history", "ledger.vkeys") in found(answer)
    assert ("signer_not_pinned_key", "ledger.vkeys") in found(answer)


def test_the_trusted_key_named_behind_a_forgers_own_does_not_pass(check: Check) -> None:
    """A forger signs with a key of their own and introduces the one that is trusted as the next."""
    answer = check(Recipe(keys=(THIRD, ONE), sealed_by=THIRD), vkeys=[ONE.vkey])
    assert ("signer_not_pinned_key", "ledger.vkeys") in found(answer)


def test_what_a_retired_key_signs_later_is_found(check: Check) -> None:
    assert ("key_history", "checkpoint") in found(check(Recipe(keys=(ONE, TWO), sealed_by=ONE)))
    answer = check(Recipe(keys=(ONE, TWO), stamped_by=ONE))
    assert ("key_history", "checkpoint") in found(answer)


def test_a_compromised_key_is_believed_up_to_where_it_was_taken_back(check: Check) -> None:
    later = Recipe(keys=(ONE, TWO), why="compromised", retired_from=2, stamped_by=ONE)
    assert ("key_history", "checkpoint") in found(check(later))
    assert check(Recipe(keys=(ONE, TWO), why="compromised", retired_from=2))["ok"]


def test_a_key_that_never_came_in_signs_nothing(check: Check) -> None:
    answer = check(Recipe(sealed_by=TWO))
    assert ("checkpoint_signature", "checkpoint") in found(answer)
    assert not answer["clips"][0]["ok"]


# Witnesses


def test_witnesses_are_counted_and_wrong_ones_named(check: Check) -> None:
    both: dict[str, Any] = {"witnesses": (WITNESS, OTHER), "quorum": 2}
    assert check(Recipe(**both))["ok"]
    assert found(check(Recipe(**both, cosigners=(WITNESS,)))) == {("quorum_missing", "checkpoint")}
    pinned = check(Recipe(**both), witnesses=[WITNESS.vkey])
    assert pinned["pinned"]["witnesses"]

    class Liar(Key):
        def line(self, text: bytes) -> bytes:
            return super().line(text + b"x\n")

    liar = Liar(7, "witness.example/w", 4)
    answer = check(Recipe(**both, cosigners=(liar, OTHER)))
    assert found(answer) == {("cosignature_wrong", "checkpoint"), ("quorum_missing", "checkpoint")}


def test_post_quantum_witnesses_count_too(check: Check) -> None:
    witness = cosigner(3, post_quantum=True)

    @dataclass(frozen=True, slots=True)
    class PostQuantum(Key):
        change: int = 0

        @property
        def vkey(self) -> str:
            return witness.verifier.vkey()

        def line(self, text: bytes) -> bytes:
            note = parse_note(text + b"\n" + ONE.line(text))
            made = witness.cosign(note, 5).value
            value = made[:-1] + bytes([made[-1] ^ self.change])
            return f"— {witness.verifier.name} {b64(witness.verifier.id + value)}\n".encode()

    good = Recipe(witnesses=(PostQuantum(3),), quorum=1)
    assert check(good, witnesses=[witness.verifier.vkey()])["pinned"]["witnesses"]
    bad = Recipe(witnesses=(PostQuantum(3, change=1),), quorum=1)
    assert ("cosignature_wrong", "checkpoint") in found(check(bad))


# What package.json and the ledger say


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(origin="other.example"),
        lambda p: p["clips"].clear(),
        lambda p: p["clips"][0].update(recorder="recorder-x"),
        lambda p: p["clips"][0].update(officer="officer-x"),
        lambda p: p["clips"][0].update(path="DCIM/b.mp4"),
        lambda p: p["clips"][0].update(start="2026-01-01T00:00:00Z"),
        lambda p: p["clips"][0].update(size=True),
        lambda p: p["clips"][0].update(ingested=2),
        lambda p: p["clips"][0].update(original="data/package.json"),
        lambda p: p["clips"][0].update(renditions=[{"kind": "poster", "path": "x"}]),
        lambda p: p["timestamps"][0].update(time="2020-01-01T00:00:00Z"),
        lambda p: p["timestamps"].clear(),
        lambda p: p["timestamps"][0]["dates"].clear(),
        lambda p: p["cites"].update(size=1),
        lambda p: p["witnesses"].update(vkeys=["x"]),
        lambda p: p["subject"].update(id="case-x"),
        lambda p: p.update(format="2"),
        lambda p: p.update(clips=[5]),
    ],
)
def test_what_package_json_says_and_the_ledger_does_not_is_found(
    check: Check, change: Callable[[dict[str, Any]], None]
) -> None:
    assert ("package_differs", "package.json") in found(check(stamped(said=change)))


def test_a_token_that_package_json_lists_and_nobody_packed_is_missing(check: Check) -> None:
    def promise(package: dict[str, Any]) -> None:
        package["timestamps"].append({**package["timestamps"][0], "folder": "data/timestamps/9-x"})

    answer = check(stamped(said=promise))
    assert ("file_missing", "token.der") in found(answer)


def test_a_history_with_an_entry_left_out_is_found(check: Check) -> None:
    def leave_out(files: Members) -> None:
        lines = files["data/ledger/entries.jsonl"].splitlines(keepends=True)
        files["data/ledger/entries.jsonl"] = b"".join(
            line for line in lines if b"clip.verified" not in line
        )

    answer = check(stamped(change=leave_out))
    assert ("subject_chain_broken", "entries.jsonl") in found(answer)


def test_texts_and_entries_name_each_other(check: Check) -> None:
    def lose(files: Members) -> None:
        rows = files["data/ledger/text.jsonl"].splitlines(keepends=True)
        files["data/ledger/text.jsonl"] = b"".join(rows[:-1])

    def add(files: Members) -> None:
        files["data/ledger/text.jsonl"] += b"{}\n"

    for change in (lose, add):
        assert ("text_changed", "text.jsonl") in found(check(stamped(change=change)))


def test_another_clip_under_the_same_seal_is_found(check: Check) -> None:
    def swap(files: Members) -> None:
        files[f"data/clips/{CLIP}/original/a.mp4"] = b"another"

    answer = check(stamped(change=swap))
    assert ("original_differs", "a.mp4") in found(answer)
    assert not answer["clips"][0]["ok"]
    assert answer["clips"][0]["existed_by"] is None


def test_hours_do_not_matter_where_zones_do(check: Check) -> None:
    """genTime is UTC with a fraction or without one."""
    moment = NOW + timedelta(milliseconds=125)
    answer = check(stamped(token=lambda f, imprint: f.token(imprint, moment=moment)))
    assert answer["clips"][0]["existed_by"].endswith(".125000Z")
