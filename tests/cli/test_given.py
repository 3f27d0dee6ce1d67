"""What a command line says reaches a command as typer would hand it over, without what that costs at each start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import Command


def ended(*arguments: str, cwd: Path) -> tuple[int, set[str]]:
    """Exit status of a command, and the top-level modules it had loaded."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sorted({m.partition('.')[0] for m in sys.modules}),"
        " file=sys.__stderr__))\n"
        "from muniment.__main__ import run\n"
        f"sys.exit(run({list(arguments)!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=cwd, check=False
    )
    return done.returncode, set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words", [["audit"], ["find", "--case", "2026-0117"], ["ledger", "checkpoint"]]
)
def test_texts_and_flags_need_no_pydantic(words: list[str], archive: Command) -> None:
    status, modules = ended(f"--root={archive.root}", *words, cwd=archive.cwd)
    assert (status, "archive" in modules, "pydantic" in modules) == (0, True, False)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["audit", "--since", "0"], 0),
        (["audit", "--since", "three"], 2),
        (["ledger", "entries", "--from", "-1"], 2),
        (["find", "--case", "\udcff"], 2),
    ],
)
def test_numbers_and_what_is_no_text_are_still_checked(
    words: list[str], expected: int, archive: Command
) -> None:
    status, _ = ended(f"--root={archive.root}", *words, cwd=archive.cwd)
    assert status == expected
