"""What any command line owes its user: help, exit status, one document, readable text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import MUNIMENT, Command

HEAVY = {
    "sqlalchemy",
    "alembic",
    "prefect",
    "av",
    "cv2",
    "cryptography",
    "fastapi",
    "rich",
    "uvicorn",
}


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Top-level modules that a command has loaded when it ends."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sorted({m.partition('.')[0] for m in sys.modules}),"
        " file=sys.__stderr__))\n"
        "from muniment.__main__ import run\n"
        f"sys.exit(run({list(arguments)!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, check=False
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["dock", "--help"], ["nosuch"]])
def test_help_and_wrong_usage_load_no_archive(arguments: list[str], tmp_path: Path) -> None:
    assert loaded(*arguments, cwd=tmp_path) & HEAVY == set()


@pytest.mark.parametrize("command", ["dock", "audit", "find"])
def test_securing_checking_and_finding_load_no_orchestration(
    command: str, archive: Command, recorder: Path
) -> None:
    source = [str(recorder)] if command == "dock" else []
    modules = loaded(f"--root={archive.root}", command, *source, cwd=archive.cwd)
    assert "archive" in modules
    assert modules & {"prefect", "cv2"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuch"],
        ["case"],
        ["dock"],
        ["find", "--nosuch"],
        ["find", "--limit", "many"],
        ["find", "--limit", "-1"],
        ["find", "--from", "yesterday"],
        ["find", "--lang", "fr"],
        ["find", "--root"],
        ["audit", "--full", "--since", "3"],
        ["audit", "--sample", "10"],
        ["audit", "--sample", "0", "--seed", "1"],
        ["init"],
        ["case", "link", "clip-x", "1"],
        ["user", "add", "x", "--role", "boss", "--password-stdin"],
        ["dock", "/nonexistent"],
        ["dock", "usb:NOSUCH"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2_and_one_document(arguments: list[str], archive: Command) -> None:
    document = archive.json(*arguments, status=2)
    assert set(document["error"]) == {"code", "reason"}
    assert document["error"]["reason"]


def test_global_options_stand_anywhere_but_not_behind_two_dashes(
    archive: Command, place: Path
) -> None:
    elsewhere = Command(root=place / "nowhere", cwd=place)
    for arguments in (
        ["--root", str(archive.root), "--json", "find"],
        ["find", "--json", f"--root={archive.root}"],
        ["--json", "ledger", f"--root={archive.root}", "entries"],
    ):
        assert elsewhere(*arguments).document
    assert elsewhere("dock", "--", "--json", status=2).out == b""


def test_the_archive_is_var_archive_where_nothing_else_is_said(place: Path) -> None:
    command = Command(root=Path(), cwd=place, environment={"MUNIMENT_ROOT": ""})
    command("init", "--origin", "a.example")
    assert (place / "var" / "archive" / "muniment.toml").is_file()


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_chinese_is_readable_in_every_locale(locale: str, muniment: Command) -> None:
    muniment.environment["LANG"] = locale
    muniment("init", "--origin", "a.example", "--unit", "一中队")
    assert "没有这样的原始文件" in muniment("find", "--lang", "zh").text
    muniment("case", "open", "京A-1号")
    assert "京A-1号" in muniment("case", "list").text


def test_the_language_is_the_locales_unless_it_is_named(muniment: Command) -> None:
    muniment.environment["LANG"] = "zh_CN.UTF-8"
    assert "检索" in muniment("find", "--help").text
    assert "检索" not in muniment("find", "--help", "--lang=en").text
    assert "归档库" in muniment("find", status=2).err


def test_an_unknown_archive_is_wrong_usage(muniment: Command) -> None:
    assert muniment.json("find", status=2)["error"]["code"] == "A040"


def test_a_reader_who_goes_away_is_no_failure(archive: Command) -> None:
    with archive.start("ledger", "entries") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_an_answer_that_cannot_be_written_is_no_success(archive: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [MUNIMENT, "--root", archive.root, "ledger", "vkey"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 5
    assert b"No space left" in done.stderr


def test_a_bug_says_so_with_a_traceback_on_stderr_and_one_document(archive: Command) -> None:
    program = (
        "import sys\n"
        "from muniment import __main__\n"
        "def broken(words, language):\n"
        "    raise AssertionError('on purpose')\n"
        "__main__.read_command = broken\n"
        "sys.exit(__main__.run(['find', '--json']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=archive.cwd, check=False
    )
    assert done.returncode == 70
    assert json.loads(done.stdout)["error"]["code"] == "C070"
    assert b"Traceback" in done.stderr
    assert b"on purpose" in done.stderr
