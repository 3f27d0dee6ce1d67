"""The task `page`: a picture of a page of a PDF, the first unless another is asked for."""

import base64
from typing import Final

from ingest.media.errors import TaskRefusedError
from ingest.media.stills.errors import StillError
from ingest.media.stills.pdf import HEIGHT, QUANTIZER, VERSION, WIDTH, picture
from ingest.media.tasks import Asked

TOOL: Final = "pdfium"


def run(asked: Asked) -> dict[str, object]:
    """Make a picture of the page `page` (from 1).

    Raises:
        TaskRefusedError: "encrypted", "broken", "no_pages", "no_page" or "page_too_large".
    """
    number = asked.arguments.get("page", 1)
    if type(number) is not int:
        raise TaskRefusedError("no_page")
    try:
        jpeg, width, height, pages = picture(asked.clip, number)
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
                "page": number,
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
