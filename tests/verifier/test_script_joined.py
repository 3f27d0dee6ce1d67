"""verify.py as one file: the same for everybody, the standard library alone, every sentence in two languages."""

from __future__ import annotations

import ast
import re
import string
import sys
from pathlib import Path

import pytest

import archive.package.verifier
from archive.package import joining
from archive.package.joining import PARTS, JoiningError, verifier_script
from archive.package.selecting import WHYS
from archive.package.verifier.found import Sentence
from archive.package.verifier.words import CODES, SENTENCES, say

FOLDER = Path(archive.package.verifier.__file__).parent
ROOT = Path(__file__).resolve().parents[2]


def parts() -> dict[str, str]:
    """Every module of the folder."""
    found = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.py")}
    del found["__init__"]
    return found


def imported(tree: ast.AST) -> set[str]:
    """Modules that a script imports, wherever in it."""
    nodes = list(ast.walk(tree))
    plain = {name.name for n in nodes if isinstance(n, ast.Import) for name in n.names}
    return plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}


def test_it_is_made_of_every_part_and_is_the_same_each_time() -> None:
    assert set(PARTS) == set(parts())
    first = verifier_script()
    verifier_script.cache_clear()
    assert verifier_script() == first


def test_it_imports_the_standard_library_alone() -> None:
    modules = imported(ast.parse(verifier_script()))
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names
    for name, text in parts().items():
        ours = {m for m in imported(ast.parse(text)) if m.partition(".")[0] in {"archive"}}
        assert {m.rpartition(".")[0] for m in ours} <= {"archive.package.verifier"}, name


def test_old_python_reads_it() -> None:
    tree = ast.parse(verifier_script(), feature_version=(3, 9))
    later = {"bit_count", "pairwise", "StrEnum", "UTC", "file_digest"}
    nodes = list(ast.walk(tree))
    names = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    names |= {n.id for n in nodes if isinstance(n, ast.Name)}
    assert not names & later
    calls = [n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    zips = [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "zip"]
    assert not any(n.keywords for n in zips)  # `strict` came with 3.10
    classes = [n for n in nodes if isinstance(n, ast.ClassDef)]
    marks = [m for n in classes for m in n.decorator_list if isinstance(m, ast.Call)]
    assert not {k.arg for m in marks for k in m.keywords} & {"slots", "kw_only"}


def test_a_python_that_is_too_old_shows_the_line_that_says_so() -> None:
    script = verifier_script()
    with pytest.raises(SyntaxError) as stopped:
        ast.parse(script, feature_version=(3, 7))
    line = script.decode().splitlines()[(stopped.value.lineno or 1) - 1]
    assert "this_needs_python_3_9_or_newer" in line
    assert "sys.exit" in script.decode().splitlines()[stopped.value.lineno or 1]


def test_it_says_what_it_is_and_where_else_to_get_it() -> None:
    head = verifier_script().decode()[:2500]
    assert "Apache-2.0" in head
    assert "Get this file from elsewhere" in head
    assert "其他途径" in head


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('"""x"""\nfrom archive.package.verifier.main import run\n', "stands behind it"),
        ('"""x"""\nfrom archive.package.verifier.found import Finding as F\n', "another name"),
        ('"""x"""\n\ndef sentence() -> None:\n    pass\n', "is defined in"),
    ],
)
def test_parts_that_would_not_join_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, why: str
) -> None:
    for path in FOLDER.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "words.py").write_text(text)
    monkeypatch.setattr(joining, "files", lambda _package: tmp_path)
    verifier_script.cache_clear()
    with pytest.raises(JoiningError, match=why):
        verifier_script()
    verifier_script.cache_clear()


def fields(text: str) -> set[str]:
    """What a sentence wants to be filled with."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_is_there_in_both_languages_and_said_somewhere() -> None:
    source = "".join(text for name, text in parts().items() if name not in {"framing", "words"})
    used = set(re.findall(r'"([a-z]+\.[a-z0-9_]+)"', source))
    used |= {f"help.{name}" for name in ("vkey", "tsa_ca", "witness")}
    used |= {f"left.{why}" for why in WHYS}
    assert set(SENTENCES) == used & set(SENTENCES)
    for key, (english, chinese) in SENTENCES.items():
        assert fields(english) == fields(chinese), key
    raised = set(re.findall(r'(?:sentence|Error)\(\s*"([a-z]+\.[a-z0-9_]+)"', source))
    assert raised <= set(SENTENCES)
    values = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 0)
    assert say(Sentence("entry.wrong", {**values, "index": 3, "why": "x"}), "zh") == "条目 3：x"


def test_every_code_of_the_paper_has_words_and_no_other() -> None:
    paper = (ROOT / "docs" / "formats" / "package.md").read_text("utf-8")
    table = paper.partition("| code | what is wrong |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)} == set(CODES)
