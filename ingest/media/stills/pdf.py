"""PDF by pdfium: how many pages, and a picture of one. No forms, no scripts, nothing that the document asks for.

Any bytes give an answer or `StillError`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw
from pypdfium2.version import (  # type: ignore[import-untyped]
    PDFIUM_INFO,
    PYPDFIUM_INFO,
)

from ingest.media.stills.errors import StillError
from ingest.media.stills.photo import to_jpeg

WIDTH: Final = 1000  # pixels
HEIGHT: Final = 1415  # pixels; A4 upright fills them
QUANTIZER: Final = 4
VERSION: Final = f"{PYPDFIUM_INFO.version} (pdfium {PDFIUM_INFO.version})"
_LARGEST_SCALE: Final = 4.0  # pixels a point, 1/72 inch
_LARGEST_SIDE: Final = 1_000_000.0  # points; PDF's own bound is 14,400 of its units
_ENCRYPTED: Final = frozenset({raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY})


@contextmanager
def opened(file: BinaryIO) -> Iterator[pdfium.PdfDocument]:
    """Open a document that has pages.

    Raises:
        StillError: it is broken, needs a password, or has no page.
    """
    file.seek(0)
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        encrypted = error.err_code in _ENCRYPTED
        raise StillError("encrypted" if encrypted else "broken") from error
    try:
        if len(document) < 1:
            raise StillError("no_pages")
        yield document
    finally:
        document.close()


def pages(file: BinaryIO) -> int:
    """Return how many pages a document says it has. Raises StillError."""
    with opened(file) as document:
        return len(document)


def picture(file: BinaryIO, number: int = 1) -> tuple[bytes, int, int, int]:
    """Return a JPEG of a page (from 1), its width and height, and how many pages there are.

    Raises:
        StillError: as `opened`; "no_page": it has fewer; or the page has no size or cannot be drawn.
    """
    with opened(file) as document:
        if not 1 <= number <= len(document):
            raise StillError("no_page")
        try:
            page = document[number - 1]
            width, height = page.get_size()
            # "not" for numbers that are none as well
            if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
                raise StillError("page_too_large")
            scale = min(WIDTH / width, HEIGHT / height, _LARGEST_SCALE)
            bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
            jpeg, wide, high = to_jpeg(
                bitmap.to_pil(), width=WIDTH, height=HEIGHT, quantizer=QUANTIZER
            )
        except (pdfium.PdfiumError, ValueError) as error:
            raise StillError("broken") from error
        return jpeg, wide, high, len(document)
