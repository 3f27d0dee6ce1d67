"""The small archive of world.py under a county: its office above the two units, and a head there."""

from __future__ import annotations

from typing import Any

from api.identity.registering import add_account
from archive.events import Event
from archive.ids import new_id
from tests.api.world import CASE, PASSWORD, World

REQUESTS = "/api/v1/requests"


def add_county(world: World) -> None:
    """Place North and South under a county whose head is `county`."""
    county = world.ids["County"] = new_id("unit")
    world.archive.record(
        [
            Event(type="unit.registered", subject=county, actor="local-0", text={"name": "County"}),
            Event(
                type="unit.placed",
                subject=county,
                actor="local-0",
                data={"parent": None, "level": "county"},
            ),
            *(
                Event(
                    type="unit.placed",
                    subject=world.ids[name],
                    actor="local-0",
                    data={"parent": county, "level": "squad"},
                )
                for name in ("North", "South")
            ),
        ]
    )
    add_user(world, "county", "supervisor", unit="County")


def add_user(world: World, name: str, role: str, *, unit: str | None = None) -> None:
    """Another account."""
    world.users[name] = add_account(
        world.archive,
        world.accounts,
        actor="local-0",
        name=name,
        role=role,
        password=PASSWORD,
        unit=None if unit is None else world.ids[unit],
        officer=None,
    )
    world.archive.catalogue.catch_up()


def ask(
    world: World, user: str, *, status: int = 201, clip: str | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Ask as somebody; what they are told."""
    body: dict[str, Any] = {"purpose": "case", "reason": "同案比对"} | more
    if clip is not None:
        body["clips"] = [world.ids[clip]]
    elif "case" not in body and "clips" not in body:
        body["case"] = CASE
    answer = world.client(user).post(REQUESTS, json=body)
    assert answer.status_code == status, answer.text
    return list(answer.json().get("requests", []))


def listed(world: World, user: str, which: str) -> list[dict[str, Any]]:
    """A list of somebody's."""
    answer = world.client(user).get(REQUESTS, params={"list": which})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["requests"])


def decide(
    world: World, user: str, request: str, decision: str = "grant", **more: Any
) -> tuple[int, dict[str, Any]]:
    """Decide as somebody."""
    body = {"decision": decision} | more
    answer = world.client(user).post(f"{REQUESTS}/{request}/decision", json=body)
    return answer.status_code, dict(answer.json())


def footage(world: World, user: str, clip: str) -> int:
    """How somebody's wish to see a clip's original is answered."""
    return world.client(user).get(world.clip(clip) + "/original").status_code


def look_again(world: World) -> None:
    """What was written beside the service is there for its next answer; by itself it looks within 50 ms."""
    world.app.service.freshness.changed()  # type: ignore[attr-defined]  # ours
