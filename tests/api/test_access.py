"""Who may see what: default deny on every route, and mission.md's table, role by role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.gate import CHECKS, anyone, this_machine
from tests.api.world import CASE, World

OPEN = {
    "/healthz",
    "/readyz",
    "/static/{name}",
    "/sign-in",
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/api/v1/session",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/ledger/checkpoint",
    "/ledger/checkpoint.cosigned",
    "/ledger/tile/{level}/{index:path}",
}
ROLES = ("chief", "southchief", "wang", "archivist", "overseer", "reviewer", "root")


def checks_of(dependant: Dependant) -> Iterator[object]:
    """Every function that a route depends on."""
    yield dependant.call
    for part in dependant.dependencies:
        yield from checks_of(part)


def routes(world: World) -> list[APIRoute]:
    """Every route of the application."""
    found = [route for route in world.app.routes if isinstance(route, APIRoute)]
    assert len(found) == len(world.app.routes), "a mount or a bare route names no check"
    return found


def test_every_route_names_who_may_call_it(world: World) -> None:
    for route in routes(world):
        assert CHECKS & set(checks_of(route.dependant)), route.path


def test_only_the_listed_routes_are_open_to_anyone(world: World) -> None:
    open_routes = {r.path for r in routes(world) if anyone in set(checks_of(r.dependant))}
    assert open_routes == OPEN
    local = {r.path for r in routes(world) if this_machine in set(checks_of(r.dependant))}
    assert local == {"/metrics"}


def test_every_other_route_is_401_for_a_stranger_whatever_the_method(world: World) -> None:
    stranger = world.client()
    for route in routes(world):
        path = route.path
        for name, value in (
            ("{clip}", world.ids["first"]),
            ("{number}", CASE),
            ("{kind}", "poster"),
            ("{index:path}", "000"),
            ("{index}", "3"),
            ("{request}", "request-0"),
        ):
            path = path.replace(name, value)
        if route.path in OPEN - {"/api/v1/session"} or path == "/metrics":
            continue
        for method in route.methods or ():
            if (method, path) == ("POST", "/api/v1/session"):
                continue
            answer = stranger.request(method, path)
            assert answer.status_code == 401, (method, path)
            if method != "HEAD":
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["code"] == "P010"


# What each role gets for a clip of the north unit by officer wang: facts, original, poster, proof.
@pytest.mark.parametrize(
    ("user", "facts", "footage"),
    [
        ("chief", 200, 200),
        ("southchief", 404, 404),
        ("wang", 200, 200),
        ("archivist", 200, 403),
        ("overseer", 200, 403),
        ("reviewer", 404, 404),
        ("root", 403, 403),
    ],
)
def test_a_clip_is_shown_as_the_mission_says(
    world: World, user: str, facts: int, footage: int
) -> None:
    client = world.client(user)
    for part in ("", "/custody", "/proof"):
        assert client.get(world.clip("first") + part).status_code == facts, part
    for part in ("/original", "/renditions/poster"):
        for method in ("GET", "HEAD"):
            assert client.request(method, world.clip("first") + part).status_code == footage, part


def test_an_officer_sees_no_clip_of_a_colleague(world: World) -> None:
    assert world.client("wang").get(world.clip("second")).status_code == 404


def test_what_may_not_be_known_answers_as_what_does_not_exist(world: World) -> None:
    client = world.client("chief")
    hidden = client.get(world.clip("south"))
    missing = client.get("/api/v1/clips/clip-01k0000000000000000000000z")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


@pytest.mark.parametrize(
    ("user", "total"),
    [("chief", 2), ("southchief", 1), ("wang", 1), ("archivist", 3), ("reviewer", 0)],
)
def test_a_search_counts_only_what_may_be_known(world: World, user: str, total: int) -> None:
    found = world.client(user).get("/api/v1/clips", params={"case": CASE}).json()
    assert (found["total"], len(found["clips"])) == (total, total)


@pytest.mark.parametrize("user", ROLES)
def test_entry_bundles_are_for_archivist_and_oversight(world: World, user: str) -> None:
    size = int(world.archive.reader.checkpoint().splitlines()[1])
    answer = world.client(user).get(f"/ledger/tile/entries/000.p/{size}")
    assert answer.status_code == (200 if user in {"archivist", "overseer"} else 403)


def test_a_refusal_is_in_the_ledger_before_its_answer(world: World) -> None:
    before = len(world.entries("access.refused"))
    for user, code in (("archivist", "P020"), ("southchief", "P021"), ("root", "P020")):
        world.client(user).get(world.clip("first") + "/original")
        last = world.entries("access.refused")[-1]
        assert last.actor == last.subject == world.users[user].id
        assert last.data["code"] == code
    assert len(world.entries("access.refused")) == before + 3
    assert world.entries("access.refused")[-2].data["clip"] == world.ids["first"]


def test_a_refused_view_is_no_view(world: World) -> None:
    before = len(world.entries("clip.viewed"))
    world.client("archivist").get(world.clip("first") + "/renditions/poster")
    assert len(world.entries("clip.viewed")) == before


def test_a_case_of_another_unit_is_known_to_those_whose_clips_it_holds(world: World) -> None:
    page = world.client("southchief").get(f"/api/v1/cases/{CASE}").json()
    assert [clip["clip"] for clip in page["clips"]] == [world.ids["south"]]
    assert world.client("reviewer").get(f"/api/v1/cases/{CASE}").status_code == 404
    assert world.client("root").get("/api/v1/cases").status_code == 403


@pytest.mark.parametrize(
    "path", ["/nosuch", "/api/v1/nosuch", "/ledger/state", "/docs", "/api/v1/clips", "/cases/1"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_exists_is_told_to_nobody_who_is_not_signed_in(
    world: World, path: str, method: str
) -> None:
    answer = world.client().request(method, path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
