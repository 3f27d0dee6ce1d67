"""Makes inclusion and consistency vectors in the form of transparency-dev/merkle's `testdata`.

The tree is that of the eight leaves which RFC 6962 implementations share. Every good proof comes with ways to be
wrong; `wantErr` says what a verifier has to find. Run as a program it writes one file for each vector:

    python -m tests.interop.vectors FOLDER
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from archive.ledger.merkle import consistency_path, inclusion_path, leaf_hash, root_of

LEAVES: Final = tuple(
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
)
# Of the first n of them; published with Certificate Transparency's reference implementation.
ROOTS: Final = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
Vector = dict[str, Any]
_HASHES: Final = [leaf_hash(leaf) for leaf in LEAVES]
_GARBAGE: Final = bytes(range(32))


def _subtree(start: int, end: int) -> bytes:
    return root_of(_HASHES[start:end])


def inclusion_vectors() -> Iterator[Vector]:
    """Of every leaf in every size."""
    for size in range(1, len(LEAVES) + 1):
        for index in range(size):
            yield from _around_inclusion(index, size)


def consistency_vectors() -> Iterator[Vector]:
    """Between all two sizes; from the empty tree there is no proof, and the form says that it is an error."""
    for size2 in range(1, len(LEAVES) + 1):
        for size1 in range(size2 + 1):
            yield from _around_consistency(size1, size2)


def _around_inclusion(index: int, size: int) -> Iterator[Vector]:
    path = inclusion_path(index, size, _subtree)
    root, leaf = _subtree(0, size), _HASHES[index]

    def vector(desc: str, **changed: Any) -> Vector:
        values = {"leafIdx": index, "treeSize": size, "root": root, "leafHash": leaf, "proof": path}
        return _written(values | changed, desc)

    yield vector("happy path")
    for desc, other in (("leaf + 1", index + 1), ("leaf ^ 2", index ^ 2), ("leaf = size", size)):
        if other >= size or inclusion_path(other, size, _subtree) != path:
            yield vector(desc, leafIdx=other)
    # The same path fits some larger trees (it says nothing of what is right of it); these it never fits.
    yield vector("size / 2", treeSize=index // 2)
    yield vector("size = 0", treeSize=0)
    yield vector("wrong root", root=_GARBAGE)
    yield vector("wrong leaf", leafHash=_GARBAGE)
    yield from _wrong_paths(vector, path, root, leaf)


def _around_consistency(size1: int, size2: int) -> Iterator[Vector]:
    path = consistency_path(size1, size2, _subtree)
    root1, root2 = _subtree(0, size1), _subtree(0, size2)

    def vector(desc: str, **changed: Any) -> Vector:
        values = {"size1": size1, "size2": size2, "root1": root1, "root2": root2, "proof": path}
        return _written(values | changed, desc)

    if not size1:
        yield vector("from the empty tree")
        return
    yield vector("happy path")
    yield vector("size1 = 0", size1=0)
    yield vector("size1 > size2", size1=size2 + 1)
    yield vector("size2 / 2", size2=(size1 - 1) // 2)
    yield vector("wrong root1", root1=_GARBAGE)
    yield vector("wrong root2", root2=_GARBAGE)
    if root1 != root2:
        yield vector("swapped roots", root1=root2, root2=root1)
        yield vector("same size, other root", size2=size1, proof=[])
    yield from _wrong_paths(vector, path, root1, root2)


def _wrong_paths(vector: Any, path: list[bytes], *roots: bytes) -> Iterator[Vector]:
    yield vector("trailing garbage", proof=[*path, _GARBAGE])
    yield vector("preceding garbage", proof=[_GARBAGE, *path])
    for number, root in enumerate(roots, 1):
        yield vector(f"trailing root{number}", proof=[*path, root])
        yield vector(f"preceding root{number}", proof=[root, *path])
    if path:
        yield vector("empty proof", proof=[])
        yield vector("truncated proof", proof=path[:-1])
        yield vector("preceding proof[0]", proof=[path[0], *path])
    for at, value in enumerate(path):
        flipped = bytes([value[0] ^ 0x10]) + value[1:]
        yield vector(f"modified proof[{at}] bit 4", proof=[*path[:at], flipped, *path[at + 1 :]])


def _written(values: dict[str, Any], desc: str) -> Vector:
    """As JSON has it. What a broken one is like it says itself: only the happy path is none."""
    text = {
        name: [base64.b64encode(h).decode() for h in value] or None
        if type(value) is list
        else base64.b64encode(value).decode()
        if type(value) is bytes
        else value
        for name, value in values.items()
    }
    return text | {"desc": desc, "wantErr": desc != "happy path"}


def write(folder: Path) -> int:
    """One file for each vector; how many."""
    count = 0
    for kind, vectors in (
        ("inclusion", inclusion_vectors()),
        ("consistency", consistency_vectors()),
    ):
        (folder / kind).mkdir(parents=True)
        for number, vector in enumerate(vectors):
            (folder / kind / f"{number:04}.json").write_text(json.dumps(vector, indent=2) + "\n")
            count += 1
    return count


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
