"""verify.py and packages that say more, less or something else than what they carry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.package.verifier.checking import check_package
from archive.package.verifier.consistency import check_older_root, parse_consistency
from archive.package.verifier.entries import EntryError, parse_json
from archive.package.verifier.merkle import ProofError
from archive.package.verifier.notes import Checkpoint, NoteError, parse_note
from archive.package.verifier.showing import Screen
from tests.fakes.authorities import DAY, NOW, new_ca, new_leaf
from tests.verifier.altering import Members, write
from tests.verifier.generator import (
    CLIP,
    RECORDER,
    STATION,
    Key,
    Log,
    Recipe,
    b64,
    consistency,
    leaf,
    make,
    root,
)

CA = new_ca()
LEAF = new_leaf(CA)
ORIGINAL = f"data/clips/{CLIP}/original/a.mp4"
ENTRIES = "data/ledger/entries.jsonl"
INGESTED = datetime(2026, 1, 17, 8, tzinfo=UTC)
ONE, TWO = Key(1), Key(2)
Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Make a package with these changes and check it."""

    def of(*, pins: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
        recipe = Recipe(**{"ca": CA, "signer": LEAF, **changed})
        return check_package(write(tmp_path / "x.zip", "bag", make(recipe)), **(pins or {}))

    return of


def found(answer: dict[str, Any]) -> set[tuple[str, str]]:
    """Codes and places."""
    return {(f["code"], f["where"]) for f in answer["findings"]}


def adding(path: str) -> Callable[[Members], None]:
    """Puts a file there before the seal."""
    return lambda files: files.update({path: b"x"})


# What has a place, and what is not there


@pytest.mark.parametrize(
    "path",
    [
        f"data/clips/{CLIP}/original/b.mp4",
        f"data/clips/{CLIP}/renditions/b.jpg",
        "data/clips/clip-x/original/a.mp4",
        "data/notes/confession.pdf",
        "data/report/run.exe",
        "data/timestamps/9-outside/token.der",
        "data/timestamps/07-outside/token.der",
        "data/keys/stranger.pem",
        "data/ledger/entries.json",
    ],
)
def test_a_sealed_file_that_nothing_names_is_extra(check: Check, path: str) -> None:
    assert ("file_extra", path) in found(check(change=adding(path)))


def test_an_original_that_package_json_names_and_nobody_packed_is_missing(check: Check) -> None:
    answer = check(change=lambda files: [files.pop(ORIGINAL)])
    assert found(answer) == {("file_missing", ORIGINAL)}
    assert not answer["clips"][0]["ok"]
    assert answer["clips"][0]["existed_by"] is None


def test_a_rendition_that_nobody_packed_is_missing(check: Check) -> None:
    path = f"data/clips/{CLIP}/renditions/poster.jpg"
    row = {"kind": "poster", "path": path}
    answer = check(said=lambda p: p["clips"][0].update(renditions=[row]))
    assert ("file_missing", path) in found(answer)
    assert not answer["clips"][0]["ok"]


# The history of a clip


def ingest_again(log: Log) -> None:
    """A second recording under the same clip."""
    other = {"object": "00" * 32, "size": 3}
    rest = {"recorder": RECORDER, "officer": None, "start": None, "start_source": None}
    log.add("clip.ingested", CLIP, {"original": other, **rest})


def test_a_clip_is_taken_in_once(check: Check) -> None:
    answer = check(happened=ingest_again)
    assert ("subject_chain_broken", ENTRIES) in found(answer)
    assert not answer["clips"][0]["ok"]


def test_the_end_of_a_clips_history_is_sealed_in_its_own_package(check: Check) -> None:
    assert check(subject=CLIP)["ok"]
    kept: list[bytes] = []

    def cut(files: Members) -> None:
        lines = files[ENTRIES].splitlines(keepends=True)
        kept.extend(line for line in lines if b"clip.verified" in line)
        files[ENTRIES] = b"".join(line for line in lines if line not in kept)

    def deny(package: dict[str, Any]) -> None:
        clip = package["clips"][0]
        clip.update(events=1, head=leaf(ingested[0]).hex())

    def drop(files: Members) -> None:
        files.pop(f"proofs/{kept[0].split()[0].decode()}.tlog-proof")

    ingested: list[bytes] = []

    def see(log: Log) -> None:
        ingested.append(next(raw for raw in log.raws if b"clip.ingested" in raw))

    answer = check(subject=CLIP, happened=see, said=deny, change=cut, finish=drop)
    assert found(answer) == {("subject_chain_broken", "data/package.json")}
    assert not answer["clips"][0]["ok"]


def test_of_a_case_it_is_said_that_the_end_of_a_history_is_the_makers_word(check: Check) -> None:
    assert "after the last one here" in " ".join(check()["not_checked"])
    assert "after the last one here" not in " ".join(check(subject=CLIP)["not_checked"])


# Earlier checkpoints


def test_consistency_is_as_the_rfc_says_for_all_small_trees() -> None:
    leaves = [leaf(bytes([n])) for n in range(20)]
    for new in range(2, 20):
        for old in range(1, new):
            path = consistency(old, leaves[:new])
            first, second = (Checkpoint("o", n, root(leaves[:n])) for n in (old, new))
            check_older_root(first, second, path)
            other = Checkpoint("o", old, leaf(b"other"))
            for wrong in (path[:-1], [*path, bytes(32)], [bytes(32), *path[1:]]):
                with pytest.raises(ProofError):
                    check_older_root(first, second, wrong)
            with pytest.raises(ProofError):
                check_older_root(other, second, path)


@pytest.mark.parametrize(
    "data", [b"", b"old 3", b"old 4\n", b"old 03\n", b"old 3\nAA==\n", b"\xff\n"]
)
def test_a_malformed_consistency_file_is_its_one_error(data: bytes) -> None:
    with pytest.raises(ProofError):
        parse_consistency(data, 3)


def rewritten(files: Members) -> None:
    """The cited checkpoint is one of another ledger with the same key."""
    other = Log()
    for number in range(int(files["data/ledger/checkpoint"].split(b"\n")[1])):
        other.add("x.y", STATION, {"other": number})
    files["data/ledger/checkpoint"] = other.note(ONE)


def test_a_checkpoint_of_another_history_is_found(check: Check) -> None:
    answer = check(change=rewritten, pins={"vkeys": [ONE.vkey], "tsa_cas": [CA.pem]})
    proofs = [where for code, where in found(answer) if code == "proof_wrong"]
    assert [p.rpartition(".")[2] for p in proofs] == ["consistency"]


def consistency_files(files: Members) -> list[str]:
    """By size."""
    return sorted(p for p in files if p.endswith(".consistency"))


def test_a_stamp_over_a_checkpoint_that_is_not_proven_dates_nothing(check: Check) -> None:
    gone: list[str] = []

    def lose(files: Members) -> None:
        gone.extend(consistency_files(files))
        for path in gone:
            del files[path]

    answer = check(finish=lose)
    assert len(gone) == 2
    assert found(answer) == {("file_missing", path) for path in gone}
    assert answer["clips"][0]["existed_by"] is None


def test_a_consistency_file_that_no_checkpoint_needs_is_extra(check: Check) -> None:
    answer = check(finish=lambda files: files.update({"proofs/1.consistency": b"old 1\n"}))
    assert found(answer) == {("file_extra", "proofs/1.consistency")}


# Who was asked


def test_an_authority_that_was_asked_and_is_not_here_is_named(check: Check) -> None:
    asked = check(asked=("outside", "silent"), over=("outside",))
    assert asked["ok"], asked["findings"]
    said = " ".join(asked["not_checked"])
    assert "over the package itself by silent" in said
    assert "over the package itself by outside" not in said


def test_a_stamp_of_somebody_who_was_not_asked_is_extra(check: Check) -> None:
    answer = check(over=("outside",))
    assert ("file_extra", "proofs/timestamps/outside/token.der") in found(answer)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("asked"),
        lambda data: data.update(asked=["a", "a"]),
        lambda data: data.update(asked=["../a"]),
        lambda data: data.update(clips=True),
        lambda data: data.update(format=2),
    ],
)
def test_a_seal_of_another_form_is_broken(
    check: Check, change: Callable[[dict[str, Any]], None]
) -> None:
    answer = check(seals=change)
    assert ("seal_broken", "proofs/package.entry") in found(answer)


# Times


def stamped_at(moment: datetime) -> dict[str, Any]:
    """A recipe whose tokens say this time."""
    return {"moment": moment, "token": lambda f, imprint: f.token(imprint, moment=moment)}


def test_a_token_from_before_the_clip_was_taken_in_is_found(check: Check) -> None:
    old = new_leaf(CA, starts=INGESTED - DAY)
    for early, bad in ((timedelta(minutes=9), False), (timedelta(minutes=11), True)):
        answer = check(signer=old, **stamped_at(INGESTED - early))
        wrong = {where.rpartition("/")[2] for code, where in found(answer)}
        assert wrong == ({"token.der"} if bad else set())
        assert (answer["clips"][0]["existed_by"] is None) is bad


def two_times(first: datetime, second: datetime) -> dict[str, Any]:
    """The earlier checkpoint is stamped at the one, the package at the other."""
    moments = iter((first, second))
    return {
        **{"moment": first, "asked": ("outside",), "over": ("outside",)},
        "token": lambda f, imprint: f.token(imprint, moment=next(moments)),
    }


def test_a_token_from_before_an_earlier_token_is_found(check: Check) -> None:
    late = "proofs/timestamps/outside/token.der"
    assert check(**two_times(NOW, NOW - timedelta(minutes=9)))["ok"]
    answer = check(**two_times(NOW, NOW - timedelta(minutes=11)))
    assert found(answer) == {("timestamp_wrong", late)}
    assert answer["clips"][0]["existed_by"] == NOW.isoformat().replace("+00:00", "Z")


# Keys


def test_a_key_that_was_retired_as_compromised_vouches_for_nobody(check: Check) -> None:
    answer = check(keys=(ONE, TWO), why="compromised", pins={"vkeys": [ONE.vkey]})
    assert answer["ok"], answer["findings"]
    assert not answer["pinned"]["signer"]
    assert answer["says"] == "consistent with itself; signer not pinned"
    assert "retired as compromised" in " ".join(answer["not_checked"])


def test_it_is_said_that_the_signer_followed_from_the_key_that_was_given(check: Check) -> None:
    answer = check(keys=(ONE, TWO), pins={"vkeys": [ONE.vkey]})
    assert answer["pinned"]["signer"]
    assert f"followed word by word from the key {ONE.id.hex()}" in answer["says"]
    both = check(keys=(ONE, TWO), pins={"vkeys": [TWO.vkey, ONE.vkey]})
    assert both["says"] == "in order, and signed by the key that you trust"


def test_a_retired_key_is_not_believed_beyond_its_retirement(check: Check) -> None:
    answer = check(keys=(ONE, TWO), sealed_by=ONE, retired_from=10**6)
    assert ("key_history", "data/keys/ledger.vkeys") in found(answer)


def test_a_key_with_a_successor_was_retired(check: Check) -> None:
    def without(log: Log) -> None:
        log.raws[-2] = log.raws[-2].replace(b'"key.retired"', b'"key.forgotten"')

    answer = check(keys=(ONE, TWO), happened=without)
    assert ("key_history", "data/keys/ledger.vkeys") in found(answer)


# Witnesses


def test_one_key_under_two_names_is_one_witness(check: Check) -> None:
    one, same = Key(7, "witness.example/w", 4), Key(7, "other.example/x", 4)
    answer = check(witnesses=(one, same), quorum=2)
    assert found(answer) == {("quorum_missing", "proofs/checkpoint")}
    assert check(witnesses=(one, Key(8, "other.example/x", 4)), quorum=2)["ok"]


@pytest.mark.parametrize("quorum", [None, "0", -1, True])
def test_a_quorum_is_a_number(check: Check, quorum: object) -> None:
    answer = check(said=lambda p: p["witnesses"].update(quorum=quorum))
    assert found(answer) == {("package_differs", "data/package.json")}


# One reading of text


def test_what_was_left_out_is_told(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    left = [{"clip": "clip-x", "why": "quarantined"}]
    answer = check(said=lambda p: p.update(left_out=left))
    assert (answer["ok"], answer["left_out"]) == (True, left)
    Screen(print, "en", colour=False, bar=False).verdict(answer)
    assert "clip-x is of this case and not in the package: it is quarantined" in (
        capsys.readouterr().out
    )
    for wrong in (None, [5], [{"clip": "clip-x"}]):
        answer = check(said=lambda p, wrong=wrong: p.update(left_out=wrong))
        assert found(answer) == {("package_differs", "data/package.json")}


@pytest.mark.parametrize("space", ["\u3000", "\x85", "\ufeff", "\x7f", "\xa0", "\u2028", "+"])
def test_a_name_has_no_space_of_any_kind(space: str) -> None:
    line = f"— a{space}b {b64(bytes(9))}\n"
    with pytest.raises(NoteError):
        parse_note(b"x\n1\ny\n\n" + line.encode())
    assert parse_note(b"x\n1\ny\n\n" + line.replace(space, "").encode())


@pytest.mark.parametrize("keys", ["ledger", "witnesses"])
def test_an_empty_line_between_keys_is_malformed(check: Check, keys: str) -> None:
    path = f"data/keys/{keys}.vkeys"

    def add(files: Members) -> None:
        files[path] += b"\n"

    assert path in {where for _, where in found(check(change=add))}


@pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992"])
def test_a_number_that_others_would_round_is_refused(number: str) -> None:
    with pytest.raises(EntryError):
        parse_json(f'{{"a":{number}}}'.encode())
    parse_json(b'{"a":9007199254740991,"b":-9007199254740991}')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"x.y"', b'"xy"'),
        (b"2026-01-17T08:00:00.000000Z", b"yesterday"),
        (b"2026-01-17T08:00:00.000000Z", b"2026-13-17T08:00:00Z"),
        (b'"a":1', b'"text":null'),
        (b'"a":1', b'"text":{"row":"' + b"0" * 64 + b'"}'),
        (b'"a":1', b'"a":1,"a":2'),
    ],
)
def test_an_entry_of_another_form_is_malformed(check: Check, old: bytes, new: bytes) -> None:
    def add(log: Log) -> None:
        at = log.add("x.y", STATION, {"a": 1})
        log.raws[at] = log.raws[at].replace(old, new)

    assert ("entry_malformed", ENTRIES) in found(check(happened=add))


def test_only_the_text_of_an_entry_names_a_row(check: Check) -> None:
    row = {"object": "00" * 32, "size": 1, "row": "00" * 32}
    answer = check(happened=lambda log: [log.add("x.y", STATION, {"more": row})])
    assert answer["ok"], answer["findings"]


def test_a_certificate_that_is_on_no_way_to_the_root_is_found(check: Check) -> None:
    stranger = new_leaf(CA, name="Another")
    answer = check(chain=[LEAF, stranger])
    assert {(code, where.rpartition("/")[2]) for code, where in found(answer)} == {
        ("timestamp_chain", "chain.pem")
    }
