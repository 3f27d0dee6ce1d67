"""BagIt 1.0 (RFC 8493) as our packages use it: three tag files and two manifests. Bytes in, values out.

Holds: whatever the bytes, the only error is BagError.
"""

from __future__ import annotations

from re import compile as regex
from unicodedata import normalize

from archive.package.verifier.found import VerifierError
from archive.package.verifier.zips import unsafe_path

BAGIT, BAG_INFO, MANIFEST = "bagit.txt", "bag-info.txt", "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = regex(r"([0-9a-f]{64})  (.+)")
_OXUM = regex(r"(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})")


class BagError(VerifierError):
    """A tag file that is not as RFC 8493 says."""


def check_declaration(data: bytes) -> None:
    """bagit.txt (2.1.1). Raises BagError."""
    if data.replace(b"\r\n", b"\n") != _DECLARATION:
        raise BagError("bag.declaration")


def payload_oxum(data: bytes) -> tuple[int, int]:
    """Bytes and files of the payload, as bag-info.txt says (2.2.2). Raises BagError."""
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise BagError("bag.utf8") from e
    found = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        label, colon, value = line.partition(": ")
        if not (line[:1] in {" ", "\t"} and number > 1) and (not colon or not label.strip()):
            raise BagError("bag.line", line=number)
        if label == "Payload-Oxum":
            found.append(_OXUM.fullmatch(value.rstrip("\r")))
    if len(found) != 1 or found[0] is None or not text.endswith("\n"):
        raise BagError("bag.oxum")
    return int(found[0][1]), int(found[0][2])


def parse_manifest(data: bytes, *, payload: bool) -> dict[str, str]:
    """Digest by path (2.1.3, 2.2.1). Raises BagError: a path twice, one that leads out, or of the other kind."""
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise BagError("bag.utf8") from e
    found: dict[str, str] = {}
    at = number = 0
    while at < len(text):  # one after the other: a list of all of them could be larger than memory
        number, end = number + 1, text.find("\n", at)
        line, at = text[at : max(end, at)], end + 1
        match = _LINE.fullmatch(line[:-1] if line.endswith("\r") else line)
        if match is None:
            raise BagError("bag.line", line=number)
        path = _path(match[2])
        if path in found or unsafe_path(path) or path.startswith("data/") != payload:
            raise BagError("bag.line", line=number)
        found[path] = match[1]
    return found


def _path(text: str) -> str:
    """2.1.3: line ends and % are written as %0D, %0A, %25."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return normalize("NFC", text)
