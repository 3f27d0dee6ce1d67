"""The house's rules that no linter holds: sizes, names, docstrings, what may not be committed."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 600
FUNCTION_LINES = 80
SOURCE_FOLDERS = (
    "api",
    "archive",
    "bench",
    "devices",
    "flows",
    "ingest",
    "muniment",
    "oversight",
    "setup",
)
VAGUE = {"common", "helper", "helpers", "misc", "util", "utils"}

# Text that ties the repository to one machine or says what its history, not its files, should say.
# Built from parts, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a machine's path": re.compile(r"(?<![\w.])/(?:work|home|Users)" + r"/\w|/tmp/\w{4}"),
    "an index address": re.compile(
        "pypi" + r"\.org|python" + r"hosted\.org|-index-url[= ]http", re.IGNORECASE
    ),
    "an unfinished mark": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
    "a merge mark": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}


def committed() -> list[Path]:
    """Files git tracks or would add, that are there."""
    listed = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    names = [name.decode() for name in listed.split(b"\0") if name]
    return [path for path in map(ROOT.joinpath, names) if path.is_file()]


def sources() -> list[Path]:
    """Every committed Python file."""
    return [path for path in committed() if path.suffix == ".py"]


def is_generated(text: str) -> bool:
    """Whether a file says on top that a generator beside it wrote it."""
    return "do not edit" in text[:400].lower()


def texts() -> Iterator[tuple[str, str]]:
    """Name and contents of every committed text that is written by us."""
    vendored = ROOT / "api" / "static" / "vendor"
    for path in committed():
        if path.name == "LICENSE" or vendored in path.parents:
            continue
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        yield path.relative_to(ROOT).as_posix(), data.decode("utf-8", "replace")


def oversized(text: str) -> list[str]:
    """What in one module is longer than a reader can hold."""
    if is_generated(text):
        return []
    found = []
    if (lines := text.count("\n")) > MODULE_LINES:
        found.append(f"module of {lines} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{node.name} of {length} lines")
    return found


def test_no_module_and_no_function_is_longer_than_a_reader_can_hold() -> None:
    found = {path.relative_to(ROOT): oversized(path.read_text("utf-8")) for path in sources()}
    assert {path: what for path, what in found.items() if what} == {}


def test_a_long_function_a_long_module_and_a_generated_table_are_told_apart() -> None:
    function = "def f():\n" + "    f()\n" * FUNCTION_LINES
    assert oversized(function) == [f"f of {FUNCTION_LINES + 1} lines"]
    assert oversized("pass\n" * (MODULE_LINES + 1)) == [f"module of {MODULE_LINES + 1} lines"]
    assert oversized("# Generated: do not edit.\n" + "pass\n" * MODULE_LINES) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [
        path.relative_to(ROOT)
        for path in sources()
        if VAGUE & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert found == []


def test_every_module_says_what_it_is() -> None:
    folders = [ROOT / name for name in SOURCE_FOLDERS]
    silent = [
        path.relative_to(ROOT)
        for path in sources()
        if any(folder in path.parents for folder in folders)
        and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]
    assert silent == []


def test_every_folder_of_source_with_modules_is_a_package() -> None:
    missing = {
        path.parent.relative_to(ROOT)
        for path in sources()
        if path.relative_to(ROOT).parts[0] in set(SOURCE_FOLDERS) - {"setup"}
        and not (path.parent / "__init__.py").exists()
    }
    assert missing == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_repository_does_not_hold(what: str) -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        if (match := FORBIDDEN[what].search(text))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a machine's path", "see /ho" + "me/me/x"),
        ("an index address", "https://PyPI" + ".org/simple"),
        ("an unfinished mark", "# TO" + "DO: later"),
        ("a private key", "-----BEGIN EC PRIVATE" + " KEY-----"),
        ("a merge mark", "a\n<<<<<" + "<< HEAD\n"),
    ],
)
def test_a_forbidden_text_is_recognised(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_tests_hold_no_packages_because_pytest_imports_them_by_path() -> None:
    assert [
        path for path in sources() if path.parts[-1] == "__init__.py" and "tests" in path.parts
    ] == []
