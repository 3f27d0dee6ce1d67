"""Vectors of others: RFC 6962 roots, C2SP notes, checkpoints and tile paths. `SOURCE.md` says where from."""

from __future__ import annotations

import hashlib

import pytest

from archive.errors import MalformedNoteError, ProofError
from archive.ledger.merkle import Frontier, check_inclusion, leaf_hash, root_of
from archive.ledger.note import Verifier, parse_checkpoint, parse_note
from archive.ledger.tiles import TileName, tiles_of
from archive.package.verifier import merkle as verifier

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_rfc_6962(size: int) -> None:
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(leaf_hash(leaf))
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert tree.root().hex() == root_of(hashes).hex() == ROOTS[size]


VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_a_verifier_key_of_the_specification_is_read() -> None:
    verifier = Verifier.from_vkey(VKEY)
    assert verifier.name == "example.com/foo"
    assert verifier.id.hex() == "530d903a"
    assert verifier.vkey() == VKEY


@pytest.mark.parametrize(
    "bad",
    [
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("foo", "bar"),
        VKEY.replace("+Aek", "+Bek"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY[:-1],
        VKEY + "=",
        "+".join(VKEY.split("+")[:2]),
        "",
    ],
)
def test_a_verifier_key_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(MalformedNoteError):
        Verifier.from_vkey(bad)


POEM = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
CHECKPOINT = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def test_the_last_empty_line_of_a_note_ends_its_text() -> None:
    note = parse_note(POEM.encode())
    assert note.text.endswith("ed è subito sera.\n")
    assert note.text.startswith("Ognuno")
    (signature,) = note.signatures
    assert (signature.name, len(signature.key_id), len(signature.value)) == (
        "quasimodo.example/salvatore",
        4,
        64,
    )


def test_the_checkpoint_of_the_specification_is_read() -> None:
    note = parse_note(CHECKPOINT.encode())
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text
    assert note.signatures[0].key_id.hex() == "033de0ae"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (CHECKPOINT.replace("20852163", "020852163"), "size"),
        (CHECKPOINT.replace("20852163", "-1"), "size"),
        (CHECKPOINT.replace("q2I=", "q2J="), "base64"),
        (CHECKPOINT.replace("CsUY", ""), "root|base64"),
        (CHECKPOINT.replace("example.com/behind-the-sofa\n2", "\n2"), "origin|no text"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(bad: str, why: str) -> None:
    with pytest.raises(MalformedNoteError, match=why):
        parse_checkpoint(parse_note(bad.encode()).text)


@pytest.mark.parametrize(
    "bad",
    [
        CHECKPOINT[:-1],
        CHECKPOINT.replace("—", "-"),
        CHECKPOINT.replace("\n\n", "\n"),
        CHECKPOINT.replace("\n", "\r\n"),
        CHECKPOINT + "\n",
        CHECKPOINT.replace("— ", "—  "),
        CHECKPOINT.partition("— ")[0],
    ],
)
def test_a_note_of_another_form_is_refused(bad: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_note(bad.encode())


def test_sixteen_signatures_are_taken() -> None:
    text, _, line = CHECKPOINT.rpartition("\n\n")
    assert len(parse_note(f"{text}\n\n{line * 16}".encode()).signatures) == 16
    with pytest.raises(MalformedNoteError):
        parse_note(f"{text}\n\n{line * 101}".encode())


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(level=0, index=0, width=256), "tile/0/000"),
        (TileName(level=0, index=1_234_067, width=256), "tile/0/x001/x234/067"),
        (TileName(level=None, index=1_234_067, width=8), "tile/entries/x001/x234/067.p/8"),
        (TileName(level=2, index=1000, width=1), "tile/2/x001/000.p/1"),
        (TileName(level=63, index=999, width=255), "tile/63/999.p/255"),
    ],
)
def test_tile_paths_are_those_of_the_specification(name: TileName, path: str) -> None:
    assert name.path() == path
    assert TileName.parse(path) == name


def test_the_tiles_of_a_log_of_70_000_entries() -> None:
    """The example of tlog-tiles: 256 × 273 + 112 leaves."""
    names = [name.path() for name in tiles_of(70_000)]
    assert len(names) == len(set(names)) == 2 * (273 + 1) + 2 + 1
    assert {
        "tile/0/272",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/272",
        "tile/entries/273.p/112",
    } <= set(names)


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == hashlib.sha256(b"").digest()


def test_a_leaf_and_a_root_of_no_bytes_prove_nothing() -> None:
    with pytest.raises(ProofError):
        check_inclusion(leaf=b"", index=0, size=1, path=[], root=b"")
    with pytest.raises(verifier.ProofError):
        verifier.check_inclusion(b"", 0, 1, [], b"")
