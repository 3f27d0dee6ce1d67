"""The documented interface as values: functions, result codes, `ZFY_INFO`. Calls nothing.

Text is GBK in fields of fixed width. Headers disagree on two points, so these are data: whether the result is an `int`
or a 16-bit word, and whether a field has a byte for its NUL.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, Self

DEFAULT_PASSWORD: Final = "000000"  # noqa: S105 - published, and what recorders leave the factory with
ENCODING: Final = "gbk"

# Their arguments are spelt out in `child`.
Function = Literal[
    "Init_Device",
    "UnInit_Device",
    "GetIDCode",
    "GetZFYInfo",
    "WriteZFYInfo",
    "SyncDevTime",
    "SetMSDC",
    "ReadDeviceResolution",
    "ReadDeviceBatteryDumpEnergy",
]


class Result(IntEnum):
    """What a call answers through its last argument."""

    CONNECT_SUCCESS = 1
    CONNECT_FAILED = 2
    CHECK_PWD_SUCCESS = 3
    CHECK_PWD_FAILED = 4
    SET_SYSTEMTIME_SUCCESS = 5
    SET_SYSTEMTIME_FAILED = 6
    MSDC_SUCCESS = 7
    MSDC_FAILED = 8


SUCCESS: Final = frozenset(
    {
        Result.CONNECT_SUCCESS,
        Result.CHECK_PWD_SUCCESS,
        Result.SET_SYSTEMTIME_SUCCESS,
        Result.MSDC_SUCCESS,
    }
)


def succeeded(returned: int | None, code: int) -> bool:
    """Whether a call did what it was asked. A library that leaves the code alone is believed by what it returns."""
    return code in SUCCESS or (code == 0 and returned == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abi:
    """In what headers differ."""

    result_bytes: Literal[2, 4]
    fields: tuple[int, int, int, int, int]  # serial, officer's number and name, unit's; with NUL

    @property
    def size(self) -> int:
        """Bytes of a ZFY_INFO."""
        return sum(self.fields)


TERMINATED: Final = (8, 7, 33, 13, 33)
UNTERMINATED: Final = (7, 6, 32, 12, 32)
# Reads a library with 16-bit results as well: the word it does not write is zero before.
DOCUMENTED: Final = Abi(result_bytes=4, fields=TERMINATED)
SHORT: Final = Abi(result_bytes=2, fields=TERMINATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfyInfo:
    """What a recorder holds of itself and its officer. Text is shown, never trusted."""

    serial: str
    badge: str
    officer: str = ""
    unit: str = ""
    unit_name: str = ""

    @classmethod
    def parse(cls, data: bytes, abi: Abi = DOCUMENTED) -> Self:
        """Out of the struct's bytes. A field without a NUL is taken whole.

        Raises:
            ValueError: another length.
        """
        if len(data) != abi.size:
            raise ValueError(f"ZFY_INFO of {len(data)} bytes, not {abi.size}")
        texts, at = [], 0
        for width in abi.fields:
            texts.append(text_of(data[at : at + width]))
            at += width
        serial, badge, officer, unit, unit_name = texts
        return cls(serial=serial, badge=badge, officer=officer, unit=unit, unit_name=unit_name)

    def build(self, abi: Abi = DOCUMENTED) -> bytes:
        """The struct's bytes.

        Raises:
            ValueError: a text does not fit its field (a badge of more than six digits), or is not GBK.
        """
        spare = 1 if abi.fields == TERMINATED else 0
        texts = (self.serial, self.badge, self.officer, self.unit, self.unit_name)
        parts = []
        for width, text in zip(abi.fields, texts, strict=True):
            raw = text.encode(ENCODING)
            if len(raw) > width - spare or b"\0" in raw:
                raise ValueError(f"{text!r} does not fit a field of {width - spare} bytes")
            parts.append(raw.ljust(width, b"\0"))
        return b"".join(parts)


def text_of(raw: bytes) -> str:
    """Text up to the NUL, or all of it, without what a terminal would act on."""
    text = raw.split(b"\0", 1)[0].decode(ENCODING, errors="replace")
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}).strip()
