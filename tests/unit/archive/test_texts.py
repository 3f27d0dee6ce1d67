"""Text rows: what people wrote is beside the ledger, salted, and may go by lawful disposal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from archive.errors import CanonicalError, FixityError
from archive.store.posix import PosixStore
from archive.texts import TextRef, Texts, write_rows


@pytest.fixture
def store(tmp_path: Path) -> PosixStore:
    (tmp_path / "incoming").mkdir()
    return PosixStore(tmp_path)


def keep(store: PosixStore, *rows: dict[str, object]) -> list[TextRef]:
    with store.writing() as writing:
        return write_rows(writing, rows)


def test_rows_share_an_object_and_each_is_found_by_its_digest(store: PosixStore) -> None:
    first, second = keep(store, {"title": "抢劫案"}, {"title": "换行\n\t"})
    assert first.object == second.object
    assert first.size == second.size == store.path(first.object).stat().st_size
    texts = Texts(store)
    row = texts.read(second)
    assert row is not None
    assert row["title"] == "换行\n\t"
    lines = store.read(first.object).split(b"\n")
    assert lines[2] == b""
    assert [hashlib.sha256(line).hexdigest() for line in lines[:2]] == [first.row, second.row]
    assert TextRef.from_data(second.as_data()) == second


def test_the_same_words_have_another_digest_each_time(store: PosixStore) -> None:
    one, two = keep(store, {"reason": "因为"}, {"reason": "因为"})
    assert one.row != two.row
    salts = [json.loads(line)["salt"] for line in store.read(one.object).splitlines()]
    assert all(len(bytes.fromhex(salt)) == 16 for salt in salts)
    assert len(set(salts)) == 2


def test_a_salt_that_somebody_hands_in_is_not_used(store: PosixStore) -> None:
    (ref,) = keep(store, {"salt": "00" * 16, "reason": "x"})
    row = Texts(store).read(ref)
    assert row is not None
    assert row["salt"] != "00" * 16


def test_what_was_disposed_of_is_none_and_what_has_changed_is_an_incident(
    store: PosixStore,
) -> None:
    (ref,) = keep(store, {"reason": "x"})
    path = store.path(ref.object)
    path.chmod(0o644)
    path.write_bytes(b"changed")
    with pytest.raises(FixityError):
        Texts(store).read(ref)
    path.unlink()
    assert Texts(store).read(ref) is None
    (other,) = keep(store, {"reason": "y"})
    assert Texts(store).read(TextRef(object=other.object, size=1, row="0" * 64)) is None


def test_no_rows_make_no_object_and_bad_rows_none_either(store: PosixStore) -> None:
    assert keep(store) == []
    with pytest.raises(CanonicalError):
        keep(store, {"reason": "x"}, {"reason": "\ud800"})
    assert not (store.folder / "sha256").exists()


def test_more_objects_than_are_kept_in_memory_are_read_all_the_same(store: PosixStore) -> None:
    refs = [keep(store, {"n": n})[0] for n in range(70)]
    texts = Texts(store)
    for _ in range(2):
        assert [(texts.read(ref) or {})["n"] for ref in refs] == list(range(70))
