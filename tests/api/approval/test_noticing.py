"""Viewing that is unusual raises an alarm; a player that asks again and again does not."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.approval.noticing import Noticing
from api.approval.policy_reading import NAME, shipped
from archive.events import Event
from tests.api.world import World


def policy(world: World, **numbers: int) -> None:
    """Put a policy with other thresholds into the archive's root."""
    text = shipped().data.decode()
    for name, number in numbers.items():
        before = next(line for line in text.splitlines() if line.startswith(f"{name} = "))
        text = text.replace(before, f"{name} = {number}")
    (world.archive.root / NAME).write_text(text, "utf-8")


def alarms(world: World) -> list[tuple[str, int]]:
    """Codes and counts so far."""
    return [(e.data["code"], e.data["count"]) for e in world.entries("alarm.raised")]


def test_many_different_clips_in_an_hour_are_told_of_once(own: World) -> None:
    policy(own, clips_an_hour=2, night_clips=0)
    client = own.client("chief")
    for _ in range(3):
        assert client.get(own.clip("first") + "/original").status_code == 200
        assert client.get(own.clip("first") + "/renditions/poster").status_code == 200
    assert alarms(own) == []  # one clip, however often
    for _ in range(2):
        assert client.get(own.clip("second") + "/original").status_code == 200
    assert alarms(own) == [("many_views", 2)]


def test_many_refusals_are_told_of(own: World) -> None:
    policy(own, refusals_an_hour=3, night_clips=0)
    client = own.client("root")
    for _ in range(5):
        assert client.get(own.clip("first")).status_code == 403
    assert alarms(own) == [("many_refusals", 3)]
    (alarm,) = own.entries("alarm.raised")
    assert alarm.data["account"] == own.users["root"].id


def view(world: World, clip: str) -> Event:
    """A view by the north unit's chief."""
    return Event(
        type="clip.viewed", subject=world.ids[clip], actor=world.users["chief"].id, data={}
    )


def test_the_night_counts_from_dusk_to_dawn_but_not_for_a_unit_on_duty(own: World) -> None:
    policy(own, clips_an_hour=0, night_clips=2)
    zone = own.archive.settings.zone
    assert zone == ZoneInfo("Asia/Shanghai")
    now = [datetime(2026, 3, 1, 21, 59, tzinfo=zone).timestamp()]
    noticing = Noticing(own.archive, clock=lambda: now[0])
    noticing.saw([view(own, "first"), view(own, "second")])
    assert alarms(own) == []  # it is day
    now[0] += 120
    noticing.saw([view(own, "first")])
    now[0] += 3 * 3600
    noticing.saw([view(own, "second")])
    assert alarms(own) == [("views_at_night", 2)]
    duty = '\n[[duty]]\nunit = "North"\nhours = "20:00-08:00"\n'
    path = own.archive.root / NAME
    path.write_text(path.read_text("utf-8") + duty, "utf-8")
    now[0] += 24 * 3600
    noticing.saw([view(own, "first"), view(own, "second"), view(own, "south")])
    assert len(alarms(own)) == 1


def test_a_broken_policy_stops_asking_but_not_looking(own: World) -> None:
    (own.archive.root / NAME).write_text("format = 1\nrule = 3\n", "utf-8")
    answer = own.client("southchief").post(
        "/api/v1/requests",
        json={"clips": [own.ids["first"]], "purpose": "case", "reason": "需要"},
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "P071")
    assert own.client("chief").get(own.clip("first") + "/original").status_code == 200
