"""Metadata, codes, and what must not be in a transfer: whatever people wrote, and whatever strangers send."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.rows import CaseRow
from archive.tables import Words
from oversight.transfer import harmless, metadata
from oversight.transfer.dossier import Dossier, Happening, Record
from oversight.transfer.errors import CodeRuleError, TransferTextError
from oversight.transfer.numbering import Term, code_of, read_rule, shipped

TERM = Term(code="Y", name=Words(zh="永久", en="permanent"), years=0)


def case(number: str = "2026-1") -> CaseRow:
    return CaseRow(
        id="case-1",
        number=number,
        title=None,
        subject=None,
        place=None,
        unit_id=None,
        officers=(),
        from_=None,
        to=None,
        opened_at="2026-01-01T00:00:00Z",
        opened_index=1,
        closed_at="2026-01-02T00:00:00Z",
        closed_reason=None,
        clips=0,
    )


def dossier() -> Dossier:
    return Dossier(
        case=case(),
        code="J1",
        fonds="J",
        term=TERM,
        secrecy=None,
        unit=None,
        clips=(),
        documents=(),
        happened=(),
    )


@given(title=st.text(min_size=1), id_=st.text())
def test_whatever_people_wrote_the_metadata_are_xml_that_reads_back(title: str, id_: str) -> None:
    event = Happening(index=3, type="clip.ingested", at="2026-01-01T00:00:00Z", agent=id_)
    record = Record(
        kind="clip",
        id=id_,
        code="J1-1",
        title=title,
        creator="局",
        date=None,
        format="mp4",
        size=3,
        sha256="a" * 64,
        location="x",
        events=(event, event),
    )
    (found,) = metadata.read(metadata.write(dossier(), [record]))
    assert (found.kind, found.events, found.values["fixity"]) == ("clip", 2, "a" * 64)
    assert found.values["extent"] == "3"
    plain = title.isprintable()
    assert not plain or found.values["title"] == title


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<transfer/>",
        b'<!DOCTYPE t><transfer xmlns="urn:muniment:transfer:1"/>',
        b'<transfer xmlns="urn:muniment:transfer:1"><record><a/></record></transfer>',
        b'<transfer xmlns="urn:muniment:transfer:1"><record><title>a</title><title>b</title></record>'
        b"</transfer>",
        b'<transfer xmlns="urn:muniment:transfer:1"><record>',
    ],
)
def test_what_is_no_metadata_is_refused(data: bytes) -> None:
    with pytest.raises(metadata.MetadataError):
        metadata.read(data)


def test_a_needed_element_that_is_not_there_is_named() -> None:
    record = Record(
        kind="document", id="d", code="J1-1", title=" ", creator="局", date=None, format="a"
    )
    found = metadata.missing(metadata.read(metadata.write(dossier(), [record])))
    assert found == ["d title", "d extent", "d fixity", "d location"]


def test_a_code_is_made_by_the_rule_and_braces_in_a_number_are_no_rule() -> None:
    rule = shipped()
    assert code_of(case(), rule, fonds="J017", term=TERM, year="2026") == "J017-ZY·2026-Y-2026-1"
    odd = code_of(case("{fonds}"), rule, fonds="J017", term=TERM, year="2026")
    assert odd == "J017-ZY·2026-Y-{fonds}"
    with pytest.raises(TransferTextError):
        code_of(case(), rule, fonds=None, term=TERM, year="2026")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("-{case}", "", 6),
        ("{year}", "{month}", 6),
        ("years = 0", "years = 50", 5),
        ('category = "ZY"', 'category = "ZY"\nfound = 1', 8),
        ("format = 1", "format = 2", 3),
    ],
)
def test_a_rule_with_a_mistake_is_none_and_its_line_is_told(old: str, new: str, line: int) -> None:
    from importlib.resources import files

    text = files("oversight.transfer").joinpath("code.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(CodeRuleError) as caught:
        read_rule(text.replace(old, new).encode(), "transfer.toml")
    assert line in [at for at, _ in caught.value.mistakes] or caught.value.mistakes


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("documents/笔录.pdf", False),
        ("a/../b", True),
        ("/a", True),
        ("a\\b", True),
        ("con.txt", True),
        ("a\u202egpj.exe", True),
        ("a ", True),
        ("a\x00", True),
        ("a\u200fexe", True),
        ("a\u200e", True),
        ("con .txt", True),
        ("COM¹.txt", True),
        ("console.txt", False),
        ("muniment-2026/data/timestamps/12-tsa.example/token.der", False),
    ],
)
def test_a_name_that_leads_out_or_hides_is_bad(name: str, *, bad: bool) -> None:
    assert harmless.is_bad_name(name) is bad


def test_programs_macros_and_encryption_are_seen(tmp_path: Path) -> None:
    assert harmless.is_program(b"MZ\x90\x00")
    assert harmless.is_program(b"#!/bin/sh")
    assert not harmless.is_program(b"\x00\x00\x00\x18ftyp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("word/vbaProject.bin", b"x")
    (tmp_path / "a.docx").write_bytes(packed.getvalue())
    assert harmless.has_macros(tmp_path / "a.docx")
    assert not harmless.is_encrypted(tmp_path / "a.docx", b"PK\x03\x04")
    filler = b" " * ((1 << 20) - 8)
    (tmp_path / "a.pdf").write_bytes(b"%PDF" + filler + b"/Encrypt 5 0 R %%EOF")
    assert harmless.is_encrypted(tmp_path / "a.pdf", b"%PDF")
    (tmp_path / "b.pdf").write_bytes(b"%PDF" + filler + b"plain")
    assert not harmless.is_encrypted(tmp_path / "b.pdf", b"%PDF")
    assert not harmless.opens(tmp_path / "b.pdf", "application/pdf")


OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("application/pdf", b"\n%PDF-1.4\n%%EOF"),
        ("application/ofd", zipped("OFD.xml", "Doc_0/Document.xml")),
        (f"{OFFICE}wordprocessingml.document", zipped("[Content_Types].xml", "word/document.xml")),
        (f"{OFFICE}spreadsheetml.sheet", zipped("[Content_Types].xml", "xl/workbook.xml")),
        (
            f"{OFFICE}presentationml.presentation",
            zipped("[Content_Types].xml", "ppt/presentation.xml"),
        ),
        ("application/msword", OLE),
        ("application/x-ole-storage", OLE),
        ("image/tiff", b"II*\x00"),
        ("image/heic", b"\x00\x00\x00\x18ftypheic"),
        ("image/heif", b"\x00\x00\x00\x18ftypmif1"),
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\x00\x00\x00\x00WEBP"),
        ("image/bmp", b"BM"),
    ],
)
def test_a_document_opens_as_what_it_is_and_as_nothing_else(
    tmp_path: Path, media_type: str, data: bytes
) -> None:
    path = tmp_path / "d"
    path.write_bytes(data)
    assert harmless.opens(path, media_type)
    assert not harmless.opens(path, "application/of-nobody")
    for other in (b"hello", b"", zipped("a"), zipped("word/document.xml"), b"PK\x03\x04"):
        path.write_bytes(other)
        assert not harmless.opens(path, media_type)


@pytest.mark.parametrize(
    ("stream", "encrypted", "macros"),
    [
        ("EncryptedPackage", True, False),
        ("EncryptionInfo", True, False),
        ("_VBA_PROJECT", False, True),
        ("WordDocument", False, False),
    ],
)
def test_a_compound_file_says_by_its_streams_that_it_is_locked_or_has_macros(
    tmp_path: Path, stream: str, *, encrypted: bool, macros: bool
) -> None:
    path = tmp_path / "d"
    path.write_bytes(OLE + b"\0" * ((1 << 20) - 20) + stream.encode("utf-16le"))
    assert harmless.is_encrypted(path, harmless.head_of(path)) is encrypted
    assert harmless.has_macros(path) is macros


@pytest.mark.parametrize("at", [6, 9])  # version that is needed; flags
def test_a_zip_that_nobody_can_read_is_none_and_stops_nothing(tmp_path: Path, at: int) -> None:
    data = bytearray(zipped("OFD.xml"))
    entry = data.find(b"PK\x01\x02")
    data[entry + at] = {6: 99, 9: 8}[at]
    data[entry + 46] = 0xFF
    path = tmp_path / "d"
    path.write_bytes(data)
    assert not harmless.opens(path, "application/ofd")
    assert not harmless.has_macros(path)
    assert not harmless.is_encrypted(path, harmless.head_of(path))
