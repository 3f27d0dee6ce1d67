"""A transfer that stops anywhere goes on from its last good mark, and its bytes are those of the source."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.durable import Disk
from archive.store.part import BLOCK, Mark, Part, part_name, resumable
from tests.fakes.stores import aligned

sizes = st.integers(0, 3 * BLOCK) | st.sampled_from([BLOCK, 2 * BLOCK, 2 * BLOCK + 1])


def source(size: int) -> bytes:
    return hashlib.shake_128(b"%d" % size).digest(size)


def write(part: Part, hasher: hashlib._Hash, data: bytes, *, mark: bool = True) -> None:
    part.write(aligned(data))
    hasher.update(data)
    if mark:
        part.mark(Mark(length=part.written, digest=hasher.hexdigest()), lasting=True)


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.integers(0, BLOCK - 1),
    st.integers(0, 4),
)
def test_a_transfer_goes_on_from_its_last_mark(blocks: list[int], rest: int, stop: int) -> None:
    data = source(sum(blocks) * BLOCK + rest)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.part"
        part, hasher, at = Part(path, Disk()), hashlib.sha256(), 0
        for count in blocks[:stop]:
            write(part, hasher, data[at : at + count * BLOCK])
            at += count * BLOCK
        write(part, hasher, data[at : at + 100], mark=False)
        part.close()

        hashers = [hashlib.sha256(), hashlib.sha512()]
        keep = resumable(path, len(data), hashers)
        assert (0 if keep is None else keep.length) == at
        if keep is None:
            hashers = [hashlib.sha256(), hashlib.sha512()]
        part = Part(path, Disk(), keep=keep)
        assert part.written == at
        part.write(aligned(data[at:]))
        for each in hashers:
            each.update(data[at:])
        part.finish()
        assert path.read_bytes() == data
        assert path.stat().st_mode & 0o777 == 0o444
        assert hashers[0].hexdigest() == hashlib.sha256(data).hexdigest()
        assert hashers[1].hexdigest() == hashlib.sha512(data).hexdigest()


@settings(deadline=None)
@given(st.data())
def test_bytes_that_changed_are_kept_up_to_the_mark_before_them(data: st.DataObject) -> None:
    content = source(3 * BLOCK)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.part"
        part, hasher = Part(path, Disk()), hashlib.sha256()
        for n in range(3):
            write(part, hasher, content[n * BLOCK : (n + 1) * BLOCK])
        part.close()
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans(), label="cut"):
            path.write_bytes(content[:at])
        else:
            changed = bytearray(content)
            changed[at] ^= 1
            path.write_bytes(changed)
        keep = resumable(path, len(content), [hashlib.sha256()])
        assert (0 if keep is None else keep.length) == at // BLOCK * BLOCK


good = hashlib.sha256(source(100)).hexdigest()


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet="0123456789abcdef \n-", max_size=200).map(str.encode)
)
@example(f"100 {good}\n".encode())
@example(f"100 {good}".encode())
@example(f"101 {good}\n".encode())
@example(f"-1 {good}\n".encode())
@example(f"٣ {good}\n".encode())
@example(f"100 {good}\n100 {good}\n".encode())
@example(b"9" * 5000 + b" " + good.encode() + b"\n")
def test_any_journal_keeps_only_bytes_that_are_as_it_says(journal: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.part"
        path.write_bytes(source(100))
        path.with_suffix(".journal").write_bytes(journal)
        hashers = [hashlib.sha256()]
        keep = resumable(path, 100, hashers)
        if keep is not None:
            kept = path.read_bytes()[: keep.length]
            assert len(kept) == keep.length
            assert hashlib.sha256(kept).hexdigest() == keep.digest == hashers[0].hexdigest()


def test_a_link_in_a_parts_place_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(source(100))
    (tmp_path / "x.part").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "x.journal").write_text(f"100 {good}\n")
    assert resumable(tmp_path / "x.part", 100, [hashlib.sha256()]) is None
    part = Part(tmp_path / "x.part", Disk())
    part.write(aligned(b"new"))
    part.close()
    assert (tmp_path / "elsewhere").read_bytes() == source(100)
    assert not (tmp_path / "x.part").is_symlink()


@given(st.binary(max_size=300), st.integers(0, 2**62), st.integers(-(2**62), 2**62))
def test_a_parts_name_is_a_safe_one(path: bytes, size: int, mtime_ns: int) -> None:
    name = part_name(path, size, mtime_ns)
    assert len(name) == 37
    assert name.endswith(".part")
    assert set(name[:32]) <= set("0123456789abcdef")
    assert name != part_name(path + b"x", size, mtime_ns)
