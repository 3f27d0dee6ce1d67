"""What photos and documents say beyond what libavformat reads: EXIF, HEIF pictures, numbers of pages.

Their libraries are imported when the first such clip comes: most clips are none.
"""

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from ingest.media import poster
from ingest.media.facts import Fault
from ingest.media.sniff import HEIF, Sniffed

_CODECS: Final = {"avif": "av1", "heic": "hevc", "heix": "hevc", "mif1": "heif"}
_MEMBERS: Final = ("clocks", "device", "location", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """What was read."""

    members: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    picture: poster.Picture | None = None


def look_at_photo(file: BinaryIO, sniffed: Sniffed) -> Still:
    """Read a photo's EXIF, and make the poster of one that libavformat does not decode."""
    from ingest.media.stills.errors import StillError
    from ingest.media.stills.exif import read_photo

    container = sniffed.container or ""
    try:
        found = read_photo(file, container)
    except StillError as error:
        if container not in HEIF and error.why != "too_large":
            return Still(members={})  # another decoder has the last word
        plain = Fault(code="undecodable")
        fault = replace(plain, detail="pixels") if error.why == "too_large" else plain
        return Still(members={}, faults=(fault,))
    members: dict[str, Any] = {name: found[name] for name in _MEMBERS if name in found}
    if not sniffed.needs_pillow:
        return Still(members=members)
    members["streams"] = [_stream(found, container)]
    picture = _picture(file, container)
    # TIFF and BMP hold more kinds of pictures than any one decoder knows
    blamed = picture is None and container not in {"tiff", "bmp"}
    faults = (Fault(code="undecodable"),) if blamed else ()
    return Still(members=members, faults=faults, picture=picture)


def look_at_document(file: BinaryIO, container: str | None) -> dict[str, Any]:
    """Return `pages`, and `protected` where a document is encrypted; a broken one has neither."""
    from ingest.media.stills.errors import StillError

    if container == "pdf":
        from ingest.media.stills.pdf import pages
    elif container == "ofd":
        from ingest.media.stills.ofd import pages
    else:
        return {}
    try:
        return {"pages": pages(file)}
    except StillError as error:
        return {"pages": None, "protected": error.why == "encrypted"}


def _stream(found: dict[str, object], container: str) -> dict[str, Any]:
    return {
        "index": 0,
        "type": "video",
        "codec": _CODECS.get(container, container),
        "tag": None,
        "protected": False,
        "cover": False,
        "width": found.get("width"),
        "height": found.get("height"),
        "rotation": found.get("rotation", 0),
        "pixel_format": None,
    }


def _picture(file: BinaryIO, container: str) -> poster.Picture | None:
    from ingest.media.stills.errors import StillError
    from ingest.media.stills.photo import make_picture

    try:
        jpeg, width, height = make_picture(
            file,
            container,
            width=poster.MAX_WIDTH,
            height=poster.MAX_HEIGHT,
            quantizer=poster.QUANTIZER,
        )
    except StillError:
        return None
    parameters: dict[str, object] = {
        "at": 0,
        "max_width": poster.MAX_WIDTH,
        "max_height": poster.MAX_HEIGHT,
        "quantizer": poster.QUANTIZER,
        "decoder": "pillow",
        "format": "image/jpeg",
    }
    return poster.Picture(jpeg=jpeg, width=width, height=height, parameters=parameters)
