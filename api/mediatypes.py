"""Which media type and which disposition stored bytes are sent with.

What always holds: the bytes decide, not the name or what a clip says of itself; nothing is ever sent as a type that
a browser
runs or lays out as a page (HTML, SVG, XML, PDF inline): what is not known as sound, film or a raster picture is an
attachment.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

HEAD: Final = 64  # bytes that `media_type` wants
UNKNOWN: Final = "application/octet-stream"
# What we make ourselves and no browser runs: believed of the entry that names it.
OURS: Final = frozenset({"text/vtt", "application/json", "application/geo+json"})
_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
)
_RIFF: Final = {b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp"})
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
_SHOWN: Final = ("video/", "audio/")
_RASTER: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


@lru_cache(maxsize=1024)
def media_type(head: bytes, kind: str | None = None) -> str:
    """Say what the bytes are.

    Args:
        head: the first HEAD bytes, or all there are.
        kind: what the examination found (`audio` in an MP4 is audio/mp4), None before it.
    """
    for at, magic, name in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return name
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] in _BOXES:
        return "audio/mp4" if kind == "audio" or head[8:12] in _SOUND_BRANDS else "video/mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return _by_sync(head, kind)


def _by_sync(head: bytes, kind: str | None) -> str:
    """Streams that only begin with a short synchronisation word: believed where the examination agrees."""
    if kind == "audio" and len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return "video/mp2t" if kind == "video" and head[:1] == b"G" else UNKNOWN


@lru_cache(maxsize=1024)
def disposition(media_type: str, name: str) -> str:
    """Content-Disposition by RFC 6266: sound, film and raster pictures may be shown, the rest is saved."""
    shown = media_type.startswith(_SHOWN) or media_type in _RASTER
    base = name.rsplit("/", 1)[-1] or "clip"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in base)
    encoded = quote(base.encode("utf-8", "replace"), safe="")
    return (
        f"{'inline' if shown else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    )
