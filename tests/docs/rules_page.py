"""docs/rules.md: each rule, its clause, the data that say its figures, and the tests that name it.

`python -m tests.docs.rules_page`, from the top of the checkout, writes it. What always holds: nothing on the page is
typed there. Rules come of rules.toml beside this file, figures of oversight/rules, tests of their names alone:
`test_r12_is_kept_…`, `test_r12_is_broken_…`, `test_r12_is_kept_…_and_broken_…`, or any other `test_r12_…`.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "rules.md"
RULES: Final = Path(__file__).with_name("rules.toml")
FIGURES: Final = ROOT / "oversight" / "rules"
COMMAND: Final = "python -m tests.docs.rules_page"
# Each of these has a test that shows it kept and one that shows it broken.
SHOWN: Final = frozenset({1, 2, 3, 7, 8, 10, 11, 12, 13, 14, 15})
_NAMED: Final = re.compile(r"test_((?:r\d+_and_)*r\d+)_(.*)")
_SAID: Final = frozenset({"id", "name", "clause", "source", "in_force", "superseded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test that names rules."""

    file: str
    name: str
    rules: frozenset[int]
    kept: bool
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One rule of a file of rules."""

    file: str
    key: str  # deadline.upload
    says: str
    clause: str
    source: str
    since: str


def test_of(file: str, name: str) -> Test | None:
    """What a function's name says; None: it names no rule."""
    found = _NAMED.fullmatch(name)
    if found is None:
        return None
    words = found[2]
    kept, broken = words.startswith("is_kept_"), words.startswith("is_broken_")
    return Test(
        file=file,
        name=name,
        rules=frozenset(int(one[1:]) for one in found[1].split("_and_")),
        kept=kept,
        broken=broken or (kept and "_and_broken_" in words),
    )


def tests(folder: Path) -> Iterator[Test]:
    """All tests below a folder that name rules, by file and in their order there."""
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "def test_r" not in text:
            continue
        name = path.relative_to(folder.parent).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (found := test_of(name, node.name)):
                yield found


def figures(folder: Path) -> Iterator[Figure]:
    """Every rule of every file of rules, in its order there."""
    for path in sorted(folder.glob("*.toml")):
        document = tomllib.loads(path.read_text("utf-8"))
        for table, rows in document.items():
            if not isinstance(rows, list):
                continue
            for row in rows:
                yield Figure(
                    file=path.relative_to(folder.parents[1]).as_posix(),
                    key=f"{table}.{row['id']}",
                    says=", ".join(f"{k} = {_value(v)}" for k, v in row.items() if _plain(k, v)),
                    clause=row["clause"]["zh"],
                    source=row["source"]["zh"],
                    since=str(row["in_force"]),
                )


def shows(found: Iterable[Test]) -> tuple[frozenset[int], frozenset[int]]:
    """Which rules are shown kept, and which broken."""
    all_ = list(found)
    kept = frozenset(rule for test in all_ if test.kept for rule in test.rules)
    return kept, frozenset(rule for test in all_ if test.broken for rule in test.rules)


def page(rules: Iterable[Mapping[str, Any]], said: list[Figure], found: list[Test]) -> str:
    """The page."""
    out = [
        "# Rules 规则",
        "",
        f"Made by `{COMMAND}`: do not edit. Rule → clause → data → tests.",
        "What each key means, and how a place's own file takes the place of what is shipped:",
        "[formats/rules.md](formats/rules.md). ✓ shows the rule kept, ✗ shows it broken and noticed.",
        "",
    ]
    used: set[str] = set()
    for rule in rules:
        own = [f for f in said if any(fnmatchcase(f.key, glob) for glob in rule["data"])]
        used |= {figure.key for figure in own}
        out += _rule(rule, own, [test for test in found if rule["number"] in test.rules])
    rest = [figure for figure in said if figure.key not in used]
    if rest:
        out += ["## Further figures 其他", "", *_table(rest)]
    return "\n".join(out).rstrip() + "\n"


def current() -> str:
    """The page as it has to be now."""
    rules = tomllib.loads(RULES.read_text("utf-8"))["rule"]
    return page(rules, list(figures(FIGURES)), list(tests(ROOT / "tests")))


def _rule(rule: Mapping[str, Any], own: list[Figure], found: list[Test]) -> list[str]:
    out = [f"## R{rule['number']}", "", rule["zh"], "", f"{rule['en']}.", ""]
    out += [f"- 出处 source: {rule['source']}", f"- how: [{rule['kept_by']}]({rule['kept_by']})"]
    out += [f"- data: [{name}](../{name})" for name in rule.get("files", ())]
    out.append("")
    if own:
        out += _table(own)
    if found:
        by_file = defaultdict[str, list[Test]](list)
        for test in found:
            by_file[test.file].append(test)
        for file, group in by_file.items():
            out += [f"- [{file}](../{file})", *(f"  - {_marks(t)}`{t.name}`" for t in group)]
        out.append("")
    return out


def _table(own: Iterable[Figure]) -> list[str]:
    out = ["| data | says | clause 条款 | source 来源 | in force |", "|---|---|---|---|---|"]
    for figure in own:
        file = f"[{figure.file.rpartition('/')[2]}](../{figure.file}) `{figure.key}`"
        cells = (file, figure.says, figure.clause, figure.source, figure.since)
        out.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return [*out, ""]


def _marks(test: Test) -> str:
    marks = "✓" * test.kept + "✗" * test.broken
    return f"{marks} " if marks else ""


def _plain(key: str, value: object) -> bool:
    return key not in _SAID and (not isinstance(value, list) or not _worded(value))


def _worded(value: list[Any]) -> bool:
    return bool(value) and isinstance(value[0], dict)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    PAGE.write_text(current(), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
