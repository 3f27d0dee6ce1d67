"""The task `document`: what kind of document a file is, by its bytes, and how many pages it says it has.

Its name says nothing here. What is none of the kinds that a case keeps is refused, and nothing else is looked at.
"""

from collections.abc import Callable
from typing import BinaryIO, Final

from ingest.media.errors import TaskRefusedError
from ingest.media.sniff import HEAD_SIZE, sniff
from ingest.media.stills import ofd, pdf
from ingest.media.stills.errors import StillError
from ingest.media.tasks import Asked

_PICTURES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "heic": "image/heic",
    "heix": "image/heic",
    "mif1": "image/heif",
}
# ECMA-376 (ISO/IEC 29500-2), 9: the folder of the main part says which of the three it is.
_OFFICE: Final = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OFD: Final = "application/ofd"
# [MS-CFB]: Word, Excel and PowerPoint before 2007, WPS; which of them only a parser of each could say.
COMPOUND: Final = "application/x-ole-storage"
PDF: Final = "application/pdf"
_PDF_ROOM: Final = 1024  # bytes before %PDF-, as readers allow (PDF 1.7, implementation note 13)


def run(asked: Asked) -> dict[str, object]:
    """Return `media_type` and `pages` (None where it is not known).

    Raises:
        TaskRefusedError: "no_document".
    """
    head = asked.clip.read(HEAD_SIZE)
    if b"%PDF-" in head[:_PDF_ROOM]:
        return {"media_type": PDF, "pages": _pages(pdf.pages, asked.clip)}
    if head.startswith(b"PK\x03\x04"):
        return _zipped(asked.clip)
    found = sniff(head, "")
    if found.container == "ole":
        return {"media_type": COMPOUND, "pages": None}
    if found.kind == "photo" and found.certain and found.container in _PICTURES:
        return {"media_type": _PICTURES[found.container], "pages": 1}
    raise TaskRefusedError("no_document")


def _zipped(file: BinaryIO) -> dict[str, object]:
    try:
        names = ofd.names(file)
    except StillError as error:
        raise TaskRefusedError("no_document") from error
    if "OFD.xml" in names:
        return {"media_type": OFD, "pages": _pages(ofd.pages, file)}
    if "[Content_Types].xml" in names:
        for folder, media_type in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return {"media_type": media_type, "pages": None}
    raise TaskRefusedError("no_document")


def _pages(count: Callable[[BinaryIO], int], file: BinaryIO) -> int | None:
    try:
        return count(file)
    except StillError:
        return None  # locked or broken: kept as it is, and said
