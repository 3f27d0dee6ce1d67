"""Several recorders at once: each by its own right, nothing told of what may not be known, and who goes with whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from archive import cases
from archive.events import Event
from archive.ids import new_id
from tests.api.world import CASE, World, make_world

GONE = "clip-01k0000000000000000000000z"
START = "2026-01-17T08:00:{:02}Z"


def add(
    world: World,
    name: str,
    *,
    recorder: str,
    unit: str = "North",
    second: int = 0,
    length: int = 30,
    uncertainty: int | None = None,
    case: str | None = None,
) -> None:
    """A film of so many seconds that begins at eight and a few seconds."""
    world.ids[name] = new_id("clip")
    world.ids.setdefault(recorder, new_id("recorder"))
    archive, actor = world.archive, world.archive.settings.station
    with archive.store.writing() as writing:
        [film] = writing.put([name.encode() * 50])
        common = {"officer": None, "unit": world.ids[unit], "recorder": world.ids[recorder]}
        clock = {"offset_ms": None if uncertainty is None else 0, "uncertainty_ms": uncertainty}
        told = {"start": START.format(second), "start_source": "name", **clock}
        flags = {
            "marked": False,
            "late": False,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
        }
        original = {"object": film.digest, "size": film.size}
        media = {
            "kind": "video",
            "container": "mp4",
            "video": "h264",
            "audio": None,
            "rate": "25/1",
        }
        archive.record(
            [
                Event(
                    type="recorder.registered",
                    subject=world.ids[recorder],
                    actor=actor,
                    data={"unit": None, "officer": None},
                    text={"serial": recorder},
                ),
                Event(
                    type="clip.ingested",
                    subject=world.ids[name],
                    actor=actor,
                    data={
                        **{"docking": new_id("docking"), "original": original, "kind": "video"},
                        **common,
                        **told,
                        **flags,
                        "modified": START.format(second),
                    },
                    text={"path": f"{name}.mp4", "start_raw": None, "belongs_to": None},
                ),
                Event(
                    type="clip.examined",
                    subject=world.ids[name],
                    actor=actor,
                    data={
                        **media,
                        **{"duration_us": length * 1_000_000, "width": 640, "height": 360},
                        **{"created": None, "damaged": False, "damage": [], "playable": True},
                        **{"tool": "pyav", "version": "18"},
                    },
                ),
            ]
        )
    archive.catalogue.catch_up()
    if case is not None:
        cases.link_clip(archive, actor="local-0", number=case, clip=world.ids[name], reason="r")
        archive.catalogue.catch_up()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """In a minute: three recorders of the north, one of the south in the same case, one just before."""
    made = make_world(tmp_path_factory.mktemp("together") / "root")
    add(made, "a", recorder="N1", second=0, length=20, case=CASE)
    add(made, "a2", recorder="N1", second=20, length=20, case=CASE)
    add(made, "b", recorder="N2", second=10, uncertainty=500)
    add(made, "before", recorder="N3", second=0, length=9, uncertainty=600)
    add(made, "far", recorder="S1", unit="South", second=12, case=CASE)
    yield made
    made.close()


def together(world: World, user: str, name: str) -> list[str]:
    names = {id_: name for name, id_ in world.ids.items()}
    answer = world.client(user).get(f"{world.clip(name)}/together")
    assert answer.status_code == 200
    return [names[clip["clip"]] for clip in answer.json()["together"]]


def test_others_at_the_same_time_are_of_the_case_or_the_unit_and_within_reach(world: World) -> None:
    # "first" of the world began at eight too, for a minute, in the same unit and case.
    assert together(world, "chief", "a") == ["before", "first", "b"] or together(
        world, "chief", "a"
    ) == ["first", "before", "b"]
    assert "far" in together(world, "archivist", "a")
    assert together(world, "southchief", "far") == []
    # One recorder's other file is no other recorder.
    assert "a2" not in together(world, "archivist", "a")


def test_the_doubt_of_a_clock_counts_for_it(world: World) -> None:
    """It ended at nine by a clock that may be 0.6 s off; the other began at ten by one that may be 0.5 s off."""
    assert "before" in together(world, "archivist", "b")
    assert "b" in together(world, "archivist", "before")
    assert "far" not in together(world, "archivist", "before")


def test_the_page_of_one_has_a_recorder_once(world: World) -> None:
    page = world.client("chief").get(f"{world.clip('b')}/together").json()["page"]
    chosen = page.split("clip=")[1:]
    assert len(chosen) == 4  # b, N1, N3 and the recorder of "first"
    assert world.browser("chief").get(page).status_code == 200


@pytest.mark.parametrize(("user", "other"), [("chief", "far"), ("southchief", "a")])
def test_what_may_not_be_known_looks_like_what_is_not_there(
    world: World, user: str, other: str
) -> None:
    browser = world.browser(user)
    before = len(world.entries("access.refused"))
    hidden = browser.get(f"/together?clip={world.ids[other]}")
    missing = browser.get(f"/together?clip={GONE}")
    assert hidden.text.replace(world.ids[other], "") == missing.text.replace(GONE, "")
    assert "Not there, or outside what you may see" in hidden.text
    assert len(world.entries("access.refused")) == before + 2


def test_facts_without_footage_name_the_unit_and_no_address_of_a_film(world: World) -> None:
    page = world.browser("archivist").get(
        f"/together?clip={world.ids['a']}&clip={world.ids['far']}"
    )
    assert "head of the collecting unit South" in page.text
    assert "/original" not in page.text
    assert "N1" in page.text


def test_a_visitor_gets_each_film_from_where_its_view_is_recorded(world: World) -> None:
    page = world.browser("chief").get(f"/together?clip={world.ids['a']}&clip={world.ids['b']}")
    for name in ("a", "b"):
        assert f'src="/api/v1/clips/{world.ids[name]}/original"' in page.text
    assert world.entries("clip.viewed") == []


def test_a_case_is_laid_on_lanes_by_recorder_and_opening_it_is_a_search(world: World) -> None:
    before = len(world.entries("search.made"))
    page = world.browser("chief").get(f"/together?case={quote(CASE)}&at=2026-01-17T08:00:15Z")
    assert page.status_code == 200
    assert len(world.entries("search.made")) == before + 1
    assert page.text.count("<figure") == 2  # N1 with both of its files, and the recorder of "first"
    assert world.ids["a2"] in page.text
    assert world.ids["far"] not in page.text
    assert world.browser("reviewer").get(f"/together?case={quote(CASE)}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?clip=nonsense", 200),
        ("?moved=2:-40&moved=1:86400000&sound=7", 200),
        ("?moved=2:forty", 422),
        ("?moved=2:99999999", 422),
        ("?at=yesterday", 422),
        ("?case=" + "9" * 300, 422),
    ],
)
def test_an_address_that_makes_no_sense_is_an_answer_and_no_fault(
    world: World, query: str, status: int
) -> None:
    assert world.browser("chief").get(f"/together{query}").status_code == status


def test_an_administrator_has_no_way_in(world: World) -> None:
    assert world.browser("root").get(f"/together?clip={world.ids['a']}").status_code == 403
    assert world.client("root").get(f"{world.clip('a')}/together").status_code == 403


def test_names_with_markup_are_text(world: World, tmp_path: Path) -> None:
    del tmp_path
    add(world, "odd", recorder="<b>N9</b>", second=40)
    page = world.browser("chief").get(f"/together?clip={world.ids['odd']}")
    assert "<b>N9</b>" not in page.text
    assert "&lt;b&gt;N9&lt;/b&gt;" in page.text
