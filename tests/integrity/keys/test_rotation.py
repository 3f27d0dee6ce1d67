"""One key after another: at any cut, beside other processes, and with somebody who kept the old one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.audit import audit
from archive.errors import LedgerDamagedError
from archive.keys.errors import KeyHistoryError, KeyRefusedError
from archive.keys.folder import announced_keys, known_keys
from archive.keys.history import KeyHistory
from archive.keys.loading import StationKeys, read_private
from archive.keys.rotation import history_of, rotate
from archive.ledger.batches import commit_line
from archive.ledger.entry import Draft, build
from archive.ledger.merkle import Frontier, leaf_hash
from archive.ledger.note import Checkpoint, Ed25519KeySigner, Verifier
from archive.ledger.reader import LedgerReader
from archive.opening import open_archive
from archive.texts import TextRef
from tests.fakes.disk import NotingDisk, power_cut
from tests.fakes.outsider import check_log
from tests.integrity.keys.places import (
    ORIGIN,
    change,
    codes,
    entries,
    found,
    newest,
    note,
    signers,
    write,
)

ENTRIES = "ledger/entries/000000000000"


def test_the_old_key_signs_the_new_one_in_and_is_gone(root: Path) -> None:
    old, before = newest(root), (root / "keys/ledger.key").read_bytes()
    done = change(root)
    write(root)
    assert (done.before, done.key) == (old, newest(root))
    assert known_keys(root) == (old, done.key)
    assert signers(root) == [old.id.hex(), old.id.hex(), done.key.id.hex()]
    assert (root / "keys/ledger.key").read_bytes() != before
    assert (root / "keys/ledger.key").stat().st_mode & 0o777 == 0o600
    assert announced_keys(root) == []
    assert found(root) == []


def test_who_has_the_first_key_only_can_follow_to_the_newest(root: Path) -> None:
    first = newest(root)
    for _ in range(3):
        change(root)
    write(root)
    seen = check_log(root / "ledger", newest(root).vkey())
    history = KeyHistory.of(enumerate(seen.entries), [first])
    assert history.current == newest(root)
    assert history.check((root / "ledger/checkpoint").read_bytes()).size == seen.size


def test_the_writer_finds_its_place_after_a_change_with_and_without_its_state(root: Path) -> None:
    change(root)
    write(root)
    (root / "writer.state").unlink()
    write(root)
    change(root)
    (root / "writer.state").unlink()
    write(root)
    assert [e.type for e in entries(root)].count("key.introduced") == 3
    assert found(root) == []


def test_a_process_that_has_the_ledger_open_signs_with_the_new_key(root: Path) -> None:
    with open_archive(root, write=True) as one, open_archive(root, write=True) as other:
        note(one)
        reader = LedgerReader(root)
        first = reader.checkpoint()
        done = rotate(other, actor="local-0")
        note(one)
        one.ledger.publish()
        assert one.ledger.key == done.key
        assert reader.checkpoint() != first  # signed by a key that it had not seen
        assert reader.vkey().strip() == done.key.vkey()
        again = rotate(one, actor="local-0")
        note(other)
        assert other.ledger.key == again.key
    assert found(root) == []


def test_a_change_that_another_has_overtaken_is_refused(root: Path) -> None:
    with open_archive(root, write=True) as archive:
        seen = history_of(archive)
        rotate(archive, actor="local-0")
        with pytest.raises(KeyRefusedError, match="changed just now"):
            rotate(archive, actor="local-0", seen=seen)
        assert len(known_keys(root)) == 2
    assert found(root) == []


# The thread that publishes in the background dies with the power.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_cut_anywhere_in_a_change_of_keys_is_healed_by_the_next_opening(
    new: Path, place: Path, lose: bool
) -> None:
    first = newest(new)
    whole = NotingDisk()
    copy = Path(shutil.copytree(new, place / "whole"))
    with open_archive(copy, write=True, disk=whole) as archive:
        rotate(archive, actor="local-0")
    # From the new key's file to the last that the keys folder sees; the rest is as in every append.
    steps = [n for n, (_, path) in enumerate(whole.notes) if "/keys" in path]
    begin = next(n for n in steps if "next-" in whole.notes[n][1])
    ends, keys = set(), set()
    for n in range(begin, steps[-1] + 2):
        root = Path(shutil.copytree(new, place / str(n)))
        with power_cut(n, lose=lose) as disk, open_archive(root, write=True, disk=disk) as archive:
            rotate(archive, actor="local-0")
        if not lose:  # what is there then, some other call's cut shows here
            cut_short = audit(root)
            assert codes(cut_short) == [], n
            ends.add((len(announced_keys(root)), cut_short.interrupted > 0))
        write(root, "after")
        keys.add(len(known_keys(root)))
        assert announced_keys(root) == []
        assert signers(root)[-1] == newest(root).id.hex()
        with open_archive(root, write=False) as archive:
            assert history_of(archive).verifiers == known_keys(root)
        assert known_keys(root)[0] == first
        shutil.rmtree(root)
    assert keys == {1, 2}  # cut before and after it had happened
    assert lose or (1, True) in ends  # and where the next had to end it


def test_a_change_that_never_came_into_the_ledger_leaves_nothing(root: Path) -> None:
    name = root / "keys/next-00000000.key"
    shutil.copy(root / "keys/ledger.key", name)
    write(root)
    assert not name.exists()
    assert len(known_keys(root)) == 1


def test_the_keys_of_an_older_backup_sign_nothing(root: Path) -> None:
    shutil.copytree(root / "keys", root.parent / "older")
    change(root)
    write(root)
    for name in ("ledger.key", "ledger.vkey"):
        shutil.copy(root.parent / "older" / name, root / "keys" / name)
    (root / "keys/retired.vkeys").unlink()
    assert ("key_history", "keys/ledger.vkey") in found(root)
    with pytest.raises(LedgerDamagedError):
        write(root)


def test_keys_of_a_later_time_than_the_ledger_sign_nothing(root: Path) -> None:
    older = Path(shutil.copytree(root, root.parent / "b"))
    change(root)
    for name in ("ledger.key", "ledger.vkey", "retired.vkeys"):
        shutil.copy(root / "keys" / name, older / "keys" / name)
    with pytest.raises(LedgerDamagedError):
        write(older)
    assert ("key_unknown", "keys/ledger.vkey") in found(older)


def test_every_changed_byte_of_the_retired_keys_is_found(root: Path) -> None:
    change(root)
    write(root)
    path = root / "keys/retired.vkeys"
    data = path.read_bytes()
    for at in range(0, len(data), 5):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert found(root) == [("key_history", "keys/retired.vkeys")], at
    path.unlink()
    assert found(root) == [("key_history", "keys/retired.vkeys")]


def test_a_list_of_retired_keys_that_cannot_be_read_signs_nothing(root: Path) -> None:
    change(root)
    (root / "keys/retired.vkeys").write_text("no key\n")
    with pytest.raises(KeyHistoryError, match=r"retired\.vkeys"):
        write(root)


class Thief:
    """Somebody who kept a key, and appends with it behind everybody's back."""

    def __init__(self, root: Path) -> None:
        self._path = root / ENTRIES
        self._signer = Ed25519KeySigner(ORIGIN, read_private(root / "keys/ledger.key"))

    @property
    def key(self) -> Verifier:
        return self._signer.verifier

    def append(self, root: Path) -> None:
        """One more batch, right in everything but the key."""
        tree = Frontier()
        last = b""
        for entry in entries(root):
            tree.append(entry.leaf)
            last = entry.leaf
        draft = Draft(type="x", subject="clip-forged", actor="local-0", data={})
        time = "2099-01-01T00:00:00.000000Z"
        raw = build(draft, time=time, clock="host", prev=last, before=None)
        tree.append(leaf_hash(raw))
        forged = self._signer.sign(Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root()))
        with self._path.open("ab") as file:
            file.write(raw + b"\n" + commit_line(forged))


def test_what_a_retired_key_signs_is_no_part_of_the_ledger(root: Path) -> None:
    thief = Thief(root)
    change(root)
    write(root)
    size = len(entries(root))
    thief.append(root)
    assert found(root) == [("key_history", ENTRIES)]
    write(root)
    after = entries(root)
    assert len(after) == size + 1
    assert "clip-forged" not in [entry.subject for entry in after]
    # It stays in the file, void, and stays a finding.
    assert found(root) == [("key_history", ENTRIES)]


def test_a_checkpoint_of_a_retired_key_over_later_entries_is_not_believed(root: Path) -> None:
    signer = Ed25519KeySigner(ORIGIN, read_private(root / "keys/ledger.key"))
    change(root)
    write(root)
    with open_archive(root, write=False) as archive:
        log = archive.reader.published()
    forged = signer.sign(Checkpoint(origin=ORIGIN, size=log.size, root=log.root))
    (root / "ledger/checkpoint").write_bytes(forged)
    assert found(root) == [("key_history", "ledger/checkpoint")]


def test_a_key_in_wrong_hands_is_believed_up_to_its_end_only(root: Path) -> None:
    with open_archive(root, write=True) as archive:
        rotate(archive, actor="local-0", compromised="笔记本被盗")
        period = history_of(archive).periods[0]
        (text,) = [
            archive.texts.read(TextRef.from_data(e.data["text"]))
            for e in entries(root)
            if e.type == "key.retired"
        ]
    assert (period.why, period.until) == ("compromised", len(entries(root)))
    assert text is not None
    assert text["reason"] == "笔记本被盗"
    assert found(root) == []


def test_an_archive_from_before_keys_named_themselves_can_change_them(root: Path) -> None:
    """Its `key.introduced` has no `public`; the folder has the key."""
    data = entries(root)[1].data
    assert data["id"] == newest(root).id.hex()
    history = KeyHistory.of(
        [(1, entries(root)[1].raw.replace(b'"public"', b'"publik"'))], [newest(root)]
    )
    assert history.current == newest(root)
    assert StationKeys(root).signer().verifier == history.current
