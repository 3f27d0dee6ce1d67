"""verify.html and packages that are whole in themselves, sealed and signed, and say more or less than they carry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes.authorities import DAY, NOW, Forger, new_ca, new_leaf
from tests.verifier.altering import Members, write
from tests.verifier.generator import (
    CLIP,
    ORIGIN,
    RECORDER,
    STATION,
    Key,
    Log,
    Recipe,
    consistency,
    leaf,
    make,
    root,
)
from tests.verifier.viewers import Chromium, Seen, Viewer

CA = new_ca()
LEAF = new_leaf(CA)
ONE, TWO, THREE = Key(1), Key(2), Key(3)
WITNESS = Key(7, "witness.example/w", 4)
AGAIN = Key(7, "witness.example/again", 4)
ORIGINAL: Final = f"data/clips/{CLIP}/original/a.mp4"
ENTRIES: Final = "data/ledger/entries.jsonl"
PACKAGE: Final = "data/package.json"
Check = Callable[..., Seen]


@pytest.fixture
def check(page: Viewer, tmp_path: Path) -> Check:
    """Make a package with these changes and check it."""

    def of(**changed: Any) -> Seen:
        recipe = Recipe(**{"ca": CA, "signer": LEAF, **changed})
        return page.check(write(tmp_path / "x.zip", "bag", make(recipe)))

    return of


@contextmanager
def pinned(page: Viewer, vkey: str) -> Iterator[None]:
    """With a key that the reader knows from elsewhere."""
    window = page.browser
    assert isinstance(window, Chromium)
    page.evaluate("void (document.querySelector('#pins').open = true)")
    window.page.fill("#pin-vkeys", vkey)
    yield
    window.page.fill("#pin-vkeys", "")


def found(seen: Seen) -> set[tuple[str, str]]:
    """Codes and places."""
    return {(code, where) for code, where, _ in seen.findings}


def adding(path: str) -> Callable[[Members], None]:
    """Puts a file there before the seal."""
    return lambda files: files.update({path: b"x"})


def replacing(path: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    """Changes a file before the seal."""

    def change(files: Members) -> None:
        assert old in files[path]
        files[path] = files[path].replace(old, new)

    return change


def test_a_package_that_others_made_from_the_paper_is_whole(check: Check) -> None:
    assert found(check()) == set()
    assert found(check(subject=CLIP, keys=(ONE, TWO))) == set()


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
    ],
)
def test_a_sealed_file_that_nothing_names_is_extra(check: Check, path: str) -> None:
    assert ("file_extra", path) in found(check(change=adding(path)))


def test_an_original_that_nobody_packed_is_missing(check: Check) -> None:
    seen = check(change=lambda files: [files.pop(ORIGINAL)])
    assert found(seen) == {("file_missing", ORIGINAL)}
    assert "有问题" in seen.clips[0]
    assert "没有可用的时间戳" in seen.clips[0]


def test_a_rendition_that_nobody_packed_is_missing(check: Check) -> None:
    path = f"data/clips/{CLIP}/renditions/poster.jpg"
    seen = check(said=lambda p: p["clips"][0].update(renditions=[{"kind": "poster", "path": path}]))
    assert ("file_missing", path) in found(seen)
    assert "有问题" in seen.clips[0]


# The history of a clip


def ingest_again(log: Log) -> None:
    """A second recording under the same clip."""
    other = {"object": "00" * 32, "size": 3}
    rest = {"recorder": RECORDER, "officer": None, "start": None, "start_source": None}
    log.add("clip.ingested", CLIP, {"original": other, **rest})


def test_a_clip_is_taken_in_once(check: Check) -> None:
    seen = check(happened=ingest_again)
    assert ("subject_chain_broken", ENTRIES) in found(seen)
    assert "有问题" in seen.clips[0]


def test_only_the_first_ingestion_is_the_clips_own(check: Check) -> None:
    """Else a recording that was made later would be dated by the token over the first."""
    at: list[int] = []

    def happened(log: Log) -> None:
        ingest_again(log)
        at.append(len(log.raws) - 1)

    seen = check(happened=happened, said=lambda p: p["clips"][0].update(ingested=at[0]))
    assert ("package_differs", PACKAGE) in found(seen)
    assert "没有可用的时间戳" in seen.clips[0]


def test_the_end_of_a_clips_history_is_sealed_in_its_own_package(check: Check) -> None:
    kept: list[bytes] = []
    ingested: list[bytes] = []

    def see(log: Log) -> None:
        ingested.append(next(raw for raw in log.raws if b"clip.ingested" in raw))

    def cut(files: Members) -> None:
        lines = files[ENTRIES].splitlines(keepends=True)
        kept.extend(line for line in lines if b"clip.verified" in line)
        files[ENTRIES] = b"".join(line for line in lines if line not in kept)

    seen = check(
        subject=CLIP,
        happened=see,
        said=lambda p: p["clips"][0].update(events=1, head=leaf(ingested[0]).hex()),
        change=cut,
        finish=lambda files: [files.pop(f"proofs/{kept[0].split()[0].decode()}.tlog-proof")],
    )
    assert found(seen) == {("subject_chain_broken", PACKAGE)}
    assert "有问题" in seen.clips[0]


# Earlier checkpoints


def test_consistency_is_as_the_rfc_says_for_all_small_trees(page: Viewer) -> None:
    leaves = [leaf(bytes([n])) for n in range(14)]
    cases: list[tuple[bool, int, int, str, str, list[str]]] = []
    for new in range(2, 14):
        for old in range(1, new):
            path, first = consistency(old, leaves[:new]), root(leaves[:old])
            for right, start, hashes in (
                (True, first, path),
                (False, leaf(b"other"), path),
                (False, first, path[:-1]),
                (False, first, [*path, bytes(32)]),
                (False, first, [bytes(32), *path[1:]]),
            ):
                hexes = [node.hex() for node in hashes]
                cases.append((right, old, new, start.hex(), root(leaves[:new]).hex(), hexes))
    wrong = page.evaluate(
        f"""({json.dumps(cases)}).filter(([right, old, size, first, second, hashes]) => {{
          const tree = (size, root) => ({{ size, root: muniment.fromHex(root) }});
          return right !== muniment.growsFrom(tree(old, first), tree(size, second), hashes.map(muniment.fromHex));
        }})"""
    )
    assert wrong == []


def rewritten(files: Members) -> None:
    """The cited checkpoint is one of another ledger with the same key."""
    other = Log()
    for number in range(int(files["data/ledger/checkpoint"].split(b"\n")[1])):
        other.add("x.y", STATION, {"other": number})
    files["data/ledger/checkpoint"] = other.note(ONE)


def test_a_checkpoint_of_another_history_is_found(check: Check, page: Viewer) -> None:
    with pinned(page, ONE.vkey):
        seen = check(change=rewritten)
    proofs = [where for code, where in found(seen) if code == "proof_wrong"]
    assert [path.rpartition(".")[2] for path in proofs] == ["consistency"]


def test_a_stamp_over_a_checkpoint_that_is_not_proven_dates_nothing(check: Check) -> None:
    gone: list[str] = []

    def lose(files: Members) -> None:
        gone.extend(path for path in files if path.endswith(".consistency"))
        for path in gone:
            del files[path]

    seen = check(finish=lose)
    assert len(gone) == 2
    assert found(seen) == {("file_missing", path) for path in gone}
    assert "没有可用的时间戳" in seen.clips[0]


def test_a_consistency_file_that_no_checkpoint_needs_is_extra(check: Check) -> None:
    seen = check(finish=lambda files: files.update({"proofs/1.consistency": b"old 1\n"}))
    assert found(seen) == {("file_extra", "proofs/1.consistency")}


@pytest.mark.parametrize("line", [b"old 0", b"OLD ", b"old  ", b"old \n\n"])
def test_a_malformed_consistency_file_is_found(check: Check, line: bytes) -> None:
    def spoil(files: Members) -> None:
        for path in files:
            if path.endswith(".consistency"):
                files[path] = files[path].replace(b"old ", line)

    assert {code for code, _ in found(check(finish=spoil))} == {"proof_wrong"}


# Who was asked, and what they said


def test_an_authority_that_was_asked_and_is_not_here_is_named(check: Check) -> None:
    seen = check(asked=("outside", "silent"), over=("outside",))
    assert found(seen) == set()
    assert "没有 silent 对证据包本身的时间戳" in seen.unchecked
    assert "没有 outside 对证据包本身的时间戳" not in seen.unchecked


def test_a_stamp_of_somebody_who_was_not_asked_is_extra(check: Check) -> None:
    assert ("file_extra", "proofs/timestamps/outside/token.der") in found(check(over=("outside",)))


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
    assert ("seal_broken", "proofs/package.entry") in found(check(seals=change))


def at(moment: Any) -> dict[str, Any]:
    """A token that says this time."""
    return {
        "moment": moment,
        "token": lambda forger, imprint: forger.token(imprint, moment=moment),
    }


def test_a_token_from_before_what_it_covers_is_wrong(check: Check) -> None:
    """Entries of made packages say 2026-01-17; authorities' certificates are older."""
    seen = check(**at(NOW.replace(year=2026, month=1, day=17, hour=7, minute=49, second=59)))
    assert {code for code, _ in found(seen)} == {"timestamp_wrong"}
    assert "没有可用的时间戳" in seen.clips[0]
    near = NOW.replace(year=2026, month=1, day=17, hour=7, minute=50, second=1)
    assert found(check(**at(near))) == set()


def times(*moments: Any) -> Callable[[Forger, bytes], bytes]:
    """Tokens that say these times, one after the other."""
    left = list(moments)
    return lambda forger, imprint: forger.token(imprint, moment=left.pop(0))


def test_a_larger_checkpoint_is_not_stamped_before_a_smaller_one(check: Check) -> None:
    over = {"asked": ("outside",), "over": ("outside",)}
    seen = check(token=times(NOW, NOW - DAY), **over)
    assert found(seen) == {("timestamp_wrong", "proofs/timestamps/outside/token.der")}
    assert found(check(token=times(NOW, NOW - timedelta(minutes=9)), **over)) == set()


def test_authorities_that_differ_about_one_checkpoint_are_told(check: Check) -> None:
    def twice(files: Members) -> None:
        files["data/keys/other.pem"] = files["data/keys/outside.pem"]

    both: dict[str, Any] = {"asked": ("outside", "other"), "over": ("outside", "other")}
    seen = check(change=twice, token=times(NOW, NOW, NOW + timedelta(minutes=11)), **both)
    assert found(seen) == set()
    assert "outside 与 other 相差超过 10 分钟" in seen.unchecked
    seen = check(change=twice, token=times(NOW, NOW, NOW + timedelta(minutes=9)), **both)
    assert "相差" not in seen.unchecked


# Keys


def test_a_key_that_was_compromised_vouches_for_nobody(check: Check, page: Viewer) -> None:
    with pinned(page, ONE.vkey):
        for keys in ((ONE, TWO), (ONE, TWO, THREE)):
            seen = check(keys=keys, why="compromised")
            assert found(seen) == set()
            assert "签名者未经核对" in seen.headline
            assert "您没有填入" not in seen.headline
            assert "因泄露停用" in seen.unchecked
        seen = check(keys=(ONE, TWO), why="rotated")
    assert "逐级签署启用" in seen.headline
    assert "因泄露停用" not in seen.unchecked


def test_a_retired_key_is_not_believed_for_ever(check: Check) -> None:
    seen = check(keys=(ONE, TWO), sealed_by=ONE, retired_from=10**6)
    assert {code for code, _ in found(seen)} == {"key_history"}


def test_a_key_that_was_followed_by_another_has_to_be_retired(check: Check) -> None:
    def happened(log: Log) -> None:
        data = {"id": TWO.id.hex(), "use": "ledger", "before": word}
        log.add("key.introduced", "key-1", data, vkey=TWO.vkey)

    word = {"id": ONE.id.hex(), "signature": ONE.introduce(TWO)}
    keys = "data/keys/ledger.vkeys"
    seen = check(happened=happened, change=replacing(keys, b"\n", f"\n{TWO.vkey}\n".encode()))
    assert ("key_history", keys) in found(seen)


def test_a_quorum_counts_keys_and_not_names(check: Check) -> None:
    two: dict[str, Sequence[Key]] = {"witnesses": (WITNESS, AGAIN), "cosigners": (WITNESS, AGAIN)}
    assert found(check(quorum=1, **two)) == set()
    assert found(check(quorum=2, **two)) == {("quorum_missing", "proofs/checkpoint")}


def test_a_cosignature_that_cannot_be_read_counts_for_nothing(page: Viewer) -> None:
    got = page.evaluate("""(async () => {
      const key = { name: "w", id: "01020304", type: muniment.MLDSA, key: new Uint8Array(1312), vkey: "w" };
      const line = { name: "w", id: key.id, value: new Uint8Array(2428) };
      const found = [];
      const given = muniment.verifierKeys;
      muniment.verifierKeys = () => [key];
      const list = { whole: async () => new Uint8Array(0) };
      const book = {
        add: (code) => found.push(code),
        note: (key, [, english]) => found.push(english),
        attempt: (code, where, step) => step(),
      };
      const context = {
        files: new Map([["data/keys/witnesses.vkeys", list]]), count: { signatures: 0 }, book,
        checkpoint: { text: "", signatures: [line], path: "proofs/checkpoint" },
        package: { witnesses: { quorum: 1, vkeys: ["w"] } },
      };
      await muniment.checkWitnesses(context);
      muniment.verifierKeys = given;
      return found;
    })()""")
    assert got == ["the ML-DSA cosignature of w", "quorum_missing"]


@pytest.mark.parametrize("quorum", ["2", None, -1, True])
def test_a_quorum_is_a_number(check: Check, quorum: Any) -> None:
    assert ("package_differs", PACKAGE) in found(check(quorum=quorum))


# One reading of text


@pytest.mark.parametrize("name", ["a\u0085b", "a\ufeffb", "a\u3000b", "a\u2028b", "a\x7fb", "a+b"])
def test_a_name_has_no_space_of_any_alphabet_and_no_control(page: Viewer, name: str) -> None:
    note = f"{ORIGIN}\n1\n\n— {name} MTIzNDU2Nzg=\n"
    read = """(text) => { try { return muniment.note(muniment.utf8(text)).signatures.length; }
      catch (e) { return e instanceof muniment.Wrong; } }"""
    said = page.evaluate(f"({read})({json.dumps(note)})")
    assert said is True, "refused"
    assert page.evaluate(f"({read})({json.dumps(note.replace(name, 'a'))})") == 1


@pytest.mark.parametrize(
    "change",
    [
        replacing("data/keys/ledger.vkeys", b"\n", b"\n\n"),
        replacing("data/keys/ledger.vkeys", b"\n", b"\r\n"),
        replacing("data/keys/ledger.vkeys", b"\n", b""),
    ],
)
def test_a_list_of_keys_has_one_key_a_line(check: Check, change: Callable[[Members], None]) -> None:
    assert ("key_history", "data/keys/ledger.vkeys") in found(check(change=change))


@pytest.mark.parametrize(
    ("old", "new"), [(b"  data/report", b" \tdata/report"), (b"  data/report", b" *data/report")]
)
def test_a_manifest_has_two_blanks(check: Check, old: bytes, new: bytes) -> None:
    change = replacing("manifest-sha256.txt", old, new)
    assert ("bag_malformed", "manifest-sha256.txt") in found(check(finish=change))


@pytest.mark.parametrize(
    "time",
    ["2026-02-30T08:00:00.000000Z", "2026-01-17T24:00:00.000000Z", "0000-01-17T08:00:00.000000Z"],
)
def test_a_time_that_never_was_is_malformed(page: Viewer, time: str) -> None:
    assert page.evaluate(f"muniment.momentOf({json.dumps(time)})") is None
    assert page.evaluate('muniment.momentOf("2024-02-29T23:59:59.000001Z") % 1e6') == 1


@pytest.mark.parametrize(
    "said",
    [
        lambda p: p["subject"].update(kind="banana"),
        lambda p: p.update(clips=p["clips"] * 2),
        lambda p: p.update(left_out=[{"clip": "clip-x", "why": 5}]),
        lambda p: p["clips"][0].update(renditions=None),
        lambda p: p["clips"][0].update(original="data/clips/x/original/a.mp4"),
        lambda p: p["witnesses"].update(vkeys=None),
    ],
)
def test_package_json_of_another_form_is_found(
    check: Check, said: Callable[[dict[str, Any]], None]
) -> None:
    assert ("package_differs", PACKAGE) in found(check(said=said))


def test_a_stray_certificate_in_a_chain_is_found(check: Check) -> None:
    seen = check(chain=[LEAF, new_ca("Elsewhere")])
    assert {code for code, _ in found(seen)} == {"timestamp_chain"}


def test_clips_that_were_left_out_are_told(check: Check, page: Viewer) -> None:
    seen = check(said=lambda p: p.update(left_out=[{"clip": "clip-x", "why": "missing"}]))
    assert found(seen) == set()
    assert "clip-x: 原始文件缺失" in page.evaluate("document.querySelector('#clips').innerText")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"x.y"', b'"xy"'),
        (b"2026-01-17T08:00:00.000000Z", b"yesterday"),
        (b"2026-01-17T08:00:00.000000Z", b"2026-13-17T08:00:00Z"),
        (b'"a":1', b'"text":null'),
        (b'"a":1', b'"text":{"row":"' + b"0" * 64 + b'"}'),
        (b'"a":1', b'"a":9007199254740992'),
    ],
)
def test_an_entry_of_another_form_is_malformed(check: Check, old: bytes, new: bytes) -> None:
    def add(log: Log) -> None:
        at = log.add("x.y", STATION, {"a": 1})
        log.raws[at] = log.raws[at].replace(old, new)

    assert ("entry_malformed", ENTRIES) in found(check(happened=add))


def test_only_the_text_of_an_entry_names_a_row(check: Check) -> None:
    row = {"object": "00" * 32, "size": 1, "row": "00" * 32}
    assert found(check(happened=lambda log: [log.add("x.y", STATION, {"more": row})])) == set()
