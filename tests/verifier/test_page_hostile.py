"""verify.html before packages that were made to deceive or to break it."""

from __future__ import annotations

import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.verifier.altering import Members, with_manifests, write
from tests.verifier.viewers import Viewer

LATER: Final = (2026, 11, 22, 8, 0, 0)
GIB: Final = 1 << 30


def with_names(folder: Path, top: str, members: Members, more: Sequence[zipfile.ZipInfo]) -> Path:
    """The package, and more members of whatever name."""
    path = write(folder / "more.zip", top, members)
    with zipfile.ZipFile(path, "a") as zipped, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the same name twice is what is wanted
        for info in more:
            zipped.writestr(info, b"more")
    return path


def named(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, LATER)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("{top}/../out.txt", 0o100644),
        ("../out.txt", 0o100644),
        ("/etc/out.txt", 0o100644),
        ("{top}/data\\out.txt", 0o100644),
        ("C:/out.txt", 0o100644),
        ("{top}/data/" + "a/" * 70 + "out.txt", 0o100644),
        ("{top}/data/a\x1bb", 0o100644),
        ("{top}/data/folder", 0o040755),
        ("{top}/data/./out.txt", 0o100644),
        ("{top}/bagit.txt", 0o100644),
        ("{top}/data/link", 0o120777),
        ("{top}/data/device", 0o020644),
        ("other/bagit.txt", 0o100644),
        ("beside.txt", 0o100644),
    ],
)
def test_a_zip_whose_names_cannot_be_trusted_is_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, name: str, mode: int
) -> None:
    top, members = whole
    seen = page.check(with_names(tmp_path, top, members, [named(name.format(top=top), mode)]))
    assert seen.verdict == "bad"
    assert "zip_unsafe" in seen.codes


def patched(path: Path, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def test_an_encrypted_member_is_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    def encrypt(data: bytearray) -> None:
        data[6] |= 1
        data[data.rindex(b"PK\1\2") + 8] |= 1

    seen = page.check(patched(write(tmp_path / "x.zip", *whole), encrypt))
    assert "zip_unsafe" in seen.codes


@pytest.mark.parametrize("size", [100, 2 * GIB])
def test_a_bomb_is_refused_before_it_grows(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, size: int
) -> None:
    """Its directory says less than it unpacks to, or more than anything can unpack to."""
    top, members = whole
    bomb = "data/report/report.html"
    members = with_manifests({**members, bomb: bytes(20_000_000)})
    path = write(tmp_path / "bomb.zip", top, members, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as zipped:
        info = zipped.getinfo(f"{top}/{bomb}")

    def lie(data: bytearray) -> None:
        name = f"{top}/{bomb}".encode()
        central = data.index(name, data.index(b"PK\1\2", info.header_offset)) - 46
        struct.pack_into("<L", data, info.header_offset + 22, size)
        struct.pack_into("<L", data, central + 24, size)

    seen = page.check(patched(path, lie))
    said = [words for code, where, words in seen.findings if (code, where) == ("zip_unsafe", bomb)]
    assert len(said) == 1
    assert "大于" in said[0], "stopped before it had grown"


def test_a_header_that_differs_from_the_directory_is_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    first = next(iter(members))

    def rename(data: bytearray) -> None:
        data[30 + len(top) + 1] ^= 1

    seen = page.check(patched(write(tmp_path / "x.zip", top, members), rename))
    assert seen.has("zip_unsafe", first)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-30],
        lambda data: b"before" + data,
        lambda data: data + b"behind",
        lambda data: data[: len(data) // 2],
        lambda data: data[:0],
        lambda data: data[:0] + b"PK\5\6" + bytes(18),
        lambda data: data[:-22] + b"PK\5\6" + b"\xff" * 18,
    ],
)
def test_a_file_that_is_no_whole_zip_is_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = write(tmp_path / "x.zip", *whole)
    path.write_bytes(change(path.read_bytes()))
    seen = page.check(path)
    assert seen.verdict == "bad"
    assert seen.findings
    assert set(seen.steps.values()) <= {"bad", "left", "ok", "none"}


def test_ten_gibibytes_that_no_manifest_names_are_extra_and_not_read(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    """Also numbers beyond 32 bits: the directory lies behind the ten gibibytes."""
    top, members = whole
    path = write(tmp_path / "large.zip", top, members)
    data, size = path.read_bytes(), 10 * GIB
    start = data.index(b"PK\1\2")
    count = len(members) + 1
    name = f"{top}/data/zeros.bin".encode()
    wide = struct.pack("<2H2Q", 1, 16, size, size)
    shared = (0x0800, 0, 0, 0x21, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(wide))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 45, *shared[:4], *shared[4:])
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 45, 45, *shared[:4], *shared[4:], 0, 0, 0, 0o100644 << 16, start
    )
    directory = data[start:-22] + central + name + wide
    end = start + len(local) + len(name) + len(wide) + size
    with path.open("wb") as file:
        file.write(data[:start] + local + name + wide)
        file.seek(end)
        file.write(directory)
        file.write(
            struct.pack(
                "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), end
            )
        )
        file.write(struct.pack("<4sLQL", b"PK\6\7", 0, end + len(directory), 1))
        file.write(b"PK\5\6" + struct.pack("<4H2LH", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0))
    seen = page.check(path)
    assert {finding[:2] for finding in seen.findings} == {
        ("file_extra", "data/zeros.bin"),
        ("bag_malformed", "bag-info.txt"),
        ("seal_broken", "manifest-sha256.txt"),
    }


def test_a_name_with_markup_in_it_is_text(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    name = 'data/<img src=x onerror="document.title=1">.html'
    seen = page.check(write(tmp_path / "x.zip", top, {**members, name: b"x"}))
    assert seen.has("file_extra", name)
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    assert page.evaluate("document.title") == "证据包核验"


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"format":"muniment-package 1","format":"muniment-package 1"}',
        b'{"__proto__":{"clips":[]}}',
        b'{"format":"muniment-package 1","clips":[{}],"timestamps":[],"witnesses":{"quorum":0},'
        b'"left_out":[],"subject":{},"cites":{}}',
        b'{"format":"muniment-package 1","clips":[{"clip":"constructor","original":"data/package.json","path":"x",'
        b'"renditions":[],"ingested":"__proto__"}],"timestamps":[{"folder":"x","dates":[{}]}],'
        b'"witnesses":{"quorum":0,"vkeys":{}},"left_out":[{"clip":{},"why":"toString"}],"subject":{"id":{},"number":[]},"cites":{},"made":{}}',
        b"\xff\xfe",
        b"1e999",
        b"",
    ],
)
def test_hostile_json_is_a_finding_and_nothing_else(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, text: bytes
) -> None:
    top, members = whole
    altered = with_manifests({**members, "data/package.json": text})
    seen = page.check(write(tmp_path / "x.zip", top, altered))
    assert seen.verdict == "bad"
    assert "package_differs" in seen.codes
    assert not any("未能完成" in words for _, _, words in seen.findings)


def test_whatever_the_bytes_of_a_file_the_page_comes_to_a_verdict(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path
) -> None:
    """Each parsed file as nothing, as half of itself, as something else that is parsed."""
    top, members = whole
    parsed = [p for p in members if p.startswith("proofs/") and not p.endswith(".tlog-proof")]
    parsed += [
        p for p in members if p.startswith(("data/timestamps/", "data/keys/", "data/ledger/"))
    ]
    parsed += ["proofs/3.tlog-proof", "proofs/package.tlog-proof", "bagit.txt", "bag-info.txt"]
    others = (b"", members["proofs/package.entry"])
    for path in parsed:
        for other in (*others, members[path][: len(members[path]) // 2]):
            if other == members[path]:
                continue
            altered = with_manifests({**members, path: other})
            seen = page.check(write(tmp_path / "x.zip", top, altered))
            assert seen.verdict == "bad", (path, other)
            assert not any("未能完成" in words for _, _, words in seen.findings), seen.findings


def test_a_ledger_sealed_anew_by_another_key_is_not_the_pinned_one(page: Viewer) -> None:
    """A stranger's ledger that brings the known key in behind its own: the known key vouched for nothing."""
    got = json.loads(
        page.evaluate("""(() => {
          const key = (n) => ({ name: "log", key: new Uint8Array(32).fill(n), id: String(n) });
          return JSON.stringify([[0, 2], [0, 1], [1, 1], [1, 2]].map(([signer, pin]) => {
            const found = [];
            const book = { add: (code) => found.push(code) };
            const context = { keys: [{ key: key(1) }, { key: key(2) }], checkpoint: { signer }, pinned: {}, book };
            muniment.checkPinnedKey(context, [key(pin)]);
            return [found.join(), context.pinned.signer || false, context.followed || false];
          }));
        })()""")
    )
    stranger, direct, followed, own = got
    assert stranger == ["signer_not_pinned_key", False, False]
    assert direct == own == ["", True, False]
    assert followed == ["", True, True]
