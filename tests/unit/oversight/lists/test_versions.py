"""R7: lists are versioned and published; on each day one version binds, and who drafts does not publish."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.list_queries import ListRow
from archive.opening import Archive
from oversight.errors import ListRefusedError, SamePersonError, UnknownListError
from oversight.lists.differences import differences
from oversight.lists.drafts import draft_of, give_up, save
from oversight.lists.model import AgencyList
from oversight.lists.publishing import (
    Publication,
    outdate,
    publish,
    publish_draft,
    today,
    withdraw,
)
from oversight.lists.reading import read_list
from oversight.lists.versions import (
    in_force,
    list_of,
    need_in_force,
    need_version,
    until,
    versions_of,
)

SAMPLES = Path(__file__).parents[4] / "oversight" / "lists" / "samples"
FIRST = read_list((SAMPLES / "recording.toml").read_bytes(), "recording.toml")
SECOND = replace(FIRST, tolerance_seconds=120)
DAY = timedelta(days=1)


def put(archive: Archive, found: AgencyList, day: date) -> ListRow:
    return publish(
        archive, Publication(list=found, in_force=day, drafted_by=None), actor="account-a"
    )


def test_r7_a_list_is_published_by_version_and_binds_from_its_day_on(archive: Archive) -> None:
    now = today(archive)
    first = put(archive, FIRST, date(2020, 1, 1))
    second = put(archive, SECOND, now + DAY)
    rows = versions_of(archive, "recording")
    assert [(r.version, r.list, r.title) for r in rows] == [
        (1, first.list, FIRST.title.zh),
        (2, first.list, FIRST.title.zh),
    ]
    for day, wanted in ((now, first), (now + DAY, second), (date(2019, 12, 31), None)):
        assert in_force(rows, day) == wanted
    assert list_of(archive, first) == FIRST
    assert list_of(archive, second).tolerance_seconds == 120
    assert until(rows, first) == second.in_force
    assert until(rows, second) is None
    with pytest.raises(UnknownListError, match="in force"):
        need_in_force(archive, "recording", date(2019, 12, 31))
    with pytest.raises(UnknownListError, match="version 3"):
        need_version(archive, "recording", 3)


def test_two_versions_in_force_on_one_day_are_refused(archive: Archive) -> None:
    now = today(archive)
    put(archive, FIRST, now)
    for day in (now, now - DAY):
        with pytest.raises(ListRefusedError, match="two versions"):
            put(archive, SECOND, day)
    with pytest.raises(ListRefusedError, match="says the same"):
        put(archive, FIRST, now + DAY)
    assert len(versions_of(archive, "recording")) == 1


def test_what_was_in_force_is_not_changed_afterwards(archive: Archive) -> None:
    now = today(archive)
    put(archive, FIRST, date(2020, 1, 1))
    with pytest.raises(ListRefusedError, match="in the past"):
        put(archive, SECOND, now - DAY)
    with pytest.raises(ListRefusedError, match="a gap"):
        withdraw(archive, "recording", 1, "错误", actor="account-a")


def test_a_version_that_is_not_in_force_yet_can_be_taken_back(archive: Archive) -> None:
    now = today(archive)
    put(archive, FIRST, now)
    put(archive, SECOND, now + DAY)
    with pytest.raises(ListRefusedError, match="reason"):
        withdraw(archive, "recording", 2, " ", actor="account-a")
    withdraw(archive, "recording", 2, "条款有误", actor="account-a")
    rows = versions_of(archive, "recording")
    assert rows[1].withdrawn_reason == "条款有误"
    assert in_force(rows, now + DAY) == rows[0]
    with pytest.raises(UnknownListError, match="withdrawn"):
        withdraw(archive, "recording", 2, "again", actor="account-a")
    assert put(archive, SECOND, now + DAY).version == 3


def test_who_drafts_a_list_does_not_publish_it(archive: Archive) -> None:
    now = today(archive)
    with pytest.raises(UnknownListError, match="no draft"):
        publish_draft(archive, "recording", now, actor="account-a")
    save(archive, FIRST, actor="account-a")
    with pytest.raises(SamePersonError):
        publish_draft(archive, "recording", now, actor="account-a")
    assert draft_of(archive, "recording") is not None
    row = publish_draft(archive, "recording", now, actor="account-b")
    assert draft_of(archive, "recording") is None
    entry = archive.reader.entry(row.index)
    assert (entry.actor, entry.data["drafted_by"]) == ("account-b", "account-a")
    assert list_of(archive, row) == FIRST


def test_a_draft_that_is_refused_stays_and_one_that_is_given_up_goes(archive: Archive) -> None:
    now = today(archive)
    put(archive, FIRST, now)
    save(archive, SECOND, actor="account-a")
    with pytest.raises(ListRefusedError):
        publish_draft(archive, "recording", now, actor="account-b")
    kept = draft_of(archive, "recording")
    assert kept is not None
    assert (kept.list, kept.actor) == (SECOND, "account-a")
    give_up(archive, "recording")
    give_up(archive, "recording")
    assert draft_of(archive, "recording") is None


def test_a_draft_that_cannot_be_read_is_none_and_the_next_takes_its_place(archive: Archive) -> None:
    save(archive, FIRST, actor="account-a")
    path = archive.root / "lists" / "draft-recording.json"
    for damaged in (b"", b"{}", b"[]", b'{"list": 3}', path.read_bytes()[:-30]):
        path.write_bytes(damaged)
        assert draft_of(archive, "recording") is None
    save(archive, SECOND, actor="account-a")
    kept = draft_of(archive, "recording")
    assert kept is not None
    assert kept.list == SECOND


def test_a_list_that_no_longer_agrees_waits_for_its_next_version(archive: Archive) -> None:
    now = datetime.now(UTC)
    with pytest.raises(UnknownListError):
        outdate(archive, "recording", now, "上级清单修订", actor="account-a")
    put(archive, FIRST, today(archive))
    with pytest.raises(ListRefusedError, match="future"):
        outdate(archive, "recording", now + DAY, "上级清单修订", actor="account-a")
    outdate(archive, "recording", now, "上级清单修订", actor="account-a")
    assert [c.reason for c in archive.catalogue.list_changes()] == ["上级清单修订"]
    put(archive, SECOND, today(archive) + DAY)
    assert archive.catalogue.list_changes() == []


def test_versions_are_told_apart_row_by_row() -> None:
    rows = list(FIRST.rows)
    later = replace(
        FIRST,
        agency="新机关",
        rows=(rows[0] | {"extent": "key"}, *rows[2:], {**rows[1], "id": "new"}),
    )
    found = differences(FIRST, later)
    assert found.head == (("agency", FIRST.agency, "新机关"),)
    assert [r["id"] for r in found.added] == ["new"]
    assert [r["id"] for r in found.removed] == [rows[1]["id"]]
    assert [(c.id, c.cells) for c in found.changed] == [
        (rows[0]["id"], (("extent", "full", "key"),))
    ]
    assert differences(FIRST, replace(FIRST, rows=tuple(reversed(rows)))).none


@given(days=st.lists(st.integers(1, 400), max_size=6), day=st.integers(0, 420))
def test_on_each_day_at_most_one_version_binds(days: list[int], day: int) -> None:
    first = date(2020, 1, 1)
    rows = [row(n, (first + n_day * DAY).isoformat()) for n, n_day in enumerate(days)]
    asked = first + day * DAY
    found = in_force(rows, asked)
    binding = [r for r in rows if r.in_force <= asked.isoformat() < (until(rows, r) or "9999")]
    assert binding == ([] if found is None else [found])


def row(index: int, day: str) -> ListRow:
    return ListRow(
        index=index,
        list="list-1",
        kind="recording",
        version=index + 1,
        sha256="0" * 64,
        size=1,
        in_force=day,
        title=None,
        actor="account-a",
        published_at="2020-01-01T00:00:00Z",
        withdrawn_index=None,
        withdrawn_at=None,
        withdrawn_actor=None,
        withdrawn_reason=None,
    )
