"""Numbers, times and lines in text that somebody else wrote: bounded, and None where there is none."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})")
_LONGEST_TIME: Final = 40


def number(text: str, by: int) -> int | None:
    """Return a decimal number × `by`, rounded half to even, or None where the text is none."""
    text = text.strip()
    if _NUMBER.fullmatch(text) is None or not text.isascii():
        return None
    return int((Decimal(text) * by).to_integral_value())


def utc_ms(text: str) -> int | None:
    """Return the milliseconds since 1970 of an ISO 8601 date and time; without a zone it is UTC."""
    text = text.strip()
    if not 19 <= len(text) <= _LONGEST_TIME:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def rfc3339(moment_ms: int) -> str:
    """Return milliseconds since 1970, of the years 1 to 9999, as text."""
    seconds, ms = divmod(moment_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def decoded(data: bytes) -> str:
    """Return text by its byte order mark, else UTF-8; what is not becomes U+FFFD."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
