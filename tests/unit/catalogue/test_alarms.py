"""Which units an alarm about a unit concerns, and a place that is proposed, as the catalogue tells them."""

from __future__ import annotations

from tests.unit.catalogue.story import MemoryArchive, Story

PARENTS = {"unit-county": None, "unit-office": "unit-county", "unit-squad": "unit-office"}
# Under each other, which two machines may have said at the same moment: every walk ends all the same.
CIRCLE = {"unit-one": "unit-other", "unit-other": "unit-one"}


def test_an_alarm_about_a_unit_concerns_those_under_it_and_a_missing_head_those_above(
    archive: MemoryArchive, story: Story
) -> None:
    for unit, parent in (PARENTS | CIRCLE).items():
        story.event("unit.registered", unit, {}, {"name": unit})
        story.event("unit.placed", unit, {"parent": parent, "level": None}, None)
    for code, unit in (
        ("unit_placed", "unit-office"),
        ("no_head", "unit-squad"),
        ("unit_placed", "unit-one"),
    ):
        story.event("alarm.raised", unit, {"code": code, "account": None, "count": None}, None)
    archive.catalogue.catch_up()
    told = {
        unit: [(a.code, a.subject) for a in archive.catalogue.alarms(unit=unit)]
        for unit in (*PARENTS, *CIRCLE)
    }
    missing, placed = ("no_head", "unit-squad"), ("unit_placed", "unit-office")
    assert told == {
        "unit-county": [missing],
        "unit-office": [missing, placed],
        "unit-squad": [missing, placed],
        "unit-one": [("unit_placed", "unit-one")],
        "unit-other": [("unit_placed", "unit-one")],
    }
    assert [archive.catalogue.open_alarms(unit=unit) for unit in PARENTS] == [1, 2, 2]
    assert len(archive.catalogue.alarms()) == 3


def test_a_place_that_is_proposed_names_the_unit_and_where_it_would_stand(
    archive: MemoryArchive, story: Story
) -> None:
    data = {"change": "place", "role": None, "unit": None, "officer": None}
    place = {"parent": "unit-county", "level": "squad"}
    story.event("rights.proposed", "unit-squad", data | place, {"reason": "belongs there"})
    archive.catalogue.catch_up()
    (row,) = archive.catalogue.rights("open")
    assert (row.change, row.account, row.parent, row.level) == (
        "place",
        "unit-squad",
        "unit-county",
        "squad",
    )
    assert (row.role, row.unit_id, row.reason) == (None, None, "belongs there")
