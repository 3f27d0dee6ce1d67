"""The task `page`: a picture of a PDF's first page."""

import base64
from typing import Final

from ingest.media.errors import TaskRefusedError
from ingest.media.stills.errors import StillError
from ingest.media.stills.pdf import HEIGHT, QUANTIZER, VERSION, WIDTH, first_page
from ingest.media.tasks import Asked

TOOL: Final = "pdfium"


def run(asked: Asked) -> dict[str, object]:
    """Make a picture of the first page.

    Raises:
        TaskRefusedError: "encrypted", "broken", "no_pages" or "page_too_large".
    """
    try:
        jpeg, width, height, pages = first_page(asked.clip)
    except StillError as error:
        raise TaskRefusedError(error.why) from error
    return {
        "page": {
            "jpeg": base64.b64encode(jpeg).decode("ascii"),
            "width": width,
            "height": height,
            "tool": TOOL,
            "version": VERSION,
            "parameters": {
                "page": 1,
                "max_width": WIDTH,
                "max_height": HEIGHT,
                "quantizer": QUANTIZER,
                "format": "image/jpeg",
                # letters that a document does not bring along are drawn with what this machine has
                "reproducible": 0,
                "why": "system_fonts",
            },
        },
        "pages": pages,
        "version": VERSION,
    }
