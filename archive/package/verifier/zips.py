"""A zip read as a hostile file (APPNOTE 6.3): own reading of the directory, one folder, no name that leads out.

Holds: a member is listed only where its entry in the directory and its own header agree; members lie one after the
other, from the first byte to the directory, without a gap or an overlap; reading a member gives never more than the
directory says. Everything else is a ZipError (the file is no zip that could be read) or is in `unsafe`.
"""

from __future__ import annotations

from io import FileIO
from struct import Struct
from typing import NamedTuple
from unicodedata import normalize
from zlib import decompressobj
from zlib import error as zlib_error

from archive.package.verifier.found import Sentence, VerifierError, sentence
from archive.package.verifier.hashing import PIECE, ReadingAhead

MOST_MEMBERS = 1_000_000
DEEPEST = 64  # folders in each other
_MOST_DIRECTORY = 256 << 20
MOST_GROWTH = 1_100  # deflate cannot do more than 1,032
_END = Struct("<4s4H2LH")
_END_64 = Struct("<4sQ2H2L4Q")
_LOCATOR = Struct("<4sLQL")
_CENTRAL = Struct("<4s6H3L5H2L")
_LOCAL = Struct("<4s5H3L2H")
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_DESCRIPTOR, _UTF8 = 1 << 3, 1 << 11
_FLAGS = (
    0b110 | _DESCRIPTOR | _UTF8
)  # what is allowed: how hard it was deflated, where sizes are, UTF-8
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
_STORED, _DEFLATED = 0, 8
# Extra fields that change nothing of what is unpacked, and how long each may be: zip64, NTFS and Unix times, owners.
_EXTRAS = {0x0001: 28, 0x000A: 32, 0x5455: 13, 0x7875: 19}
_REGULAR, _FOLDER = 0o100000, 0o040000
_INFLATE_PIECE = 1 << 16


class ZipError(VerifierError):
    """The file is no zip that can be read, or a member is not what the directory says."""


class Member(NamedTuple):
    """A file in the zip."""

    start: int  # of its bytes in the zip
    packed: int
    size: int
    deflated: bool


class _Record(NamedTuple):
    """An entry of the directory."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


class ZipListing(NamedTuple):
    """What a zip holds."""

    folder: str  # the one folder that everything is in
    members: dict[str, Member]  # by path below it
    unsafe: list[tuple[str, Sentence]]  # path, what is wrong


def _exactly(file: FileIO, at: int, count: int) -> bytes:
    file.seek(at)
    data = file.read(count)
    if len(data) != count:
        raise ZipError("zip.truncated")
    return data


def list_zip(file: FileIO, length: int) -> ZipListing:
    """Read the directory and every member's own header.

    Raises:
        ZipError: it is no zip, truncated, or beyond the limits.
        OSError: the medium.
    """
    count, start, size = _find_directory(file, length)
    if count > MOST_MEMBERS or size > _MOST_DIRECTORY:
        raise ZipError("zip.large")
    records = _records(_exactly(file, start, size), count)
    unsafe: list[tuple[str, Sentence]] = []
    folders = {r.name.partition("/")[0] for r in records}
    # The folder that the bag is in; what lies beside it is named whole.
    tops = [r.name.partition("/")[0] for r in records if r.name.partition("/")[2] == "bagit.txt"]
    folder = tops[0] if tops else min(folders, default="")
    if len(folders) > 1:
        unsafe.append(("", sentence("zip.folders")))
    members: dict[str, Member] = {}
    end = 0
    for record in sorted(records, key=lambda r: r.offset):
        path = (
            record.name[len(folder) + 1 :] if record.name.startswith(folder + "/") else record.name
        )
        if record.offset != end:
            unsafe.append((path, sentence("zip.gap")))
        begin, end, wrong = _compare_local(file, record, start)
        wrong = _unsafe_name(record) or wrong
        if wrong is None and path in members:
            wrong = sentence("zip.twice")
        if wrong is not None:
            unsafe.append((path, wrong))
        elif path and not record.name.endswith("/") and record.name.startswith(folder + "/"):
            members[path] = Member(begin, record.packed, record.size, record.method == _DEFLATED)
        elif path and not record.name.endswith("/"):
            unsafe.append((path, sentence("zip.folders")))
    if end != start:
        unsafe.append(("", sentence("zip.gap")))
    return ZipListing(folder, members, unsafe)


def _find_directory(file: FileIO, length: int) -> tuple[int, int, int]:
    """How many members, where the directory starts, how long it is (4.3.14-16)."""
    if length < _END.size:
        raise ZipError("zip.none")
    at = length - _END.size
    mark, disk, first_disk, here, count, size, start, comment = _END.unpack(
        _exactly(file, at, _END.size)
    )
    if mark != b"PK\5\6" or comment:
        # The end record is the last thing in the file: behind a comment another one could hide.
        raise ZipError("zip.none" if _exactly(file, 0, 2) != b"PK" else "zip.truncated")
    end = at
    if at >= _LOCATOR.size:
        mark, in_disk, at_64, disks = _LOCATOR.unpack(
            _exactly(file, at - _LOCATOR.size, _LOCATOR.size)
        )
        if mark == b"PK\6\7":
            end = at - _LOCATOR.size - _END_64.size
            if in_disk or disks > 1 or at_64 != end or end < 0:
                raise ZipError("zip.directory")
            wide = _END_64.unpack(_exactly(file, end, _END_64.size))
            narrow = ((here, _FULL_16), (count, _FULL_16), (size, _FULL_32), (start, _FULL_32))
            if wide[0] != b"PK\6\6" or wide[1] != _END_64.size - 12 or wide[4] or wide[5]:
                raise ZipError("zip.directory")
            if any(old not in {full, new} for (old, full), new in zip(narrow, wide[6:])):
                raise ZipError("zip.directory")
            here, count, size, start = wide[6:]
    if disk or first_disk or here != count:
        raise ZipError("zip.directory")
    if start + size != end:
        raise ZipError("zip.prepended")
    return count, start, size


def _records(directory: bytes, count: int) -> list[_Record]:
    """The directory's entries (4.3.12). Raises ZipError."""
    records = []
    at = 0
    for _ in range(count):
        if len(directory) - at < _CENTRAL.size:
            raise ZipError("zip.directory")
        fields = _CENTRAL.unpack_from(directory, at)
        name_size, extra_size, comment_size = fields[10:13]
        at += _CENTRAL.size
        end = at + name_size + extra_size + comment_size
        if fields[0] != b"PK\1\2" or end > len(directory) or fields[13]:
            raise ZipError("zip.directory")
        raw = directory[at : at + name_size]
        extra = _extra(directory[at + name_size : at + name_size + extra_size])
        size, packed, offset = _wide(extra.get(1, b""), (fields[9], fields[8], fields[16]))
        records.append(
            _Record(
                raw_name=raw,
                name=_name(raw, fields[3]),
                flags=fields[3],
                method=fields[4],
                crc=fields[7],
                packed=packed,
                size=size,
                offset=offset,
                mode=fields[15] >> 16,
            )
        )
        at = end
    if at != len(directory):
        raise ZipError("zip.directory")
    return records


def _extra(data: bytes) -> dict[int, bytes]:
    """Extra fields (4.5.1). Raises ZipError: one that is not known here.

    Another one may give the member another name (4.6.9), or have room for a directory that other programs find.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        kind = int.from_bytes(data[at : at + 2], "little")
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        if kind in found or size > _EXTRAS.get(kind, -1):
            raise ZipError("zip.extra")
        found[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size
    if at != len(data):
        raise ZipError("zip.extra")
    return found


def _wide(field: bytes, values: tuple[int, ...]) -> tuple[int, ...]:
    """Those of these that did not fit stand in the zip64 field, in this order (4.5.3). Raises ZipError."""
    found, at = [], 0
    for value in values:
        if value == _FULL_32:
            if len(field) < at + 8:
                raise ZipError("zip.directory")
            found.append(int.from_bytes(field[at : at + 8], "little"))
            at += 8
        else:
            found.append(value)
    return tuple(found)


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        if flags & _UTF8:
            raise ZipError("zip.name") from None
        name = raw.decode("cp437")
    return normalize("NFC", name)


def unsafe_path(path: str) -> bool:
    """Whether a path could lead out of the folder, or means something else on another system."""
    parts = path.rstrip("/").split("/")
    return (
        len(parts) > DEEPEST + 1
        or any(part in {"", ".", ".."} for part in parts)
        or any(c < " " or c in "\\\x7f" for c in path)
        or path[1:2] == ":"
    )


def _unsafe_name(record: _Record) -> Sentence | None:
    if unsafe_path(record.name) or record.name.endswith("//"):
        return sentence("zip.name")
    if record.flags & _ENCRYPTED:
        return sentence("zip.encrypted")
    kind = record.mode & 0o170000
    expected = _FOLDER if record.name.endswith("/") else _REGULAR
    if kind not in {0, expected}:
        return sentence("zip.link")
    return None


def _compare_local(
    file: FileIO, record: _Record, directory: int
) -> tuple[int, int, Sentence | None]:
    """Where a member's bytes start, where the next one may, and what its own header says else (4.3.7)."""
    if record.offset + _LOCAL.size > directory:
        return 0, record.offset, sentence("zip.local")
    head = _exactly(file, record.offset, _LOCAL.size)
    mark, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack(head)
    start = record.offset + _LOCAL.size + name_size + extra_size
    end = start + record.packed
    if mark != b"PK\3\4" or end > directory:
        return 0, record.offset, sentence("zip.local")
    rest = _exactly(file, record.offset + _LOCAL.size, name_size + extra_size)
    try:
        size, packed = _wide(_extra(rest[name_size:]).get(1, b""), (size, packed))
    except ZipError as e:
        return start, end, e.sentence
    said, meant = (crc, packed, size), (record.crc, record.packed, record.size)
    if flags & _DESCRIPTOR:
        end += _descriptor(file, end, directory, meant)
        said = meant if said == (0, 0, 0) else said
    same = (rest[:name_size], flags, method) == (record.raw_name, record.flags, record.method)
    wrong = _unfit(record) if same and said == meant else sentence("zip.local")
    return start, end, wrong


def _unfit(record: _Record) -> Sentence | None:
    """Why a member is not read, where both descriptions agree."""
    if record.flags & ~(_FLAGS | _ENCRYPTED) or record.method not in {_STORED, _DEFLATED}:
        return sentence("zip.method")
    if record.method == _STORED and record.packed != record.size:
        return sentence("zip.method")
    if record.name.endswith("/") and record.size:
        return sentence("zip.name")
    if record.size > MOST_GROWTH * record.packed:
        return sentence("zip.bomb")
    return None


def _descriptor(file: FileIO, at: int, directory: int, meant: tuple[int, int, int]) -> int:
    """How long the descriptor behind a member is (4.3.9): four forms are in use."""
    crc, packed, size = meant
    data = _exactly(file, at, min(24, directory - at))
    for mark in (b"PK\7\x08", b""):
        for width in (4, 8):
            if max(packed, size) >> 8 * width:
                continue
            form = mark + b"".join(
                n.to_bytes(w, "little") for n, w in ((crc, 4), (packed, width), (size, width))
            )
            if data.startswith(form):
                return len(form)
    return 0


class MemberReader:
    """The bytes of one member."""

    def __init__(self, file: FileIO, member: Member) -> None:
        self._file = file
        self._at, self._end = member.start, member.start + member.packed
        self._left = member.size
        self._inflater = decompressobj(-15) if member.deflated else None
        self._ahead = ReadingAhead(file)

    def readinto(self, view: memoryview) -> int:
        """The next bytes; 0 at the end.

        Raises:
            ZipError: truncated, or not as many bytes as the directory says.
            OSError: the medium.
        """
        return self._stored(view) if self._inflater is None else self._inflated(view)

    def _packed(self, count: int) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(count, self._end - self._at))
        self._at += len(data)
        return data

    def _stored(self, view: memoryview) -> int:
        wanted = min(len(view), self._end - self._at)
        if not wanted:
            return 0
        if self._end - self._at > PIECE:
            self._ahead.at(self._at)
        self._file.seek(self._at)
        count = self._file.readinto(view[:wanted])
        if not count:
            raise ZipError("zip.truncated")
        self._at += count
        return count

    def _inflated(self, view: memoryview) -> int:
        inflater = self._inflater
        filled = 0
        while inflater is not None and filled < len(view) and not inflater.eof:
            source = inflater.unconsumed_tail or self._packed(_INFLATE_PIECE)
            try:
                piece = inflater.decompress(source, len(view) - filled)
            except zlib_error as e:
                raise ZipError("zip.deflate") from e
            if not piece and not source:
                raise ZipError("zip.deflate")
            if len(piece) > self._left:
                raise ZipError("zip.bomb")
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._left -= len(piece)
        if not filled and (self._left or (inflater is not None and inflater.unused_data)):
            raise ZipError("zip.deflate")
        return filled
