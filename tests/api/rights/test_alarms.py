"""Alarms: raised once, counted, seen by whom they concern, settled by somebody else with a reason."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.rights.alarms import raise_alarm, record_alarm
from api.rights.looking import count_open
from tests.api.world import World

ALARMS = "/api/v1/alarms"


def raised(world: World, code: str, user: str, **more: Any) -> int:
    """Raise an alarm about somebody's doing; answers with its index."""
    account = world.users[user].id
    record_alarm(
        world.archive, actor="local-0", subject=account, code=code, account=account, **more
    )
    world.app.service.freshness.changed()  # type: ignore[attr-defined] # as from the command line, only sooner
    return world.entries("alarm.raised")[-1].index


def seen(world: World, user: str) -> list[int]:
    """The alarms that somebody may know of."""
    return [a["alarm"] for a in world.client(user).get(ALARMS).json()["alarms"]]


def test_a_supervisor_knows_of_the_alarms_of_their_unit_and_no_others(world: World) -> None:
    by_wang = raised(world, "many_views", "wang", count=90)  # of the north by the badge
    by_zhao = raised(world, "many_views", "southchief", count=90, clip=world.ids["first"])
    alone = raised(world, "many_refusals", "southchief", count=12)
    assert {by_wang, by_zhao} <= set(seen(world, "chief"))
    assert alone not in seen(world, "chief")
    assert {by_zhao, alone} <= set(seen(world, "southchief"))
    assert by_wang not in seen(world, "southchief")
    assert {by_wang, by_zhao, alone} <= set(seen(world, "archivist")) & set(seen(world, "overseer"))
    assert world.client("wang").get(ALARMS).status_code == 403
    other = world.client("chief").post(f"{ALARMS}/{alone}/settlement", json={"reason": "x"})
    assert other.status_code == 404


def test_an_administrator_knows_of_an_alarm_but_not_of_the_clip(world: World) -> None:
    index = raised(world, "emergency_access", "chief", clip=world.ids["south"])
    rows = {a["alarm"]: a for a in world.client("root").get(ALARMS).json()["alarms"]}
    assert rows[index]["clip"] is None
    assert world.ids["south"] not in world.client("root").get(ALARMS).text
    rows = {a["alarm"]: a for a in world.client("archivist").get(ALARMS).json()["alarms"]}
    assert rows[index]["clip"] == world.ids["south"]
    refused = world.client("root").post(f"{ALARMS}/{index}/settlement", json={"reason": "x"})
    assert refused.status_code == 403


def test_somebody_else_settles_an_alarm_once_and_says_why(world: World) -> None:
    index = raised(world, "views_at_night", "chief", count=3)
    path = f"{ALARMS}/{index}/settlement"
    own = world.client("chief").post(path, json={"reason": "it was me"})
    assert (own.status_code, own.json()["code"]) == (403, "P068")
    assert world.client("archivist").post(path, json={"reason": " "}).status_code == 422
    done = world.client("archivist").post(path, json={"reason": "on duty that night"})
    assert (done.status_code, done.json()["settled_by"]) == (200, "archivist")
    assert done.json()["settled_reason"] == "on duty that night"
    assert world.client("overseer").post(path, json={"reason": "x"}).json()["code"] == "P061"
    still_open = world.client("archivist").get(f"{ALARMS}?state=open").json()["alarms"]
    assert index not in [a["alarm"] for a in still_open]
    assert "on duty" not in "".join(e.raw.decode() for e in world.entries("alarm.settled"))


def test_the_same_alarm_again_is_counted_not_written(fresh: World) -> None:
    service, account = fresh.app.service, fresh.users["wang"].id  # type: ignore[attr-defined]

    def raise_once(code: str) -> None:
        asyncio.run(raise_alarm(service, subject=account, code=code, account=account))

    for _ in range(5):
        raise_once("many_refusals")
    raise_once("many_views")
    assert [e.data["code"] for e in fresh.entries("alarm.raised")] == [
        "many_refusals",
        "many_views",
    ]
    first = fresh.entries("alarm.raised")[0].index
    fresh.client("archivist").post(f"{ALARMS}/{first}/settlement", json={"reason": "spoke to them"})
    raise_once("many_refusals")
    assert fresh.entries("alarm.raised")[-1].data["count"] == 5, "this one and four unwritten"


def test_alarms_come_page_by_page_and_the_header_counts_the_open_ones(world: World) -> None:
    for number in range(5):
        raised(world, f"kind{number}", "wang")
    whole = seen(world, "archivist")
    client, found, cursor = world.client("archivist"), [], ""
    while True:
        page = client.get(f"{ALARMS}?limit=2{cursor}").json()
        found += [a["alarm"] for a in page["alarms"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == whole == sorted(whole, reverse=True)
    service = world.app.service  # type: ignore[attr-defined]
    open_ones = client.get(f"{ALARMS}?state=open&limit=500").json()["alarms"]
    assert count_open(service, world.users["archivist"]) == len(open_ones)
    assert count_open(service, world.users["wang"]) == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "cursor=x", "state=loud"])
def test_a_malformed_question_is_422(world: World, query: str) -> None:
    assert world.client("archivist").get(f"{ALARMS}?{query}").status_code == 422


def test_the_metric_counts_open_alarms(world: World) -> None:
    text = world.client().get("/metrics").text
    service = world.app.service  # type: ignore[attr-defined]
    count = count_open(service, world.users["archivist"])
    assert f"muniment_alarms_open {float(count)}" in text
