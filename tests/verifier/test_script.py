"""verify.py and `muniment verify` with a real package: what a stranger sees, what a script gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.package.joining import verifier_script
from archive.package.verifier.checking import check_package
from tests.fakes.witnesses import cosigner
from tests.integrity.package.making import Made
from tests.verifier.altering import PAYLOAD, TAGS, Members, flipped, with_manifests, write

MUNIMENT = str(Path(sys.executable).with_name("muniment"))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command to its end; no traceback, whatever happens."""
    names = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"], **environment}
    done = subprocess.run(command, env=names, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """verify.py, got elsewhere."""
    path = tmp_path_factory.mktemp("elsewhere") / "verify.py"
    path.write_bytes(verifier_script())
    return path


@pytest.fixture(scope="session")
def folder(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked."""
    out = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(made.out) as zipped:
        zipped.extractall(out)
    return next(out.iterdir())


def verify(
    script: Path, *arguments: str | Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """verify.py as the paper says to start it."""
    return run(sys.executable, "-I", "-S", script, *arguments, **environment)


def codes(answer: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Codes and places of what was found."""
    return {(f["code"], f["where"]) for f in answer["findings"]}


def places(answer: Mapping[str, Any]) -> set[str]:
    """Where something is wrong."""
    return {f["where"] for f in answer["findings"]}


def test_a_whole_package_is_whole_zipped_unpacked_and_from_its_own_folder(
    script: Path, made: Made, folder: Path
) -> None:
    own = run(sys.executable, "-I", "-S", folder / "verify.py", "--json")
    for done in (verify(script, made.out, "--json"), verify(script, folder, "--json"), own):
        answer = json.loads(done.stdout)
        assert (done.returncode, answer["ok"], answer["findings"]) == (0, True, [])
        assert answer["says"] == "consistent with itself; signer not pinned"
        assert answer["mode"] == "package"
        assert [(c["ok"], c["authority"], c["own"]) for c in answer["clips"]] == [
            (True, "embedded", True)
        ] * 2
        assert (answer["timestamps_checked"], answer["objects_checked"]) == (2, 3)


def test_muniment_verify_answers_as_verify_py_does(script: Path, made: Made) -> None:
    ours = run(MUNIMENT, "--json", "verify", made.out)
    assert ours.returncode == 0
    assert json.loads(ours.stdout) == json.loads(verify(script, made.out, "--json").stdout)


def test_what_is_pinned_is_said_and_another_key_is_not_the_one_trusted(made: Made) -> None:
    vkey = (made.root / "keys" / "ledger.vkey").read_text().strip()
    ca = (made.root / "authority" / "ca.pem").read_bytes()
    answer = check_package(made.out, vkeys=[vkey], tsa_cas=[ca], witnesses=[made.witness])
    assert answer["ok"]
    assert answer["says"] == "in order, and signed by the key that you trust"
    assert answer["pinned"] == {"signer": True, "authorities": True, "witnesses": True}
    other = check_package(
        made.out, vkeys=[other_vkey(vkey)], witnesses=[cosigner(1).verifier.vkey()]
    )
    assert codes(other) == {
        ("signer_not_pinned_key", "data/keys/ledger.vkeys"),
        ("witness_missing", "proofs/checkpoint"),
    }
    assert other["pinned"] == {"signer": False, "authorities": False, "witnesses": False}


def other_vkey(vkey: str) -> str:
    """A key of the same name that signed nothing."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from archive.ledger.note import Ed25519KeySigner

    name = vkey.split("+", 1)[0]
    return Ed25519KeySigner(name, Ed25519PrivateKey.generate()).verifier.vkey()


def test_it_shows_each_check_in_the_language_asked_for(script: Path, made: Made) -> None:
    english, chinese = verify(script, made.out), verify(script, made.out, "--lang", "zh")
    assert english.returncode == chinese.returncode == 0
    assert english.stdout.count("✓") == chinese.stdout.count("✓") > 10
    assert "issued by this agency itself" in english.stdout
    assert "本机关自签" in chinese.stdout
    assert "前后一致" in chinese.stdout
    assert "\x1b" not in english.stdout
    assert "前后一致" in verify(script, made.out, LANG="zh_CN.UTF-8").stdout


def test_a_terminal_that_knows_no_chinese_is_no_reason_to_fail(script: Path, made: Made) -> None:
    done = verify(
        script, made.out, "--lang", "zh", LANG="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert done.returncode == 0


@pytest.mark.parametrize("content", [None, b"", b"PK", b"PK\3\4" + bytes(100), bytes(1000)])
def test_what_is_no_package_is_said_in_one_sentence(
    script: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "file.zip"
    if content is not None:
        path.write_bytes(content)
    done = verify(script, path)
    assert done.returncode == 1
    assert done.stdout + done.stderr
    ours = run(MUNIMENT, "--json", "verify", path)
    assert ours.returncode == (2 if content is None else 1)


def test_nobody_who_listens_is_no_traceback(script: Path, made: Made) -> None:
    command = f'exec "{sys.executable}" -I -S "{script}" "$@"'
    for arguments in ([made.out], [made.out, "--json"], ["--help"]):
        full = run("sh", "-c", command + " >/dev/full", "sh", *arguments)
        assert full.returncode == 1
        assert "Exception ignored" not in full.stderr
        assert run("sh", "-c", command + " >/dev/full 2>&1", "sh", *arguments).returncode == 1
        closed = run("sh", "-c", command + " >&- 2>&-", "sh", *arguments)
        assert closed.returncode == 0


def test_a_pipe_is_no_package_and_nobody_waits_for_it(script: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert verify(script, tmp_path / "pipe").returncode == 1


def test_folders_in_each_other_have_an_end(script: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("bag", *["d"] * 70).mkdir(parents=True)
    done = verify(script, tmp_path / "bag", "--json")
    assert done.returncode == 1
    wrong = [f["where"] for f in json.loads(done.stdout)["findings"] if f["code"] == "zip_unsafe"]
    assert [where.count("/") for where in wrong] == [64]


def test_wrong_words_end_with_one(script: Path, made: Made, tmp_path: Path) -> None:
    for arguments in (["--nonsense"], [made.out, "--vkey", "x"], [made.out, "--tsa-ca", tmp_path]):
        assert verify(script, *arguments).returncode == 1
    assert run(MUNIMENT, "verify", made.out, "--vkey", "x").returncode == 2
    assert run(MUNIMENT, "verify", made.out, "--tsa-ca", tmp_path / "none").returncode == 2


def test_a_name_in_a_package_does_not_steer_the_terminal(
    script: Path, whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    bad = write(tmp_path / "x.zip", top, {**members, "data/\x1b[31mred": b"x"})
    done = verify(script, bad)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout


def altered(folder: Path, top: str, members: Members) -> dict[str, Any]:
    """What is said of other files under the same names."""
    return check_package(write(folder / "altered.zip", top, members))


def test_one_flipped_byte_in_any_file_is_found_and_named(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    for path, data in members.items():
        if not data:
            continue
        answer = altered(tmp_path, top, {**members, path: flipped(data)})
        assert path in places(answer), (path, answer["findings"])


def test_one_flipped_byte_is_found_by_the_ledger_where_the_manifests_are_made_anew(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    for path, data in members.items():
        if path in {PAYLOAD, TAGS} or not data:
            continue
        answer = altered(tmp_path, top, with_manifests({**members, path: flipped(data)}))
        if path.startswith("data/"):
            assert ("seal_broken", PAYLOAD) in codes(answer), path
        if path.startswith("data/clips/"):
            assert ("original_differs", path) in codes(answer)
        elif path.startswith("proofs/"):
            assert path in places(answer), (path, answer["findings"])
        elif not path.startswith("data/"):
            assert ("verifier_differs", path) in codes(answer)


@pytest.mark.slow
def test_no_byte_beside_the_seal_is_without_a_meaning(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    """What the seal does not hold proves itself: a flip anywhere in it, not only in the middle, is found."""
    top, members = whole
    for path, data in members.items():
        if not path.startswith("proofs/timestamps/"):
            continue
        for at in range(7, len(data), max(1, len(data) // 12)):
            made = with_manifests({**members, path: flipped(data, at)})
            assert path in places(altered(tmp_path, top, made)), (path, at)


def test_missing_extra_renamed_and_swapped_files_are_named(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    clips = sorted(path for path in members if "/original/" in path)
    for path in members:
        left = {p: d for p, d in members.items() if p != path}
        assert path in places(altered(tmp_path, top, left)), path
        if path in {PAYLOAD, TAGS}:
            continue
        answer = altered(tmp_path, top, with_manifests(left))
        if "/revocation-" in path and path.startswith("proofs/"):
            # Nobody can tell a list that was never got from one that was taken out: it is said, not found.
            assert "no list about it here" in " ".join(answer["not_checked"])
        else:
            assert not answer["ok"], path
    for extra in ("data/extra.txt", "extra.txt", "proofs/999.tlog-proof", "manifest-md5.txt"):
        answer = altered(tmp_path, top, {**members, extra: b"x"})
        assert ("file_extra", extra) in codes(answer)
    moved = {p + ".bak" if p == clips[0] else p: d for p, d in members.items()}
    answer = altered(tmp_path, top, moved)
    assert {("file_missing", clips[0]), ("file_extra", clips[0] + ".bak")} <= codes(answer)
    swapped = {**members, clips[0]: members[clips[1]], clips[1]: members[clips[0]]}
    answer = altered(tmp_path, top, with_manifests(swapped))
    assert {("original_differs", clip) for clip in clips} <= codes(answer)
    assert not any(clip["ok"] for clip in answer["clips"])


def test_a_flipped_tag_manifest_does_not_put_the_blame_on_a_sound_file(
    whole: tuple[str, Members], tmp_path: Path
) -> None:
    top, members = whole
    at = members[TAGS].index(b"README.txt") - 10
    answer = altered(tmp_path, top, {**members, TAGS: flipped(members[TAGS], at)})
    assert places(answer) == {TAGS}


def test_links_and_strange_files_in_a_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    for path in folder.rglob("*"):
        there = tmp_path / "bag" / path.relative_to(folder)
        if path.is_dir():
            there.mkdir(parents=True)
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(path.read_bytes())
    readme = tmp_path / "bag" / "README.txt"
    readme.rename(tmp_path / "elsewhere.txt")
    readme.symlink_to(tmp_path / "elsewhere.txt")
    os.mkfifo(tmp_path / "bag" / "data" / "pipe")
    answer = check_package(tmp_path / "bag")
    assert {("zip_unsafe", "README.txt"), ("zip_unsafe", "data/pipe")} <= codes(answer)
    assert ("file_missing", "README.txt") in codes(answer)
