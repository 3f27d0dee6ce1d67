"""Documents: the first page of a PDF, the number of pages of PDF and OFD, and none of either's tricks."""

import base64
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from ingest.media.stills import ofd, pdf
from ingest.media.stills.errors import StillError

T = TypeVar("T")


def _pdf(
    count: int = 2, *, size: tuple[float, float] = (210, 297), password: str | None = None
) -> bytes:
    document = FPDF(format=size)
    for _ in range(count):
        document.add_page()
        document.set_fill_color(200, 0, 0)
        document.rect(0, 0, size[0] / 2, size[1] / 2, style="F")
    if password is not None:
        document.set_encryption(owner_password="owner", user_password=password)
    return bytes(document.output())


def _refused(read: Callable[[BinaryIO], T], data: bytes) -> tuple[str | None, T | None]:
    """Why it cannot be read, or what was read."""
    try:
        return None, read(io.BytesIO(data))
    except StillError as error:
        return error.why, None


@pytest.fixture(scope="module")
def child() -> Iterator[MediaChild]:
    with MediaChild() as started:
        yield started


def _ask(child: MediaChild, data: bytes, tmp_path: Path) -> dict[str, object]:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    with path.open("rb") as file:
        return child.ask("page", file, name="a.pdf")


def test_the_first_page_is_a_picture_and_the_pages_are_counted(
    child: MediaChild, tmp_path: Path
) -> None:
    said = _ask(child, _pdf(3), tmp_path)
    page = said["page"]
    assert isinstance(page, dict)
    jpeg = base64.b64decode(page["jpeg"])
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert (page["width"], page["height"]) == (1000, 1414)
    assert (page["tool"], page["parameters"]["reproducible"]) == ("pdfium", 0)
    assert said["pages"] == 3


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_pdf(password="secret"), "encrypted"),
        (_pdf()[:200], "broken"),
        (b"%PDF-1.7\n" + bytes(2000), "broken"),
        (b"", "broken"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(
    child: MediaChild, tmp_path: Path, data: bytes, why: str
) -> None:
    with pytest.raises(MediaTaskError) as error:
        _ask(child, data, tmp_path)
    assert error.value.why == why


@pytest.mark.parametrize("box", [b"[0 0 2000000000 2000000000]", b"[0 0 0 0]", b"[0 0 1e38 1e38]"])
def test_a_page_of_any_size_takes_no_more_memory_than_its_bounds(box: bytes) -> None:
    data = _pdf(1).replace(b"[0 0 595.28 841.89]", box)
    assert box in data
    why, drawn = _refused(pdf.picture, data)
    assert why in {None, "page_too_large"}
    if drawn is not None:
        assert (drawn[1] <= pdf.WIDTH, drawn[2] <= pdf.HEIGHT) == (True, True)


def test_a_long_thin_page_is_drawn_small() -> None:
    _, width, height, _ = pdf.picture(io.BytesIO(_pdf(1, size=(10, 5000))))
    assert (2 <= width < 10, height <= pdf.HEIGHT) == (True, True)


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=300), st.integers(0, 900))
def test_any_bytes_are_a_pdf_or_the_one_error(noise: bytes, at: int) -> None:
    whole = _WHOLE
    for data in (noise, b"%PDF-1.4\n" + noise, whole[:at] + noise + whole[at + len(noise) :]):
        why, _ = _refused(pdf.picture, data)
        assert why in {None, "broken", "encrypted", "no_pages", "page_too_large"}


_WHOLE = _pdf(1)

# GB/T 33190-2016, 7.4 and 7.5
OFD_XML = """<?xml version="1.0" encoding="UTF-8"?>
<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.1" DocType="OFD">
<ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo><ofd:DocRoot>{}</ofd:DocRoot></ofd:DocBody>
<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"""
DOCUMENT_XML = """<?xml version="1.0" encoding="UTF-8"?>
<ofd:Document xmlns:ofd="http://www.ofdspec.org/2016"><ofd:CommonData>
<ofd:TemplatePage ID="9" BaseLoc="T.xml"/></ofd:CommonData>
<ofd:Pages><ofd:Page ID="1" BaseLoc="1.xml"/><ofd:Page ID="2" BaseLoc="2.xml"/></ofd:Pages></ofd:Document>"""


def _ofd(
    root: str = "Doc_0/Document.xml",
    document: str = DOCUMENT_XML,
    *,
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("OFD.xml", OFD_XML.format(root))
        archive.writestr("Doc_0/Document.xml", document)
    return file.getvalue()


@pytest.mark.parametrize(
    "root", ["Doc_0/Document.xml", "/Doc_0/Document.xml", "./Doc_0/Document.xml\n"]
)
def test_the_pages_of_an_ofd_are_those_of_its_first_document(root: str) -> None:
    assert ofd.pages(io.BytesIO(_ofd(root))) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "broken"),
        (_ofd()[:-30], "broken"),
        (_ofd("../../etc/passwd"), "broken"),
        (_ofd(document="<Document><Pages/></Document>"), "no_pages"),
        (_ofd(document='<!DOCTYPE d [<!ENTITY e "x">]><Document/>'), "broken"),
        (_ofd(document=DOCUMENT_XML + " " * ofd.LARGEST_FILE), "broken"),
        (_ofd(method=zipfile.ZIP_BZIP2), "broken"),
    ],
)
def test_an_ofd_that_is_none_is_said_to_be_broken(data: bytes, why: str) -> None:
    with pytest.raises(StillError) as error:
        ofd.pages(io.BytesIO(data))
    assert error.value.why == why


class _Noting(io.BytesIO):
    """Remembers the largest piece that was asked of it."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, size or 0)
        return super().read(size)


def test_a_directory_larger_than_any_document_s_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ofd, "LARGEST_DIRECTORY", 70_000)  # the search for its end reads 64 KiB
    data = bytes(200_000) + _ofd()
    at = data.rindex(b"PK\x05\x06")
    huge = data[: at + 12] + struct.pack("<II", 100_000, at - 100_000) + data[at + 20 :]
    many = data[: at + 10] + b"\xff\xff" + data[at + 12 :]
    # APPNOTE 4.3.14 and 4.3.15
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, 100_000, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    zip64 = data[:at] + record + locator + data[at:]
    for one in (huge, many, zip64):
        file = _Noting(one)
        with pytest.raises(StillError):
            ofd.pages(file)
        assert file.largest < 70_000


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(_ofd())))
def test_any_bytes_are_an_ofd_or_the_one_error(noise: bytes, at: int) -> None:
    whole = _ofd()
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        why, _ = _refused(ofd.pages, data)
        assert why in {None, "broken", "encrypted", "no_pages"}
