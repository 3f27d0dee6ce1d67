"""Error codes are a promise to scripts: list and classes are the same, and no code means two things."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from muniment.messages.errors_zh import ERRORS_ZH, REASONS_ZH

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("api", "archive", "devices", "flows", "ingest", "muniment", "oversight")
ROW = re.compile(r"^\| ([A-Z]\d{3}) \| `(\w+)` \|", re.MULTILINE)
WITHOUT_CLASS = {"C050"}  # what the operating system refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An error class that names a code."""

    code: str
    name: str
    bases: frozenset[str]


def classes() -> list[Found]:
    """Every class with a code of ours, read without importing anything."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and (code := code_of(node)) is not None:
                    bases = frozenset(ast.unparse(base) for base in node.bases)
                    found.append(Found(code=code, name=node.name, bases=bases))
    return found


def code_of(node: ast.ClassDef) -> str | None:
    """The code that a class body gives, if it does."""
    for line in node.body:
        match line:
            case (
                ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code)))
                | ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code)))
            ) if re.fullmatch(r"[A-Z]\d{3}", code):
                return code
    return None


def test_the_list_on_paper_and_the_classes_are_the_same() -> None:
    listed = ROW.findall((ROOT / "docs" / "errors.md").read_text("utf-8"))
    assert sorted(set(listed)) == sorted({(found.code, found.name) for found in classes()})
    assert len(listed) == len(set(listed))


def test_no_code_means_two_things() -> None:
    by_code = defaultdict(list)
    for found in classes():
        by_code[found.code].append(found)
    twice = {
        code: [found.name for found in same]
        for code, same in by_code.items()
        # A special case of an error may keep its code.
        if len([f for f in same if not f.bases & {g.name for g in same}]) > 1
    }
    assert twice == {}


def test_every_code_has_its_sentence_in_chinese() -> None:
    codes = {found.code for found in classes() if not found.code.endswith("000")}
    assert codes | WITHOUT_CLASS == set(ERRORS_ZH)


def test_every_reason_of_a_clip_has_the_sentence_on_paper_in_chinese() -> None:
    paper = (ROOT / "docs" / "errors.md").read_text("utf-8").partition("## A:")[0]
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| [^|]+ \| ([^|]+) \|$", paper, re.MULTILINE)
    listed = {code: words for codes, words in rows for code in re.findall(r"`(\w+)`", codes)}
    assert listed == REASONS_ZH


def test_a_class_with_a_code_is_recognised_in_both_forms() -> None:
    plain, annotated, none = ast.parse(
        'class A:\n    code = "A001"\n'
        'class B:\n    code: ClassVar[str] = "B002"\n'
        'class C:\n    code = "x"\n'
    ).body
    assert isinstance(plain, ast.ClassDef)
    assert isinstance(annotated, ast.ClassDef)
    assert isinstance(none, ast.ClassDef)
    assert [code_of(plain), code_of(annotated), code_of(none)] == ["A001", "B002", None]
