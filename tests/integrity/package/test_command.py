"""`muniment package`: what it takes, what it answers, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archive.cases import UnknownCaseError
from archive.opening import Archive, open_archive
from archive.package.report import fonts
from muniment.answer import Answer, Asked
from muniment.commands.packaging import kinds_of, package
from muniment.errors import WrongUsageError
from muniment.messages import Language
from tests.fakes.witnesses import cosigner, lying
from tests.integrity.package.making import (
    CASE,
    CLIPS,
    POSTER,
    add_poster,
    add_rendition,
    dock_clips,
    new_archive,
    open_case,
)
from tests.integrity.package.unpacking import document, members


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a case, in which nothing is missing."""
    folder = tmp_path_factory.mktemp("command")
    with open_archive(new_archive(folder / "archive", stamps=False), write=True) as archive:
        clips = dock_clips(archive, folder / "recorder", CLIPS)
        add_poster(archive, clips[0])
        open_case(archive, clips)
    return folder / "archive"


@pytest.fixture(autouse=True)
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second each."""
    monkeypatch.setattr(fonts, "find", lambda: None)


def asked(
    root: Path, subject: str, out: Path, kinds: str = "poster,proxy", language: Language = "en"
) -> Answer:
    """Its answer."""
    return package(
        Asked(root=root, json=False, language=language), subject, out=out, renditions=kinds
    )


def clip_of(root: Path) -> str:
    """A clip's id."""
    with open_archive(root, write=False) as archive:
        return next(e.subject for e in archive.reader.entries() if e.type == "clip.ingested")


def test_a_case_by_its_number_and_a_clip_by_its_id(root: Path, tmp_path: Path) -> None:
    case = asked(root, f" {CASE} ", tmp_path / "case.zip")
    clip = asked(root, clip_of(root), tmp_path / "clip.zip")
    assert (case.status, clip.status) == (0, 0)
    assert (case.document["clips"], clip.document["clips"]) == (2, 1)
    assert json.loads(json.dumps(case.document)) == case.document
    files = members(tmp_path / "case.zip")
    assert document(files)["subject"]["number"] == CASE
    assert case.document["entry"] < clip.document["entry"]
    assert case.document["checkpoint"].encode() == files["proofs/checkpoint"]


@pytest.mark.parametrize(("kinds", "count"), [("none", 0), ("poster", 1), ("all", 1), ("proxy", 0)])
def test_renditions_are_chosen_by_kind(root: Path, tmp_path: Path, kinds: str, count: int) -> None:
    asked(root, CASE, tmp_path / "case.zip", kinds)
    found = [path for path in members(tmp_path / "case.zip") if "/renditions/" in path]
    assert len(found) == count


def test_what_a_damaged_clips_poster_was_made_of_is_in_the_package_too(
    archive: Archive, tmp_path: Path
) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.mp4": b"a"})
    repaired = add_rendition(archive, clip, "repair", b"repaired", "video/mp4")
    add_rendition(archive, clip, "poster", POSTER, "image/jpeg", source=repaired)
    add_rendition(archive, clip, "strip", POSTER * 2, "image/jpeg", source=repaired)
    archive.close()
    out = tmp_path / "clip.zip"
    command = [sys.executable, "-m", "muniment", "--root", str(archive.root), "package", clip]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    files = members(out)
    made = {one["kind"]: one for one in document(files)["clips"][0]["renditions"]}
    assert set(made) == {"poster", "repair"}
    assert made["poster"]["parameters"]["source"] == made["repair"]["sha256"]
    assert files[made["repair"]["path"]] == b"repaired"
    checked = [sys.executable, "-m", "muniment", "verify", str(out)]
    assert subprocess.run(checked, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("kinds", ["", "all,poster", "none,none", "../poster", "poster,", "海报"])
def test_kinds_that_are_none_are_wrong_usage(kinds: str) -> None:
    with pytest.raises(WrongUsageError):
        kinds_of(kinds)


def test_an_unknown_number_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownCaseError, match="2026-0118"):
        asked(root, "2026-0118", tmp_path / "case.zip")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_how_to_check_and_what_is_not_in_it(
    archive: Archive, tmp_path: Path, language: Language
) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a", "b.txt": b"b"})
    open_case(archive, clips)
    row = archive.catalogue.clip(clips[0])
    assert row is not None
    digest = row.sha256
    (archive.root / "store" / "sha256" / digest[:2] / digest[2:4] / digest).unlink()
    answer = asked(archive.root, CASE, tmp_path / "case.zip", language=language)
    assert answer.status == 3
    assert answer.document["left_out"] == [{"clip": clips[0], "why": "missing"}]
    assert clips[0] in answer.text
    assert "muniment verify" in answer.text
    assert answer.document["verifiers"]["verify.py"] in answer.text
    assert "fonts-noto-cjk" in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_ledger_that_a_witness_knows_otherwise_is_not_to_be_handed_out(
    archive: Archive, tmp_path: Path, language: Language
) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    archive.close()
    with lying(lambda _: (422, "text/plain", b"another history")) as (url, _):
        watch(archive.root, url)
        answer = asked(archive.root, clip, tmp_path / "clip.zip", language=language)
    assert answer.status == 1
    assert answer.document["alarming"] == ["witness.invalid/0"]
    assert {"zh": "切勿交付", "en": "DO NOT HAND IT OUT"}[language] in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_below_the_quorum_it_says_what_verifiers_will_say(
    archive: Archive, tmp_path: Path, language: Language
) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    archive.close()
    watch(archive.root, "http://127.0.0.1:9")
    answer = asked(archive.root, clip, tmp_path / "clip.zip", language=language)
    assert (answer.status, answer.document["alarming"]) == (3, [])
    assert {"zh": "缺少见证签名", "en": "witnesses are missing"}[language] in answer.text


def watch(root: Path, url: str) -> None:
    """One witness in the settings."""
    settings = root / "muniment.toml"
    witness = f'\n[[witnesses.witness]]\nurl = "{url}"\nvkey = "{cosigner(0).verifier.vkey()}"\n'
    settings.write_text(f"{settings.read_text()}\n[witnesses]\nquorum = 1\n{witness}")
