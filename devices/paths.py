"""Paths on a recorder, for people and for JSON. Paths themselves stay raw bytes everywhere.

Holds for any bytes: the text can be encoded as UTF-8 (no lone surrogates), and text and
base64 together say exactly which bytes they came from. Does not escape control characters:
a newline in a name is a newline in the text, as in the name.
"""

from __future__ import annotations

import base64


def display(path: bytes) -> tuple[str, str | None]:
    r"""Text for a path, and its exact bytes when the text cannot tell them.

    Returns:
        The text, with each byte that is not UTF-8 shown as ``\xNN`` in lower-case hex, and
        the base64 of the raw path if, and only if, it is not valid UTF-8.
    """
    try:
        return path.decode(), None
    except UnicodeDecodeError:
        return path.decode(errors="backslashreplace"), base64.b64encode(path).decode()
