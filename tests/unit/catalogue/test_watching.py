"""Markers, notes, views and plays of a clip, as the catalogue tells them."""

from __future__ import annotations

from archive.catalogue.watching_queries import MarkerRow
from tests.unit.catalogue.story import MemoryArchive, Story

CLIP = "clip-1"


def names(markers: list[MarkerRow]) -> list[str]:
    return [marker.id for marker in markers]


def test_markers_come_in_the_order_of_the_film_notes_first_and_what_was_taken_away_is_kept(
    archive: MemoryArchive, story: Story
) -> None:
    for marker, begin in (("marker-b", 9_000_000), ("marker-a", 1_000_000), ("marker-n", None)):
        kind = "note" if begin is None else "marker"
        data = {"marker": marker, "kind": kind, "from_us": begin, "to_us": None}
        story.event("marker.set", CLIP, data, {"text": f"看 {marker}"})
    story.event("marker.set", "clip-2", {"marker": "marker-x", "kind": "note"}, {"text": "else"})
    archive.catalogue.catch_up()
    assert names(archive.catalogue.markers(CLIP)) == ["marker-n", "marker-a", "marker-b"]
    story.event("marker.removed", "clip-2", {"marker": "marker-a"}, {"reason": "not its own"})
    story.event("marker.removed", CLIP, {"marker": "marker-b"}, {"reason": "wrong person"})
    archive.catalogue.catch_up()
    assert names(archive.catalogue.markers(CLIP)) == ["marker-n", "marker-a"]
    kept = archive.catalogue.marker("marker-b")
    assert kept is not None
    assert (kept.text, kept.removed_reason) == ("看 marker-b", "wrong person")
    assert names(archive.catalogue.markers(CLIP, removed=True))[-1] == "marker-b"


def test_a_view_is_told_with_its_session_s_address_and_what_was_played_in_it(
    archive: MemoryArchive, story: Story
) -> None:
    session = "session-1"
    story.event(
        "session.opened",
        session,
        {"account": "account-1", "by": "password", "expires": "2026-01-18T08:00:00Z"},
        {"address": "10.1.0.7", "agent": None},
    )
    viewed = {"what": "stream", "object": "0" * 64, "size": 1, "session": session}
    story.event("clip.viewed", CLIP, viewed | {"request": "request-1"})
    played = {"session": session, "what": "stream", "spans": [[0, 900], [2000, 4000]]}
    story.event("clip.played", CLIP, played | {"played_ms": 2900})
    story.event("clip.viewed", "clip-2", viewed)
    story.event("clip.viewed", CLIP, {"what": "proof", "object": "0" * 64, "size": 1})
    archive.catalogue.catch_up()
    old, played_row, view = archive.catalogue.viewers(CLIP)
    assert (old.what, old.session, old.address) == ("proof", None, None)
    assert (view.what, view.address, view.request) == ("stream", "10.1.0.7", "request-1")
    assert (played_row.spans, played_row.played_ms) == (((0, 900), (2000, 4000)), 2900)
    assert played_row.address == "10.1.0.7"
    [rest] = archive.catalogue.viewers(CLIP, before=played_row.index, limit=5)
    assert rest == view
    [play] = archive.catalogue.plays(CLIP)
    assert play.spans == played_row.spans
