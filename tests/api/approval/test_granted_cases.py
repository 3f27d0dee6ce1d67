"""A case that somebody was granted: they know of it, its page and its recorders, with the clips of the grant."""

from __future__ import annotations

from tests.api.approval.town import REQUESTS, ask, listed
from tests.api.world import CASE, World

PATHS = (f"/api/v1/cases/{CASE}", f"/cases/{CASE}", f"/together?case={CASE}")


def answered(world: World, user: str) -> list[int]:
    """How the case is answered, as JSON, as its page and as its recorders."""
    browser = world.browser(user, lang="zh")
    return [
        world.client(user).get(PATHS[0]).status_code,
        *(browser.get(path).status_code for path in PATHS[1:]),
    ]


def shown(world: World, user: str) -> set[str]:
    """The clips that the case shows."""
    return {row["clip"] for row in world.client(user).get(PATHS[0]).json()["clips"]}


def test_a_case_under_review_is_known_as_far_as_it_was_granted_and_no_longer(own: World) -> None:
    assert answered(own, "reviewer") == [404, 404, 404]
    ask(own, "reviewer", case=CASE, purpose="legal_review")
    assert answered(own, "reviewer") == [200, 200, 200]
    units = {own.archive.catalogue.clip(clip).unit_id for clip in shown(own, "reviewer")}  # type: ignore[union-attr]
    assert units == {own.ids["North"], own.ids["South"]}
    numbers = [row["number"] for row in own.client("reviewer").get("/api/v1/cases").json()["cases"]]
    assert numbers == [CASE]
    for head in ("southchief", "chief"):
        before = shown(own, "reviewer")
        (waiting,) = listed(own, head, "review")
        said = {"outcome": "not_justified", "reason": "与审核无关"}
        address = f"{REQUESTS}/{waiting['request']}/review"
        assert own.client(head).post(address, json=said).status_code == 200
        if head == "southchief":
            left = shown(own, "reviewer")
            assert left < before
            assert own.ids["south"] not in left
            page = own.browser("reviewer", lang="zh").get(PATHS[2]).text
            assert own.ids["south"] not in page
    assert answered(own, "reviewer") == [404, 404, 404]
