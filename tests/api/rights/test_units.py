"""The tree of units: placed by two people, as every change of who decides; read by all, never a circle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rights import placing
from api.rights.units import below, county_above, heads_of, makes_a_circle, upwards
from archive.catalogue.rows import AccountRow, UnitRow
from tests.api.world import World

UNITS = "/api/v1/units"


def tree_of(**parents: str | None) -> dict[str, UnitRow]:
    """Units by name; a name that begins with `c` is of the county."""
    return {
        name: UnitRow(
            id=name, name=name, parent=parent, level="county" if name[0] == "c" else "squad"
        )
        for name, parent in parents.items()
    }


def head(name: str, unit: str, *, role: str = "supervisor", disabled: bool = False) -> AccountRow:
    """An account."""
    return AccountRow(
        id=name, name=name, role=role, unit_id=unit, officer_id=None, disabled=disabled
    )


TREE = tree_of(squad="office", office="county", county=None, other="office")
PEOPLE = (
    head("anna", "squad"),
    head("bert", "squad", disabled=True),
    head("carl", "squad", role="officer"),
    head("dora", "county"),
)


def test_the_heads_of_a_unit_are_its_enabled_supervisors_else_those_above() -> None:
    assert [a.id for a in heads_of(TREE, PEOPLE, "squad")] == ["anna"]
    assert [a.id for a in heads_of(TREE, PEOPLE, "other")] == ["dora"]
    assert heads_of(TREE, PEOPLE, None) == ()
    assert heads_of(TREE, PEOPLE, "gone") == ()


def test_nobody_is_their_own_head() -> None:
    assert [a.id for a in heads_of(TREE, PEOPLE, "squad", but="anna")] == ["dora"]
    assert heads_of(TREE, PEOPLE, "county", but="dora") == ()


def test_the_county_is_the_nearest_at_or_above() -> None:
    assert county_above(TREE, "squad") == "county"
    assert county_above(TREE, "county") == "county"
    assert county_above(tree_of(a=None), "a") is None
    assert below(TREE, "office") == {"office", "squad", "other"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef") | st.none()))
def test_every_walk_ends_also_in_a_circle(parents: dict[str, str | None]) -> None:
    tree = tree_of(**parents)
    for unit in "abcdef":
        walk = [row.id for row in upwards(tree, unit)]
        assert len(walk) == len(set(walk))
        assert county_above(tree, unit) in {None, *walk}
        for parent in tree:
            if not makes_a_circle(tree, unit, parent):
                placed = {**tree, unit: UnitRow(id=unit, name=unit, parent=parent)}
                assert [r.id for r in upwards(placed, unit)].count(unit) == 1


def propose(world: World, by: str, unit: str, parent: str | None, level: str | None) -> int:
    """Propose a place; answers with the proposal's index."""
    body = {"parent": parent, "level": level, "reason": "belongs there"}
    answer = world.client(by).patch(f"{UNITS}/{unit}", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/rights/{answer.json()['proposal']}"
    return int(answer.json()["proposal"])


def decide(world: World, by: str, index: int, decision: str = "confirm") -> tuple[int, str]:
    """Decide on it."""
    body = {"decision": decision, "reason": "so it is"}
    answer = world.client(by).post(f"/api/v1/rights/{index}/decision", json=body)
    return answer.status_code, str(answer.json().get("code", answer.json().get("state")))


def test_a_unit_is_placed_by_two_people_and_everybody_reads_the_tree(world: World) -> None:
    added = world.client("root").post(UNITS, json={"name": " County 县局 ", "level": "county"})
    assert (added.status_code, added.json()["name"]) == (201, "County 县局")
    county, north = added.json()["unit"], world.ids["North"]
    index = propose(world, "archivist", north, "County 县局", "squad")
    assert world.archive.catalogue.unit_tree()[north].parent is None, "only proposed"
    shown = world.client("root").get(f"/api/v1/rights/{index}").json()
    assert (shown["change"], shown["user"], shown["parent"]) == ("place", "North", "County 县局")
    assert decide(world, "root", index) == (200, "confirmed")
    rows = {u["unit"]: u for u in world.client("wang").get(UNITS).json()["units"]}
    assert (rows[north]["parent"], rows[north]["level"]) == (county, "squad")
    entry = world.entries("unit.placed")[-1]
    assert entry.data == {"parent": county, "level": "squad", "proposed": index}
    again = {"parent": county, "level": "squad", "reason": "again"}
    same = world.client("root").patch(f"{UNITS}/{north}", json=again)
    assert (same.status_code, same.json()["code"]) == (409, "P063")
    assert decide(world, "root2", index) == (409, "P061")


def test_nobody_places_a_unit_alone_and_the_units_concerned_see_it(fresh: World) -> None:
    north, south = fresh.ids["North"], fresh.ids["South"]
    for user in ("root", "archivist"):
        index = propose(fresh, user, south, north, "squad")
        assert decide(fresh, user, index)[0] == 403
        assert decide(fresh, "root2", index, "reject") == (200, "rejected")
    assert not fresh.entries("unit.placed")
    assert [a["code"] for a in alarms(fresh, "southchief")] == []
    assert decide(fresh, "root2", propose(fresh, "root", south, north, "squad"))[0] == 200
    (alarm,) = alarms(fresh, "southchief")
    assert (alarm["code"], alarm["about"], alarm["by"]) == ("unit_placed", "South", "root2")
    assert alarms(fresh, "chief") == []
    # What is above a unit concerns it too; at the machine itself one person is enough, and as loud.
    placing.place(fresh.archive, actor="local-0", unit=north, parent=None, level="county")
    fresh.app.service.freshness.changed()  # type: ignore[attr-defined]  # ours
    assert {a["about"] for a in alarms(fresh, "southchief")} == {"North", "South"}
    assert [a["about"] for a in alarms(fresh, "chief")] == ["North"]


def alarms(world: World, user: str) -> list[dict[str, Any]]:
    """What somebody sees."""
    return list(world.client(user).get("/api/v1/alarms").json()["alarms"])


def test_adding_a_unit_makes_nobody_the_head_of_what_there_is(world: World) -> None:
    before = world.archive.catalogue.unit_tree()
    body = {"name": "省厅", "level": "province", "parent": "South"}
    new = world.client("root").post(UNITS, json=body).json()["unit"]
    after = world.archive.catalogue.unit_tree()
    assert {id_: row for id_, row in after.items() if id_ != new} == before
    assert below(after, new) == {new}


def test_a_unit_never_stands_under_itself(world: World) -> None:
    above = world.client("root").post(UNITS, json={"name": "above"}).json()["unit"]
    under = world.client("root").post(UNITS, json={"name": "under", "parent": above}).json()["unit"]
    for parent in (under, above):
        answer = world.client("root").patch(
            f"{UNITS}/{above}", json={"parent": parent, "level": None, "reason": "why not"}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "P064")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "North"}, 409),
        ({"name": "\n"}, 422),
        ({"name": "x" * 200}, 422),
        ({"name": "new", "level": "moon"}, 422),
        ({"name": "new", "parent": "Atlantis"}, 422),
        ({"name": "new", "colour": "red"}, 422),
    ],
)
def test_what_is_no_unit_is_refused(world: World, body: dict[str, str], status: int) -> None:
    assert world.client("root").post(UNITS, json=body).status_code == status


@pytest.mark.parametrize("user", ["chief", "wang", "overseer", "reviewer"])
def test_others_only_read(world: World, user: str) -> None:
    assert world.client(user).get(UNITS).status_code == 200
    assert world.client(user).post(UNITS, json={"name": "mine"}).status_code == 403


def test_the_officers_register_is_for_administrators(world: World) -> None:
    rows = world.client("root").get("/api/v1/officers?limit=2").json()
    assert [r["badge"] for r in rows["officers"]] == ["012345", "012346"]
    more = world.client("root").get(f"/api/v1/officers?cursor={rows['next']}").json()
    assert [(r["badge"], r["unit"]) for r in more["officers"]] == [("990001", "South")]
