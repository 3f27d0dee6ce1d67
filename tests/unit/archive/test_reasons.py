"""Why somebody decided something is a text that can be shown."""

from __future__ import annotations

import pytest

from archive.cases import CaseTextError, need_reason


@pytest.mark.parametrize(
    "reason", ["", " \n", "a\x00", "\x1b[31m", "\ufffe", "\ufdd0", "\U0010ffff", "\ud800"]
)
def test_a_reason_that_cannot_be_shown_is_none(reason: str) -> None:
    with pytest.raises(CaseTextError):
        need_reason(reason)


@pytest.mark.parametrize("reason", ["复议", "line\n\tline\r\n", "𠮷", "e\u0301", "\u200f"])
def test_a_reason_is_any_text(reason: str) -> None:
    need_reason(reason)
