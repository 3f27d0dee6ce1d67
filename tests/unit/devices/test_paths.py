"""Paths shown to people and put into JSON."""

from __future__ import annotations

import base64
import json

import pytest

from devices.paths import display


@pytest.mark.parametrize("path", ["DCIM/a.mp4", "现场/重点.mp4", "line\nbreak", "\\xff", ""])
def test_utf_8_is_shown_as_it_is_and_needs_no_base64(path: str) -> None:
    assert display(path.encode()) == (path, None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"a\xff/\xfe.mp4", r"a\xff/\xfe.mp4"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),  # a lone surrogate, in what is not UTF-8
        (b"\xc0\xaf", r"\xc0\xaf"),  # an overlong slash
        ("现".encode() + b"\xe7\x8e", r"现\xe7\x8e"),
    ],
)
def test_other_bytes_are_shown_in_hex_and_kept_in_base64(path: bytes, text: str) -> None:
    shown, exact = display(path)
    assert shown == text
    assert exact is not None
    assert base64.b64decode(exact) == path
    json.dumps(shown, ensure_ascii=False).encode()
