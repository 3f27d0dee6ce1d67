"""verify.py and zips that want to be read in two ways, to grow, or to lead elsewhere."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.package.verifier.checking import check_package
from archive.package.verifier.reading import ZipSource
from tests.integrity.package.making import Made
from tests.verifier.altering import Members, write


def unsafe(path: Path) -> set[str]:
    """Places of `zip_unsafe`; something has to be wrong."""
    answer = check_package(path)
    assert not answer["ok"]
    return {f["where"] for f in answer["findings"] if f["code"] == "zip_unsafe"}


def with_member(made: Made, path: Path, name: str | zipfile.ZipInfo, data: bytes = b"x") -> Path:
    """The package with one member more."""
    path.write_bytes(made.out.read_bytes())
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_package_that_was_zipped_again_is_the_same_package(
    whole: tuple[str, Members], tmp_path: Path, method: int
) -> None:
    answer = check_package(write(tmp_path / "again.zip", *whole, method=method))
    assert (answer["ok"], answer["findings"]) == (True, [])


def test_what_a_pipe_or_a_file_manager_zipped_is_the_same_package(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    """Sizes behind the bytes (as into a pipe), zip64 throughout, entries for folders."""
    top, members = whole
    script = (
        "import sys, zipfile\n"
        "with zipfile.ZipFile(sys.argv[1]) as a, zipfile.ZipFile(sys.stdout.buffer, 'w', 8) as b:\n"
        "    b.mkdir(a.namelist()[0].partition('/')[0])\n"
        "    for name in a.namelist():\n"
        "        with b.open(name, 'w', force_zip64=True) as f:\n"
        "            f.write(a.read(name))\n"
    )
    source = write(tmp_path / "a.zip", top, members)
    done = subprocess.run(
        [sys.executable, "-c", script, source], capture_output=True, check=True, timeout=60
    )
    (tmp_path / "b.zip").write_bytes(done.stdout)
    answer = check_package(tmp_path / "b.zip")
    assert (answer["ok"], answer["findings"]) == (True, [])


@pytest.mark.parametrize(
    "name",
    ["../evil", "TOP/../../evil", "/evil", "TOP/a\\b", "C:/evil", "TOP/a\nb", "TOP//a", "other/x"],
)
def test_a_name_that_leads_out_is_named(made: Made, tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name.replace("TOP", made.built.name)
    found = unsafe(with_member(made, tmp_path / "x.zip", info))
    assert found - {""}, name


def test_the_same_name_twice_is_named(made: Made, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = with_member(made, tmp_path / "x.zip", f"{made.built.name}/README.txt")
    assert unsafe(path) == {"README.txt"}


def test_links_and_devices_are_named(made: Made, tmp_path: Path) -> None:
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        info = zipfile.ZipInfo(f"{made.built.name}/data/link")
        info.external_attr = (mode | 0o777) << 16
        assert unsafe(with_member(made, tmp_path / "x.zip", info, b"/etc/passwd")) == {"data/link"}


def test_a_bomb_is_not_unpacked(made: Made, tmp_path: Path) -> None:
    info = zipfile.ZipInfo(f"{made.built.name}/data/bomb")
    info.compress_type = zipfile.ZIP_DEFLATED
    path = with_member(made, tmp_path / "x.zip", info, bytes(30 << 20))
    data = bytearray(path.read_bytes())
    # The directory says a terabyte: refused unread, because deflate cannot do that.
    at = data.rindex(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<L", 0xFFFFFFF0)
    path.write_bytes(data)
    assert "data/bomb" in unsafe(path)
    # The directory says less than comes out: reading stops there.
    data[at + 24 : at + 28] = struct.pack("<L", 1000)
    local = data.rindex(b"PK\3\4")
    data[local + 22 : local + 26] = struct.pack("<L", 1000)
    path.write_bytes(data)
    answer = check_package(path)
    assert ("file_changed", "data/bomb") in {(f["code"], f["where"]) for f in answer["findings"]}


def _overlap(data: bytearray) -> None:
    """The second member of the directory is where the first one is."""
    start = struct.unpack_from("<L", data, len(data) - 6)[0]
    size = 46 + sum(struct.unpack_from("<3H", data, start + 28))
    data[start + size + 42 : start + size + 46] = data[start + 42 : start + 46]


def _encrypt(data: bytearray) -> None:
    start = struct.unpack_from("<L", data, len(data) - 6)[0]
    data[start + 8] |= 1
    data[6] |= 1


def _rename_local(data: bytearray) -> None:
    data[40] ^= 1


def _lie_in_local(data: bytearray) -> None:
    data[22] ^= 1


@pytest.mark.parametrize(
    "change", [_overlap, _encrypt, _rename_local, _lie_in_local], ids=lambda f: f.__name__
)
def test_two_descriptions_that_differ_are_found(
    made: Made, tmp_path: Path, change: Callable[[bytearray], None]
) -> None:
    data = bytearray(made.out.read_bytes())
    change(data)
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert unsafe(path)


def _cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"MZ" + data,
        lambda data: data + b"x",
        lambda data: data[:-2] + b"\x05\0" + b"hello",
        lambda data: _cut(data, 0.5),
        lambda data: data[:-1],
        lambda data: data[:4],
    ],
    ids=["prepended", "appended", "comment", "half", "last byte", "first bytes"],
)
def test_bytes_before_and_after_and_a_cut_are_found(
    made: Made, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(change(made.out.read_bytes()))
    assert unsafe(path) == {""}


def test_prepended_bytes_with_offsets_made_to_fit_are_found(made: Made, tmp_path: Path) -> None:
    """As `zip -A` does for programs that unpack themselves: what was prepended belongs to no file."""
    path = tmp_path / "x.zip"
    path.write_bytes(b"#!/bin/sh\n" + made.out.read_bytes())
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(f"{made.built.name}/more", b"x")  # zipfile writes the directory anew
    assert unsafe(path)


@pytest.mark.slow
def test_a_member_of_ten_gibibytes_is_measured_and_not_kept(made: Made, tmp_path: Path) -> None:
    """Sparse, zip64: 10 GiB of zeros that are not there, named in the directory, and not held in memory."""
    size, path = 10 << 30, tmp_path / "x.zip"
    path.write_bytes(made.out.read_bytes())
    with zipfile.ZipFile(path, "a") as zipped:
        info = zipfile.ZipInfo(f"{made.built.name}/proofs/package.tlog-proof.huge")
        zipped.writestr(info, b"")
    data = path.read_bytes()
    local, start = data.rindex(b"PK\3\4"), struct.unpack_from("<L", data, len(data) - 6)[0]
    name = info.filename.encode()
    wide = struct.pack("<2H2Q", 1, 16, size, size)
    head = bytearray(data[local : local + 30])
    head[18:26] = b"\xff" * 8
    head[28:30] = struct.pack("<H", len(wide))
    central = bytearray(data[start:-22])
    at = central.rindex(b"PK\1\2")
    central[at + 20 : at + 28] = b"\xff" * 8
    central[at + 30 : at + 32] = struct.pack("<H", len(wide))
    central += wide
    begin = local + 30 + len(name) + len(wide) + size
    count = struct.unpack_from("<H", data, len(data) - 12)[0]
    with path.open("r+b") as file:
        file.seek(local)
        file.write(bytes(head) + name + wide)
        file.truncate(begin)
        file.seek(begin)
        file.write(central)
        end = file.tell()
        file.write(
            struct.pack(
                "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(central), begin
            )
        )
        file.write(struct.pack("<4sLQL", b"PK\6\7", 0, end, 1))
        file.write(
            struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(central), 0xFFFFFFFF, 0)
        )
    assert path.stat().st_blocks * 512 < 1 << 20
    source = ZipSource(path)
    assert source.unsafe == []
    assert source.files["proofs/package.tlog-proof.huge"] == size
    source.close()


def test_a_folder_that_vanishes_or_cannot_be_read_is_an_answer(made: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.out) as zipped:
        zipped.extractall(tmp_path)
    folder = tmp_path / made.built.name
    assert check_package(tmp_path)["ok"]  # a folder that holds the bag's and nothing else
    (folder / "README.txt").unlink()
    (folder / "README.txt").mkdir()
    answer = check_package(folder)
    assert ("file_missing", "README.txt") in {(f["code"], f["where"]) for f in answer["findings"]}
    if os.geteuid() != 0:
        (folder / "bagit.txt").chmod(0)
        assert not check_package(folder)["ok"]


def with_extra(whole: tuple[str, Members], path: Path, extra: bytes) -> Path:
    """The package, its first member with this extra field in both headers."""
    top, members = whole
    with zipfile.ZipFile(path, "w") as zipped:
        for number, (name, data) in enumerate(members.items()):
            info = zipfile.ZipInfo(f"{top}/{name}")
            info.extra = b"" if number else extra
            zipped.writestr(info, data)
    return path


@pytest.mark.parametrize(
    "extra",
    [
        struct.pack("<HH4s", 0x4242, 4, b"room"),  # of no kind known here: room for a directory
        struct.pack("<HHBL7s", 0x7075, 12, 1, 0, b"another"),  # Info-ZIP: another name
        struct.pack("<HH40s", 0x000A, 40, b""),
        struct.pack("<HHH", 0x9901, 2, 0),
        struct.pack("<HHB", 0x5455, 1, 0) * 2,
        struct.pack("<HHB", 0x5455, 9, 0),
    ],
)
def test_an_extra_field_that_other_programs_could_heed_is_refused(
    whole: tuple[str, Members], tmp_path: Path, extra: bytes
) -> None:
    assert unsafe(with_extra(whole, tmp_path / "x.zip", extra))


def test_extra_fields_of_times_and_owners_are_nothing(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    times = struct.pack("<HHBL", 0x5455, 5, 1, 0)
    owners = struct.pack("<HHBBHBH", 0x7875, 7, 1, 2, 0, 2, 0)
    assert check_package(with_extra(whole, tmp_path / "x.zip", times + owners))["ok"]


@pytest.mark.parametrize("field", [4, 6])
def test_a_disk_that_is_not_the_first_is_refused(
    whole: tuple[str, Members], tmp_path: Path, field: int
) -> None:
    path = write(tmp_path / "x.zip", *whole)
    data = bytearray(path.read_bytes())
    data[len(data) - 22 + field] = 1
    path.write_bytes(data)
    assert unsafe(path)
    data[len(data) - 22 + field] = 0
    data[data.index(b"PK\1\2") + 34] = 1
    path.write_bytes(data)
    assert unsafe(path)
