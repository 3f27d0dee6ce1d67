"""What goes to stderr, and may be a terminal: words of recorders in it do not steer that."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from muniment import station
from muniment.answer import Asked

HOSTILE = "the clip \x1b[2Ja\u202eb\r\x9b.mp4"
SHOWN = r"the clip \x1b[2Ja\u202eb\r\x9b.mp4"


def test_a_note_is_text_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Asked(root=tmp_path, json=False, language="en").note(f"{HOSTILE}\n  second line")
    assert capsys.readouterr().err == f"muniment: {SHOWN}\n  second line\n"


def test_so_are_the_lines_of_the_station_s_log(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    try:
        station._log_to_stderr()
        structlog.get_logger().warning("docking ended early", why=HOSTILE)
    finally:
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)
    (line,) = capsys.readouterr().err.splitlines()
    assert SHOWN in line
