"""What goes between archives as values: a message's envelope, and the receipt for it. No files, no network.

What always holds: a value that could be made has the form of its JSON Schema (`*.schema.json` beside this file); it has
one canonical spelling (RFC 8785), and an envelope's SHA-256 is the message's id: the same message has the same id
wherever and however often it is sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from archive.canonical import encode
from archive.errors import CanonicalError
from archive.ids import is_id
from oversight.exchange.errors import MessageRefusedError
from oversight.exchange.form import has_form

FORMAT: Final = 1
SCHEMAS: Final = {
    name: Path(__file__).with_name(f"{name}.schema.json")
    for name in ("envelope", "receipt", "case")
}
_CASE: Final[dict[str, Any]] = json.loads(SCHEMAS["case"].read_bytes())
Kind = Literal["case", "package"]
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ORIGIN: Final = re.compile(r"[^\s+\x00-\x20\x7f\ud800-\udfff]{1,200}")  # UTF-8 has no surrogates
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_LARGEST: Final = 2**53 - 1


def is_digest(text: object) -> bool:
    """Whether it is a SHA-256 in lower-case hex."""
    return type(text) is str and _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a message is: signed, and sent before its body."""

    sender: str  # origin of the ledger that signs
    recipient: str  # origin of the archive that it is for
    kind: Kind
    case: str  # id that the sender gave it
    revision: int  # how long the sender's ledger was: a later one of the same case says what holds
    digest: str  # SHA-256 of the body
    size: int  # of the body, bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return hashlib.sha256(encode(self.to_data())).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """As it is sent."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Read one. Raises MessageRefusedError: it is none of this format."""
        found = _members(data, cls.__slots__, "envelope")
        good = (
            _is_origin(found["sender"])
            and _is_origin(found["recipient"])
            and found["kind"] in ("case", "package")
            and type(found["case"]) is str
            and is_id(found["case"], "case")
            and _is_number(found["revision"])
            and is_digest(found["digest"])
            and _is_number(found["size"])
            and found["size"] > 0
        )
        if not good:
            raise MessageRefusedError("a member of the envelope is not what the schema says")
        return cls(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That a message is in the receiver's ledger: signed by the receiver."""

    message: str  # id
    sender: str  # origin: who sent the message
    recipient: str  # origin: who has it, and signs
    digest: str
    size: int
    entry: int  # of the receiver's ledger
    at: str  # time of that entry, RFC 3339 UTC

    def to_data(self) -> dict[str, Any]:
        """As it is sent."""
        return {"format": FORMAT, **asdict(self)}

    def is_for(self, envelope: Envelope) -> bool:
        """Whether it says that just this message came."""
        return (
            self.message == envelope.id
            and self.sender == envelope.sender
            and self.recipient == envelope.recipient
            and (self.digest, self.size) == (envelope.digest, envelope.size)
        )

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Read one. Raises MessageRefusedError: it is none of this format."""
        found = _members(data, cls.__slots__, "receipt")
        good = (
            is_digest(found["message"])
            and _is_origin(found["sender"])
            and _is_origin(found["recipient"])
            and is_digest(found["digest"])
            and _is_number(found["size"])
            and found["size"] > 0
            and _is_number(found["entry"])
            and type(found["at"]) is str
            and _TIME.fullmatch(found["at"]) is not None
        )
        if not good:
            raise MessageRefusedError("a member of the receipt is not what the schema says")
        return cls(**found)


def need_case_body(body: bytes, envelope: Envelope) -> None:
    """A body of kind `case` is about the case, by the sender, in its one spelling. Raises MessageRefusedError."""
    try:
        found = json.loads(body)
        same = isinstance(found, dict) and encode(found) == body
    except (ValueError, RecursionError, CanonicalError) as e:
        raise MessageRefusedError("the body is no canonical JSON") from e
    if not same:
        raise MessageRefusedError("the body is no canonical JSON")
    told = cast("dict[str, Any]", found)
    if (told.get("archive"), told.get("case")) != (envelope.sender, envelope.case):
        raise MessageRefusedError("the body is about another case than the envelope")
    if not has_form(told, _CASE):
        raise MessageRefusedError("the body is no case of this format")


def _members(data: object, names: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(data, dict) or data.keys() != {"format", *names}:
        raise MessageRefusedError(f"the {what} has other members than the schema says")
    if type(data["format"]) is not int or data["format"] != FORMAT:
        raise MessageRefusedError(f"the {what} is not of format {FORMAT}")
    return {name: data[name] for name in names}


def _is_origin(value: object) -> bool:
    return type(value) is str and _ORIGIN.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST
