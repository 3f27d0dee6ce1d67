"""Sign-ins and tokens, as the catalogue tells them."""

from __future__ import annotations

from tests.unit.catalogue.story import MemoryArchive, Story


def test_sign_ins_and_tokens_are_told_apart_with_where_they_came_to(
    archive: MemoryArchive, story: Story
) -> None:
    opened = {"account": "account-1", "by": "password", "expires": "2026-01-02T00:00:00.000000Z"}
    for n in (1, 2):
        text = {"address": f"192.0.2.{n}", "agent": "Browser"}
        story.event("session.opened", f"session-{n}", opened, text)
    story.event("session.opened", "session-9", opened | {"account": "account-2"}, {"address": "x"})
    for address in ("198.51.100.1", "198.51.100.2"):
        story.event("session.moved", "session-1", {"account": "account-1"}, {"address": address})
    story.event("session.ended", "session-2", {"account": "account-1", "why": "revoked"}, None)
    story.event(
        "token.made",
        "token-1",
        {"account": "account-1", "expires": "2026-02-02T00:00:00.000000Z"},
        {"name": "每晚同步", "networks": ["10.0.0.0/8"]},
    )
    archive.catalogue.catch_up()
    second, first = archive.catalogue.sessions("account-1")
    assert (first.id, first.address, first.moves) == ("session-1", "198.51.100.2", 2)
    assert (first.ended_at, second.ended_why, second.moves) == (None, "revoked", 0)
    assert second.by == "password"
    (token,) = archive.catalogue.sessions("account-1", tokens=True)
    assert (token.name, token.networks, token.by) == ("每晚同步", ("10.0.0.0/8",), "token")
    assert [s.id for s in archive.catalogue.sessions("account-1", limit=1)] == ["session-2"]
