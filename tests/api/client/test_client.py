"""The typed client against the real application."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from muniment.client import AnswerError, DigestError, Muniment, NotReachedError, RefusedError
from tests.api.client.inside import Inside
from tests.api.world import BASE, CASE, PASSWORD, VIDEO, World


@pytest.fixture
def chief(world: World) -> Iterator[Muniment]:
    """The supervisor of the north unit."""
    with Muniment.sign_in(
        BASE, user="chief", password=PASSWORD, transport=Inside(world.test)
    ) as client:
        yield client


def test_who_signs_in_is_told_who_they_are_and_leaving_signs_out(world: World) -> None:
    inside = Inside(world.test)
    with Muniment.sign_in(BASE, user="wang", password=PASSWORD, transport=inside) as client:
        assert (client.account().user, client.account().role) == ("wang", "officer")
    with (
        Muniment(BASE, token=inside.token, transport=inside) as late,
        pytest.raises(RefusedError) as refused,
    ):
        late.account()
    assert (refused.value.status, refused.value.code) == (401, "P010")


def test_a_wrong_password_has_the_service_s_code(world: World) -> None:
    with pytest.raises(RefusedError) as refused:
        Muniment.sign_in(BASE, user="chief", password="not this", transport=Inside(world.test))
    assert refused.value.code == "P011"


def test_clips_of_a_case_come_page_by_page(chief: Muniment, world: World) -> None:
    asked = [clip.id for clip in chief.clips(case=CASE, limit="1")]
    assert asked == [world.ids["first"], world.ids["second"]]
    assert [case.number for case in chief.cases()] == [CASE]
    assert chief.case(CASE).state == "open"


def test_a_download_is_the_original_byte_for_byte(
    chief: Muniment, world: World, tmp_path: Path
) -> None:
    got = chief.download(world.ids["first"], tmp_path / "first.mp4")
    assert got.path.read_bytes() == VIDEO + b"first"
    assert (
        got.sha256
        == hashlib.sha256(VIDEO + b"first").hexdigest()
        == chief.clip(world.ids["first"]).sha256
    )
    poster = chief.download(world.ids["first"], tmp_path / "first.jpg", kind="poster")
    assert poster.size == poster.path.stat().st_size
    with pytest.raises(FileExistsError):
        chief.download(world.ids["first"], tmp_path / "first.jpg", kind="poster")


def test_a_download_that_breaks_off_goes_on_where_it_ended(world: World, tmp_path: Path) -> None:
    breaking = Inside(world.test, break_after=40_000)
    with Muniment.sign_in(BASE, user="chief", password=PASSWORD, transport=breaking) as client:
        got = client.download(world.ids["first"], tmp_path / "first.mp4")
    assert got.path.read_bytes() == VIDEO + b"first"
    assert breaking.ranges == ["bytes=40000-", "bytes=80000-"]


def test_bytes_that_are_not_those_of_the_digest_are_not_kept(world: World, tmp_path: Path) -> None:
    false = Inside(world.test, spoil=True)
    with (
        Muniment.sign_in(BASE, user="chief", password=PASSWORD, transport=false) as client,
        pytest.raises(DigestError),
    ):
        client.download(world.ids["first"], tmp_path / "first.mp4")
    assert list(tmp_path.iterdir()) == []


def test_custody_markers_and_proof(chief: Muniment, world: World) -> None:
    put = chief.mark(clip=world.ids["first"], text="门口 <b>", from_us=1_000_000)
    assert put in chief.markers(world.ids["first"])
    types = [event.type for event in chief.custody(world.ids["first"])]
    assert types[0] == "clip.ingested"
    assert "clip.verified" in types
    assert chief.proof(world.ids["first"]).startswith("c2sp.org/tlog-proof@v1\n")


def test_what_may_not_be_known_is_refused_with_a_code(chief: Muniment, world: World) -> None:
    with pytest.raises(RefusedError) as refused:
        chief.clip(world.ids["south"])
    assert (refused.value.status, refused.value.code) == (404, "P021")
    asked = chief.request(purpose="case", reason="同一案件", clips=[world.ids["south"]])
    assert [one.state for one in asked] == ["open"]
    assert asked[0] in list(chief.requests())


def test_what_is_no_such_service_is_told_apart() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    with pytest.raises(AnswerError):
        Muniment(BASE, token="t", transport=page).account()
    away = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://x.test"}))
    with pytest.raises(AnswerError):
        Muniment(BASE, token="t", transport=away).account()
    with pytest.raises(NotReachedError):
        Muniment("http://127.0.0.1:1", token="t").account()
