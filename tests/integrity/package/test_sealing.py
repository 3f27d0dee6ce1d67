"""The seal: what is in a package is named by a ledger entry, and outsiders' tools lead from it to signatures."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from archive.audit import Full, audit
from archive.ledger.merkle import check_consistency, check_inclusion, leaf_hash
from archive.ledger.note import Checkpoint, Verifier, parse_checkpoint, parse_note
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.opening import open_archive
from archive.package.verifiers import verifiers
from tests.integrity.package.making import Made
from tests.integrity.package.unpacking import document, entries, members, sha256


def checked(proof: bytes, index: int, entry: bytes, note: bytes) -> None:
    """A tlog-proof of an entry that ends with this note, byte for byte."""
    head, _, rest = proof.partition(b"\n\n")
    assert rest == note
    lines = head.decode().splitlines()
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"]
    found = checkpoint(note)
    check_inclusion(
        leaf=leaf_hash(entry),
        index=index,
        size=found.size,
        path=[base64.b64decode(line) for line in lines[2:]],
        root=found.root,
    )


def checkpoint(note: bytes) -> Checkpoint:
    """What a note says."""
    return parse_checkpoint(parse_note(note).text)


def test_the_seal_names_payload_manifest_and_tag_files(made: Made) -> None:
    files = members(made.out)
    sealed = json.loads(files["proofs/package.entry"])
    data = sealed["data"]
    assert sealed["type"] == "package.made"
    assert sealed["subject"] == made.case
    assert data["manifest"] == sha256(files["manifest-sha256.txt"])
    assert data["tags"] == {
        path: sha256(files[path])
        for path in ("bagit.txt", "bag-info.txt", "README.txt", "verify.py", "verify.html")
    }
    assert data["files"] == sum(path.startswith("data/") for path in files)
    assert data["bytes"] == sum(
        len(content) for path, content in files.items() if path.startswith("data/")
    )
    assert data["clips"] == 2
    assert {path: files[path] for path in ("verify.py", "verify.html")} == verifiers()


def test_the_report_cites_the_last_checkpoint_before_the_seal(made: Made) -> None:
    files = members(made.out)
    cited = checkpoint(files["data/ledger/checkpoint"])
    assert document(files)["cites"] == {"size": cited.size, "root": cited.root.hex()}
    assert json.loads(files["proofs/package.entry"])["data"]["cites"]["size"] == cited.size
    assert cited.size == made.built.entry  # nothing came between
    assert checkpoint(files["proofs/checkpoint"]).size == made.built.entry + 1


def test_every_entry_is_proven_against_the_signed_and_cosigned_checkpoint(made: Made) -> None:
    files = members(made.out)
    note = files["proofs/checkpoint"]
    vkeys = files["data/keys/ledger.vkeys"].decode().splitlines()
    Verifier.from_vkey(vkeys[-1]).check(parse_note(note))
    for index, raw in entries(files).items():
        checked(files[f"proofs/{index}.tlog-proof"], index, raw, note)
    checked(
        files["proofs/package.tlog-proof"], made.built.entry, files["proofs/package.entry"], note
    )
    witness = CosignatureVerifier.from_vkey(files["data/keys/witnesses.vkeys"].decode().strip())
    parsed = parse_note(note)
    lines = [line for line in parsed.signatures if witness.owns(line)]
    assert len(lines) == 1
    assert witness.check_line(parsed, lines[0]) > 0


def test_an_earlier_token_dates_each_clip_against_the_checkpoint_that_was_stamped(
    made: Made,
) -> None:
    files = members(made.out)
    (token,) = document(files)["timestamps"]
    assert token["dates"] == list(made.clips)
    assert token["own"] is True
    note = files[f"{token['folder']}/checkpoint"]
    for clip in document(files)["clips"]:
        index = clip["ingested"]
        proof = files[f"{token['folder']}/{index}.tlog-proof"]
        checked(proof, index, entries(files)[index], note)


def test_the_last_checkpoint_is_shown_to_have_grown_out_of_every_earlier_one(made: Made) -> None:
    files = members(made.out)
    last = checkpoint(files["proofs/checkpoint"])
    notes = ["data/ledger/checkpoint"]
    notes += [f"{token['folder']}/checkpoint" for token in document(files)["timestamps"]]
    earlier = {found.size: found for found in (checkpoint(files[note]) for note in notes)}
    assert len(earlier) == 2
    assert {path for path in files if path.endswith(".consistency")} == {
        f"proofs/{size}.consistency" for size in earlier
    }
    for size, old in earlier.items():
        head, *hashes = files[f"proofs/{size}.consistency"].decode().split("\n")
        assert head == f"old {size}"
        assert hashes.pop() == ""
        check_consistency(
            old=size,
            old_root=old.root,
            size=last.size,
            root=last.root,
            path=[base64.b64decode(line, validate=True) for line in hashes],
        )


def test_the_seal_names_who_was_asked_for_the_time(made: Made) -> None:
    files = members(made.out)
    assert json.loads(files["proofs/package.entry"])["data"]["asked"] == ["embedded"]
    assert "proofs/timestamps/embedded/token.der" in files


@pytest.mark.parametrize("folder", ["data/timestamps/12-embedded", "proofs/timestamps/embedded"])
def test_openssl_accepts_every_token(made: Made, tmp_path: Path, folder: str) -> None:
    files = members(made.out)
    stamped = "proofs/checkpoint" if folder.startswith("proofs/") else f"{folder}/checkpoint"
    (tmp_path / "text").write_bytes(parse_note(files[stamped]).text.encode())
    for name in ("token.der", "chain.pem"):
        (tmp_path / name).write_bytes(files[f"{folder}/{name}"])
    (tmp_path / "ca.pem").write_bytes(files["data/keys/embedded.pem"])
    command = ["openssl", "ts", "-verify", "-token_in", "-in", "token.der", "-data", "text"]
    command += ["-CAfile", "ca.pem", "-untrusted", "chain.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (tmp_path / "text").write_text("another text\n")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_the_archive_is_still_whole_and_knows_of_its_package(made: Made) -> None:
    with open_archive(made.root, write=False) as archive:
        assert archive.reader.entry(made.built.entry).type == "package.made"
    assert list(audit(made.root, mode=Full()).findings) == []
