"""The picture of a watermark: who is signed in and why, whatever a name holds; nobody else, nothing of the clip."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from api.watermark.words import picture, stamped
from tests.api.world import CASE, World

SVG = "{http://www.w3.org/2000/svg}"


def texts(data: bytes) -> list[str]:
    """What an SVG says."""
    tree = ElementTree.fromstring(data)  # noqa: S314 - our own words, and the test is about them
    return [one.text or "" for one in tree.iter(f"{SVG}text")]


def test_it_names_the_account_the_case_and_the_moment(world: World) -> None:
    answer = world.browser("chief").get(f"/clips/{world.ids['first']}/watermark.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "no-store" in answer.headers["cache-control"]
    who, case, moment = texts(answer.content)
    assert who == f"chief · {world.users['chief'].id[-8:]}"
    assert case == CASE
    assert datetime.fromisoformat(moment).year >= 2026


def test_another_visitor_has_another_mark_and_an_outsider_none(world: World) -> None:
    path = f"/clips/{world.ids['first']}/watermark.svg"
    assert texts(world.browser("wang").get(path).content)[0].startswith("wang · ")
    assert world.browser("southchief").get(path).status_code == 404
    assert world.client().get(path).status_code == 401


@pytest.mark.parametrize("name", ["<script>x</script>", '"/>&', "王小明 ]]>"])
def test_markup_in_a_name_is_text(name: str) -> None:
    moment = datetime(2026, 1, 17, 8, tzinfo=UTC)
    said = stamped((name,), moment, ZoneInfo("Asia/Shanghai"))
    assert texts(picture(said)) == [name, "2026-01-17 16:00:00"]


def test_the_page_lays_it_over_the_film_and_over_paper(world: World) -> None:
    page = world.browser("chief").get(f"/clips/{world.ids['first']}").text
    assert page.count(f'src="/clips/{world.ids["first"]}/watermark.svg"') == 2
    assert 'data-watermark="chief' in page
    closed = world.browser("archivist").get(f"/clips/{world.ids['first']}").text
    assert "watermark.svg" not in closed
