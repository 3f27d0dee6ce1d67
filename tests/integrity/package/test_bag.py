"""A package is one BagIt bag in one plain zip, and says what is in it."""

from __future__ import annotations

import base64
import json
import unicodedata
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.cases import link_event
from archive.opening import Archive
from archive.package.naming import file_name, rendition_name
from archive.package.report import fonts
from tests.integrity.package.making import (
    ACTOR,
    CASE,
    CLIPS,
    POSTER,
    Made,
    dock_clips,
    open_case,
    pack,
)
from tests.integrity.package.outsiders import Bag
from tests.integrity.package.unpacking import document, entries, listed, members, sha256

HOSTILE = {
    "DCIM/CON.mp4": b"console",
    "DCIM/-rf *;$(x).mp4": b"shell",
    "DCIM/a\nb\\c.mp4": b"newline",
    "DCIM/\u202egpj.exe": b"turned around",
    "DCIM/.hidden": b"hidden",
    "DCIM/" + "长" * 80 + ".mp4": b"long",
    "DCIM/<script>alert(1)</script>.mp4": b"script",
    "DCIM/%2e%2e%2f.mp4": b"percent",
    "DCIM/" + "x" * 250 + ".mp4": b"longer",
}


def test_the_bagit_library_reads_it_as_valid(made: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.out) as file:
        file.extractall(tmp_path)
    bag = Bag(str(tmp_path / made.built.name))
    bag.validate(processes=1)
    assert bag.version_info == (1, 0)
    assert bag.info["Payload-Oxum"] == f"{made.built.size}.{made.built.files}"


def test_members_are_stored_dated_and_in_one_folder(made: Made) -> None:
    with zipfile.ZipFile(made.out) as file:
        infos = file.infolist()
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert len({info.date_time for info in infos}) == 1
    assert all(info.filename.startswith(f"{made.built.name}/") for info in infos)
    assert not any(info.extra for info in infos)  # small enough: no zip64
    order = [info.filename.removeprefix(f"{made.built.name}/") for info in infos]
    assert order[-1] == "tagmanifest-sha256.txt"
    sealed_at = order.index("manifest-sha256.txt")
    assert all(path.startswith("data/") == (at < sealed_at) for at, path in enumerate(order))


def test_every_file_is_in_the_manifest_that_it_belongs_to(made: Made) -> None:
    files = members(made.out)
    tags = {path for path in files if not path.startswith("data/")} - {"tagmanifest-sha256.txt"}
    for manifest, paths in (
        ("manifest-sha256.txt", files.keys() - tags - {"tagmanifest-sha256.txt"}),
        ("tagmanifest-sha256.txt", tags),
    ):
        assert listed(files[manifest]) == {path: sha256(files[path]) for path in paths}


def test_originals_and_the_chosen_rendition_are_in_it_byte_for_byte(made: Made) -> None:
    files = members(made.out)
    described = document(files)
    assert [clip["clip"] for clip in described["clips"]] == list(made.clips)
    assert {clip["path"]: files[clip["original"]] for clip in described["clips"]} == CLIPS
    (poster,) = described["clips"][0]["renditions"]
    assert files[poster["path"]] == POSTER + made.clips[0].encode()
    assert poster["path"].endswith("/renditions/poster.jpg")
    assert described["clips"][1]["renditions"] == []


def test_the_document_says_what_the_entries_say(made: Made) -> None:
    files = members(made.out)
    found = {index: json.loads(raw) for index, raw in entries(files).items()}
    for clip in document(files)["clips"]:
        about = [entry for entry in found.values() if entry["subject"] == clip["clip"]]
        assert [entry["chain"]["count"] for entry in about] == list(range(1, clip["events"] + 1))
        first = found[clip["ingested"]]
        assert first["type"] == "clip.ingested"
        assert first["data"]["original"]["object"] == clip["sha256"]
        assert [first["data"][name] for name in ("recorder", "officer", "start")] == [
            clip[name] for name in ("recorder", "officer", "start")
        ]
    named = {json.dumps(entry) for entry in found.values()}
    for kind in ("station.opened", "key.introduced", "recorder.noticed", "officer.noticed"):
        assert any(f'"type": "{kind}"' in entry for entry in named)
    for kind in ("docking.started", "docking.ended", "case.opened", "checkpoint.timestamped"):
        assert any(f'"type": "{kind}"' in entry for entry in named)


def test_every_row_of_words_is_named_by_an_entry_and_every_name_has_its_row(made: Made) -> None:
    files = members(made.out)
    rows = {sha256(line) for line in files["data/ledger/text.jsonl"].splitlines()}
    data = [json.loads(raw)["data"] for raw in entries(files).values()]
    assert rows == {item["text"]["row"] for item in data if "text" in item}


class Words(HTMLParser):
    """What a reader of a page sees, and what it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", set[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "srcset"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_says_what_since_when_and_who_in_both_languages(made: Made) -> None:
    files = members(made.out)
    page = Words(files["data/report/report.html"].decode())
    for words in ("这是什么", "What is this", "是否完整", "Is it whole", "Who had it", "2026-0117"):
        assert words in page.text
    for path, data in CLIPS.items():
        assert path in page.text
        assert sha256(data) in page.text
    assert "本机关自签" in page.text
    assert "issued by this agency itself" in page.text
    root = base64.b64encode(bytes.fromhex(document(files)["cites"]["root"])).decode()
    assert root in page.text
    assert "script" not in page.tags
    assert page.links == []
    assert "svg" in page.tags


def test_the_report_says_who_docked_it_after_whose_it_is_and_times_with_their_zone(
    made: Made,
) -> None:
    page = Words(members(made.out)["data/report/report.html"].decode()).text
    first, second = CLIPS
    who = page[page.index("Who had it") :]
    who = who[who.index(second) :]
    places = [who.index(w) for w in ("012345", "DSJ4A00042", "由本机用户 0 接入", "Timeline")]
    assert places == sorted(places)
    assert page.index(first) < page.index(second), "in the order of recording"
    assert "2026-01-17 08:00:00 +08:00" in page
    assert "已按偏差修正" not in page, "no clock was compared"


def test_a_link_of_a_docking_is_told_without_the_option(archive: Archive, tmp_path: Path) -> None:
    clip = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})[0]
    open_case(archive, [])
    row = archive.catalogue.case_by_number(CASE)
    assert row is not None
    said = link_event(clip=clip, case_id=row.id, actor=ACTOR, by="docking", reason=f"--case {CASE}")
    archive.record([said])
    archive.catalogue.catch_up()
    page = members(pack(archive, row.id, tmp_path / "case.zip").out)["data/report/report.html"]
    assert b"--case" not in page
    assert f"docking, {CASE}".encode() in page


def test_the_readme_tells_a_stranger_what_to_do_in_both_languages(made: Made) -> None:
    text = members(made.out)["README.txt"].decode()
    for words in ("verify.html", "verify.py", "怎样核验", "How to check it", "2026-0117"):
        assert words in text
    assert "@" not in text
    assert all(len(line) <= 125 for line in text.splitlines())


def test_without_a_font_there_is_no_pdf_and_the_readme_says_so(
    made: Made, archive: Archive, tmp_path: Path
) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    built = pack(archive, clips[0], tmp_path / "clip.zip")
    files = members(built.out)
    assert not built.pdf
    assert "data/report/report.pdf" not in files
    assert "没有 report.pdf" in files["README.txt"].decode()
    assert "There is no report.pdf" in files["README.txt"].decode()
    assert "report.pdf:" not in members(made.out)["README.txt"].decode()


@pytest.mark.skipif(fonts.find() is None, reason="needs a font with Chinese: fonts-noto-cjk")
def test_the_pdf_has_its_font_inside(made: Made) -> None:
    data = members(made.out)["data/report/report.pdf"]
    assert data.startswith(b"%PDF-")
    assert b"/FontFile" in data


def test_hostile_names_stay_inside_and_are_shown(archive: Archive, tmp_path: Path) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", HOSTILE)
    case = open_case(archive, clips, "../../二〇二六\\第<1>号")
    built = pack(archive, case, tmp_path / "case.zip")
    files = members(built.out)
    originals = {path: data for path, data in files.items() if "/original/" in path}
    assert sorted(originals.values()) == sorted(HOSTILE.values())
    for path in originals:
        parts = path.split("/")
        assert len(parts) == 5
        assert all(part == file_name(part) for part in parts)
    page = Words(files["data/report/report.html"].decode())
    assert "script" not in page.tags
    assert "\u202e" not in page.text
    assert "\\u202egpj.exe" in page.text
    assert built.name.startswith("muniment-二〇二六-第-1-号-")


@given(st.text(max_size=400))
def test_a_name_is_one_safe_segment_whatever_the_path(path: str) -> None:
    for name in (file_name(path), rendition_name(path, None)):
        assert 0 < len(name.encode()) <= 125
        assert not name.startswith(".")
        assert not set(name) & set('/\\:*?"<>|\0\r\n%')
        assert all(c in "._-" or unicodedata.category(c)[0] in "LMN" for c in name)
        stem = name.split(".")[0].upper()
        assert stem not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}


def test_a_name_keeps_its_extension_and_its_letters() -> None:
    assert file_name("DCIM/现场 笔录.txt") == "现场_笔录.txt"
    assert file_name("a/" + "长" * 80 + ".mp4").endswith(".mp4")
    assert len(file_name("a/" + "长" * 80 + ".mp4").encode()) <= 120
    assert file_name("aux.mp4") == "_aux.mp4"
    assert file_name("..") == "_"
