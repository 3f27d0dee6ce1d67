"""Which format a clip is in: by its first bytes, then by its name.

The bytes win: a photo named `.mp4` is a photo. The name decides only where the bytes say nothing
(an empty or zeroed clip), so that broken media are still known as media. The `demuxer` is the only
one the parser may use: formats that name other files or addresses (playlists, concat scripts, SDP)
have none, so they are never opened as media, whatever they are called.
"""

from dataclasses import dataclass
from pathlib import PurePath

from ingest.media.facts import Kind

HEAD_SIZE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Sniffed:
    """What the head and the name say. `certain`: the bytes themselves said so; `moves`: a photo of several pictures."""

    kind: Kind
    container: str | None
    demuxer: str | None
    certain: bool
    moves: bool = False

    @property
    def needs_pillow(self) -> bool:
        """Whether libavformat is not asked about this photo."""
        return self.moves or self.container in _PILLOW


# offset, magic bytes, kind, container, libavformat's name for the demuxer
_MAGIC: tuple[tuple[int, bytes, Kind, str, str | None], ...] = (
    (0, b"\xff\xd8\xff", "photo", "jpeg", "jpeg_pipe"),
    (0, b"\x89PNG\r\n\x1a\n", "photo", "png", "png_pipe"),
    (0, b"GIF87a", "photo", "gif", "gif"),
    (0, b"GIF89a", "photo", "gif", "gif"),
    (0, b"\x1aE\xdf\xa3", "video", "matroska", "matroska"),
    (0, b"FLV\x01", "video", "flv", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video", "asf", "asf"),
    (0, b"\x00\x00\x01\xba", "video", "mpeg", "mpeg"),
    (0, b"OggS", "audio", "ogg", "ogg"),
    (0, b"fLaC", "audio", "flac", "flac"),
    (0, b"#!AMR", "audio", "amr", "amr"),
    (0, b"ID3", "audio", "mp3", "mp3"),
    (0, b"%PDF-", "document", "pdf", None),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "ole", None),
    # TIFF 6.0, section 2; BigTIFF has version 43
    (0, b"II*\0", "photo", "tiff", "tiff_pipe"),
    (0, b"MM\0*", "photo", "tiff", "tiff_pipe"),
    (0, b"II+\0\x08\0\0\0", "photo", "tiff", "tiff_pipe"),
    (0, b"MM\0+\0\x08\0\0", "photo", "tiff", "tiff_pipe"),
)
_RIFF: dict[bytes, tuple[Kind, str, str]] = {
    b"AVI ": ("video", "avi", "avi"),
    b"WAVE": ("audio", "wav", "wav"),
    b"WEBP": ("photo", "webp", "webp_pipe"),
}
# The four letters at offset 4 that an ISO base media or QuickTime file may begin with.
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
HEIF = frozenset({"heic", "heix", "mif1", "avif"})  # ISO/IEC 23008-12 brands: photos in boxes
_PILLOW = HEIF | {"bmp", "tiff"}  # photos that libavformat shows in parts, or not well
# Sizes of the header that a BMP's begins with, from OS/2 to version 5
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
# A stream of H.264 (ISO/IEC 14496-10, Annex B) or H.265 without a container: what its first NAL unit may be
_ANNEX_B: dict[str, tuple[str, int, int, frozenset[int]]] = {
    "h264": ("h264", 0, 0x1F, frozenset({5, 6, 7, 9})),
    "h265": ("hevc", 1, 0x3F, frozenset({32, 33, 35, 39})),
}
_ANNEX_B_NAMES = {"h264": "h264", "264": "h264", "avc": "h264", "h265": "h265"}
_ANNEX_B_NAMES |= {"265": "h265", "hevc": "h265"}
_EXTENSIONS: dict[Kind, str] = {
    "video": "mp4 mov m4v 3gp 3g2 avi mkv webm ts mts m2ts flv wmv asf mpg mpeg vob dav h264 264 avc h265 265 hevc",
    "audio": "mp3 wav m4a aac amr ogg oga opus flac wma",
    "photo": "jpg jpeg png gif webp bmp heic tif tiff",
    "document": "pdf ofd txt doc docx xls xlsx ppt pptx wps odt rtf md htm html",
    "data": "json csv log xml gpx nmea srt vtt ini thm m3u8 sdp dat bin zip",
}
_BY_EXTENSION: dict[str, Kind] = {
    extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()
}
MEDIA_KINDS: frozenset[Kind] = frozenset({"video", "audio", "photo"})


def extension_of(name: str) -> str:
    """Return the name's extension in lower case, without its dot."""
    return PurePath(name).suffix.lower().lstrip(".")


def kind_by_name(name: str) -> Kind:
    """Return the kind that a file's name promises."""
    return _BY_EXTENSION.get(extension_of(name), "unknown")


def sniff(head: bytes, name: str) -> Sniffed:
    """Say what a file is from its first `HEAD_SIZE` bytes and its name."""
    for found in (_by_magic(head), _by_structure(head, name)):
        if found is not None:
            return found
    kind = kind_by_name(name)
    if kind == "unknown" and head and _is_text(head):
        kind = "document"
    return Sniffed(kind=kind, container=None, demuxer=None, certain=False)


def _by_magic(head: bytes) -> Sniffed | None:
    for offset, magic, kind, container, demuxer in _MAGIC:
        if head.startswith(magic, offset):
            name = "webm" if container == "matroska" and b"webm" in head[:64] else container
            return Sniffed(kind=kind, container=name, demuxer=demuxer, certain=True)
    # EBU Tech 3306: RF64 is a WAVE of more than 4 GiB; RIFX one of big-endian numbers
    if head[:4] in {b"RIFF", b"RF64", b"RIFX"} and head[8:12] in _RIFF:
        kind, container, demuxer = _RIFF[head[8:12]]
        # RFC 9649, 2.7.1: the flag A of the first chunk
        moves = head[12:16] == b"VP8X" and len(head) > 20 and head[20] & 0x02 != 0
        return Sniffed(kind=kind, container=container, demuxer=demuxer, certain=True, moves=moves)
    return None


def _by_structure(head: bytes, name: str) -> Sniffed | None:
    if head[4:8] in _BOXES:
        return _boxed(head, name)
    # ISO/IEC 13818-1, 2.4.3.2: every packet begins with 0x47; M2TS puts four bytes before it
    for start, step in ((0, 188), (4, 192)):
        marks = head[start::step]
        if len(head) >= start + 3 * step and marks == b"\x47" * len(marks):
            return Sniffed(kind="video", container="mpegts", demuxer="mpegts", certain=True)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, name)
    if head[:2] == b"BM" and head[6:10] == bytes(4) and _number(head, 14) in _BMP_HEADERS:
        return Sniffed(kind="photo", container="bmp", demuxer="bmp_pipe", certain=True)
    return _bare_sound(head, name) or _bare(head, name)


def _bare_sound(head: bytes, name: str) -> Sniffed | None:
    # ISO/IEC 11172-3, 2.4.1.3: eleven bits of sync; a layer of 0 is ADTS (ISO/IEC 13818-7, 6.2)
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[2] >> 4 != 0xF:
        adts = head[1] & 0xF6 == 0xF0
        promised = extension_of(name)
        if adts and promised in {"aac", ""}:
            return Sniffed(kind="audio", container="aac", demuxer="aac", certain=True)
        if not adts and head[1] & 0x06 == 0x02 and promised in {"mp3", ""}:
            return Sniffed(kind="audio", container="mp3", demuxer="mp3", certain=True)
    return None


def _bare(head: bytes, name: str) -> Sniffed | None:
    """Recognise H.264 or H.265 that was written without a container: by its name and its first NAL unit."""
    container = _ANNEX_B_NAMES.get(extension_of(name))
    start = head[:5].find(b"\0\0\1")
    if container is None or start not in {0, 1} or len(head) <= start + 3:
        return None
    codec, shift, mask, first = _ANNEX_B[container]
    letter = head[start + 3]
    if letter & 0x80 or letter >> shift & mask not in first:
        return None
    return Sniffed(kind="video", container=container, demuxer=codec, certain=True)


def _number(head: bytes, offset: int) -> int:
    return int.from_bytes(head[offset : offset + 4], "little")


def _boxed(head: bytes, name: str) -> Sniffed:
    brand = head[8:12] if head[4:8] in {b"ftyp", b"styp"} else b"qt  "
    if brand.decode("latin-1") in HEIF:
        container = brand.decode("latin-1")
        return Sniffed(kind="photo", container=container, demuxer="mov", certain=True)
    container = "mov" if brand == b"qt  " and extension_of(name) not in {"mp4", "m4a"} else "mp4"
    kind: Kind = "audio" if brand == b"M4A " or extension_of(name) == "m4a" else "video"
    return Sniffed(kind=kind, container=container, demuxer="mov", certain=True)


def _zipped(head: bytes, name: str) -> Sniffed:
    # GB/T 33190-2016, 7.1: an OFD document is a zip whose entry point is OFD.xml
    if b"OFD.xml" in head or extension_of(name) == "ofd":
        return Sniffed(kind="document", container="ofd", demuxer=None, certain=True)
    kind = kind_by_name(name)
    kind = kind if kind == "document" else "data"
    return Sniffed(kind=kind, container="zip", demuxer=None, certain=True)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    for cut in range(4):  # the head may end inside a character
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
