"""docs/rules.md says what the rules, their data and the tests say now; each rule is shown kept and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import rules_page
from tests.docs.rules_page import ROOT, SHOWN, Figure, current, figures, page, shows


@pytest.fixture(scope="module")
def found() -> list[rules_page.Test]:
    return list(rules_page.tests(ROOT / "tests"))


def test_the_page_of_rules_is_what_its_command_makes() -> None:
    assert rules_page.PAGE.read_text("utf-8") == current(), f"run {rules_page.COMMAND}"


@pytest.mark.parametrize("rule", sorted(SHOWN))
def test_a_rule_is_shown_kept_and_shown_broken(found: list[rules_page.Test], rule: int) -> None:
    kept, broken = shows(found)
    assert rule in kept, f"no test_r{rule}_is_kept_…"
    assert rule in broken, f"no test_r{rule}_is_broken_… and no test_r{rule}_is_kept_…_and_broken_…"


@pytest.mark.parametrize(
    ("name", "rules", "kept", "broken"),
    [
        ("test_r1_is_kept_within_24_hours_and_broken_after", frozenset({1}), True, True),
        ("test_r12_is_broken_by_a_decision_without_review", frozenset({12}), False, True),
        ("test_r12_and_r14_who_reviews_is_qualified", frozenset({12, 14}), False, False),
        ("test_r8_footage_is_kept_and_broken_cards_are_told", frozenset({8}), False, False),
    ],
)
def test_a_test_s_name_says_which_rules_it_shows(
    name: str, rules: frozenset[int], kept: bool, broken: bool
) -> None:
    test = rules_page.test_of("tests/test_a.py", name)
    assert test is not None
    assert (test.rules, test.kept, test.broken) == (rules, kept, broken)
    assert rules_page.test_of("tests/test_a.py", "test_rules_are_read") is None


def test_only_functions_of_tests_count(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    text = '"""def test_r1_is_kept_in_words"""\ndef test_r2_is_kept_here() -> None: ...\n'
    (folder / "test_a.py").write_text(text)
    (folder / "made.py").write_text("def test_r3_is_kept_there() -> None: ...\n")
    (test,) = rules_page.tests(folder)
    assert (test.file, test.name) == ("tests/test_a.py", "test_r2_is_kept_here")


def test_every_figure_that_is_shipped_is_on_the_page_with_its_clause() -> None:
    text = current()
    for figure in figures(rules_page.FIGURES):
        assert f"`{figure.key}` | {figure.says} | {figure.clause}" in text


def test_a_figure_that_belongs_to_no_rule_is_told_as_such() -> None:
    figure = Figure(
        file="oversight/rules/national.toml",
        key="limit.new",
        says="most = 5",
        clause="条",
        source="源",
        since="2026-01-01",
    )
    text = page([], [figure], [])
    assert "## Further figures" in text
    assert "limit.new" in text
