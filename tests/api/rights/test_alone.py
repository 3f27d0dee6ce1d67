"""One administrator alone, whatever they do in whatever order, never sees footage nor signs in as somebody else."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.world import PASSWORD, Client, World

MALLORY = "root"
OTHERS = ("chief", "wang", "reviewer", "archivist", "root2", "root3")


class Alone:
    """What one administrator can ask for over HTTP, remembering every secret that they were told."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.draw = world, random.Random(seed)  # noqa: S311 - no secret
        self.client = world.client(MALLORY)
        self.told: set[str] = set()
        self.name = 0

    def step(self) -> None:
        """Do one thing."""
        ways: list[Callable[[], Any]] = [
            self.add,
            self.change,
            self.enable,
            self.confirm,
            self.reset,
            self.confirm_reset,
            self.disable_another,
            self.place_a_unit,
        ]
        answer = self.draw.choice(ways)()
        if answer is not None and answer.status_code < 300 and answer.content:
            self.told |= {v for v in answer.json().values() if isinstance(v, str)}

    def account(self) -> str:
        """Anybody's id, one's own too."""
        every = self.client.get("/api/v1/accounts?limit=500").json()["accounts"]
        return str(self.draw.choice(every)["account"])

    def add(self) -> Any:
        """A puppet."""
        self.name += 1
        role = self.draw.choice(["supervisor", "administrator", "reviewer"])
        body = {"user": f"puppet{self.name}", "role": role, "unit": "North", "reason": "mine"}
        return self.client.post("/api/v1/accounts", json=body)

    def change(self) -> Any:
        """More rights for somebody."""
        role = self.draw.choice(["supervisor", "administrator"])
        body = {"role": role, "unit": "North", "badge": "", "reason": "mine"}
        return self.client.patch(f"/api/v1/accounts/{self.account()}", json=body)

    def enable(self) -> Any:
        """Somebody who left."""
        body = {"disabled": False, "reason": "mine"}
        return self.client.patch(f"/api/v1/accounts/{self.account()}", json=body)

    def disable_another(self) -> Any:
        """A second administrator, now and then."""
        if self.draw.random() < 0.8:
            return None
        return self.client.patch(f"/api/v1/accounts/{self.account()}", json={"disabled": True})

    def confirm(self) -> Any:
        """One's own proposals."""
        rows = self.client.get("/api/v1/rights?state=open").json()["rights"]
        if not rows:
            return None
        index = self.draw.choice(rows)["proposal"]
        return self.client.post(f"/api/v1/rights/{index}/decision", json={"decision": "confirm"})

    def reset(self) -> Any:
        """A new password for somebody."""
        return self.client.post(f"/api/v1/accounts/{self.account()}/password", json={})

    def confirm_reset(self) -> Any:
        """And confirm it oneself."""
        path = f"/api/v1/accounts/{self.account()}/password/confirmation"
        return self.client.post(path, json={})

    def place_a_unit(self) -> Any:
        """A unit above all."""
        self.name += 1
        self.client.post("/api/v1/units", json={"name": f"unit{self.name}", "level": "city"})
        rows = self.client.get("/api/v1/units").json()["units"]
        one, other = self.draw.choice(rows)["unit"], self.draw.choice(rows)["unit"]
        body = {"parent": other, "level": "county", "reason": "mine"}
        return self.client.patch(f"/api/v1/units/{one}", json=body)


def sees_footage(client: Client, world: World) -> bool:
    """Whether any clip's bytes come."""
    paths = [world.clip(name) + what for name in ("first", "south") for what in ("/original", "")]
    return any(client.get(path).status_code == 200 for path in paths)


@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_steps_by_one_administrator_opens_footage(fresh: World, seed: int) -> None:
    before = {a.id: a for a in fresh.accounts.all()}
    units = list(fresh.archive.catalogue.unit_tree())
    alone = Alone(fresh, seed)
    for _ in range(60):
        alone.step()
        assert not sees_footage(alone.client, fresh)
    now = {a.id: a for a in fresh.accounts.all()}
    assert now.keys() == before.keys(), "no puppet"
    assert not any(fresh.archive.catalogue.unit_tree()[unit].parent for unit in units), "no head"
    for id_, account in now.items():
        assert (account.role, account.unit, account.officer) == (
            before[id_].role,
            before[id_].unit,
            before[id_].officer,
        )
    assert len(alone.told) > 10
    for user in OTHERS:
        # Their own password still counts, so nobody set another; and nothing that was told is one.
        account = fresh.accounts.by_name(user)
        assert account.disabled or fresh.accounts.check(user, PASSWORD) is not None
        assert not any(
            fresh.accounts.check(user, secret) for secret in alone.told if len(secret) < 40
        )
