"""Cases that hold no clip are found by their words all the same, by who may know of them and by nobody else."""

from __future__ import annotations

import pytest

from archive import cases
from tests.api.world import World

NUMBER = "市监罚〔2026〕9117号"


@pytest.fixture
def empty_case(world: World) -> str:
    """A case of North without a clip."""
    if world.archive.catalogue.case_by_number(NUMBER) is not None:
        return NUMBER
    cases.open_case(
        world.archive,
        actor="local-0",
        number=NUMBER,
        unit=world.ids["North"],
        title="占道经营复查",
        subject="Harbour Trading 港口贸易",
    )
    return NUMBER


def page(world: World, user: str, lang: str = "en", **words: str) -> str:
    browser = world.browser(user, lang=lang)
    answer = browser.get("/", params=words)
    while answer.status_code == 303:
        answer = browser.get(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.mark.parametrize(
    "typed", ["占道经营", "复查", "harbour", "港口 占道", "9117", "2026〕91", "Trading ９１１７"]
)
@pytest.mark.parametrize("user", ["chief", "archivist"])
def test_a_case_is_found_by_words_of_its_title_and_subject_above_the_clips(
    world: World, empty_case: str, user: str, typed: str
) -> None:
    found = page(world, user, q=typed)
    assert 'id="cases"' in found
    assert empty_case in found
    assert "占道经营复查" in found
    assert "Harbour Trading 港口贸易" in found


@pytest.mark.usefixtures("empty_case")
def test_its_heading_is_in_the_reader_s_language(world: World) -> None:
    assert ">案件</h2>" in page(world, "chief", "zh", text="占道经营")
    assert ">Cases</h2>" in page(world, "chief", "en", text="占道经营")


@pytest.mark.parametrize("typed", ["占道经营", "harbour", "9117"])
def test_whoever_may_not_know_of_it_gets_the_page_of_words_that_nothing_has(
    world: World, empty_case: str, typed: str
) -> None:
    found = page(world, "southchief", q=typed)
    nothing = page(world, "southchief", q="x".rjust(len(typed), "x"))
    assert empty_case not in found
    assert "占道经营复查" not in found
    assert 'id="cases"' not in found
    assert found.count("<table") == nothing.count("<table")


def test_who_may_know_one_of_its_clips_finds_the_case(world: World) -> None:
    # South's clip is in it; the case is North's.
    assert 'id="cases"' in page(world, "southchief", text="夜间检查")


@pytest.mark.usefixtures("empty_case")
def test_every_word_has_to_be_the_case_s(world: World) -> None:
    assert 'id="cases"' not in page(world, "chief", text="占道经营 夜间检查")
    assert 'id="cases"' not in page(world, "chief", text="---")


@pytest.mark.usefixtures("empty_case")
def test_a_search_by_more_than_words_is_for_clips(world: World) -> None:
    assert 'id="cases"' not in page(world, "chief", text="占道经营", unit="North")
