"""The live desk: who sees it, what it shows, and what it never shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.desk import (
    STATES,
    Arrival,
    AuditView,
    OrchestrationView,
    PortView,
    Sentence,
    StationView,
    TimeView,
    Totals,
    WitnessesView,
    WitnessView,
)
from archive.events import Event
from tests.api.world import BASE, Client, World

RECEIPT = Arrival(
    docking="docking-01m80pj5y22g5yx8m705v5he6h",
    recorder="DSJ-0042",
    officer="012345",
    port="1-1.4",
    time="2026-01-17T08:00:00Z",
    clips=12,
    new=10,
    refused=1,
    bytes=3_100_000_000,
    late=2,
    seconds=61.0,
    whole=False,
)
PORT = PortView(
    port="1-1.4",
    state="copying",
    since="2026-01-17T08:00:00Z",
    recorder="DSJ-0042",
    model="Example DSJ",
    officer="012345",
    transport="mtp",
    battery=61,
    clock_offset_ms=-90_500,
    clips_done=3,
    clips=12,
    bytes_done=1_000_000_000,
    bytes=4_000_000_000,
    speed=38_000_000.0,
    seconds_left=79.0,
    receipt=RECEIPT,
)
VIEW = StationView(
    watching=True,
    ports=(PORT,),
    arrivals=(RECEIPT,),
    free_bytes=512_000_000_000,
    days_left=4.2,
    totals=Totals(dockings={"whole": 2, "gone": 1}, bytes={"1-1.4": 5}, bugs=1, drifts=3),
)


class Desk:
    """A station that shows what a test wants."""

    def __init__(self, world: World) -> None:
        self.view = VIEW
        self._world = world
        app = create_app(world.archive, accounts=world.accounts, desk=lambda: self.view)
        self.test = TestClient(
            app, base_url=BASE, client=("127.0.0.1", 50_000), follow_redirects=False
        )

    def browser(self, user: str, lang: str = "en") -> Client:
        """A person's browser."""
        client = Client(self.test, {"Accept": "text/html", "Accept-Language": lang})
        token, _ = self._world.accounts.open_session(self._world.accounts.by_name(user))
        client.cookies["muniment_session"] = token
        return client

    def program(self, user: str | None = None) -> Client:
        """A program."""
        client = Client(self.test, {})
        if user is not None:
            token, _ = self._world.accounts.open_session(self._world.accounts.by_name(user))
            client.headers["Authorization"] = f"Bearer {token}"
        return client


@pytest.fixture(scope="module")
def made(world: World) -> Iterator[Desk]:
    made = Desk(world)
    with made.test:
        yield made


@pytest.fixture
def desk(made: Desk) -> Desk:
    made.view = VIEW
    return made


@pytest.mark.parametrize("path", ["/station", "/station/desk", "/api/v1/station"])
@pytest.mark.parametrize(
    ("user", "status"),
    [
        ("chief", 200),
        ("archivist", 200),
        ("root", 200),
        ("wang", 403),
        ("overseer", 403),
        ("reviewer", 403),
    ],
)
def test_the_desk_is_for_who_runs_the_station(
    desk: Desk, user: str, status: int, path: str
) -> None:
    assert desk.program(user).get(path).status_code == status


def test_a_stranger_sees_no_desk(desk: Desk) -> None:
    assert desk.program().get("/api/v1/station").status_code == 401
    assert desk.program().get("/station").status_code == 401


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Copying", "38 MB/s", "1:19 left", "3 / 12 clips", "Clock 90.5 s fast"]),
        ("zh", ["采集中", "38 MB/s", "剩余 1:19", "3 / 12 个文件", "时钟快 90.5 秒"]),
    ],
)
def test_a_port_says_who_what_how_fast_and_how_long(
    desk: Desk, lang: str, words: list[str]
) -> None:
    page = desk.browser("chief", lang).get("/station").text
    for word in [*words, "DSJ-0042", "012345", "1-1.4", RECEIPT.docking]:
        assert word in page, word


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_words(desk: Desk, lang: str, state: Any) -> None:
    reason = Sentence(zh="原因在此", en="the reason is here", code="D020")
    port = replace(PORT, state=state, reason=reason, may_unplug=state == "done")
    desk.view = replace(VIEW, ports=(port,))
    page = desk.browser("chief", lang).get("/station/desk").text
    assert reason.of("zh" if lang == "zh" else "en") in page
    assert f">{state}<" not in page, "a code is no word"
    assert ("May be unplugged" in page or "可以拔出" in page) == (state == "done")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_plugged_in_nobody_watching_and_no_station_are_told_apart(
    desk: Desk, world: World, lang: str
) -> None:
    desk.view = replace(VIEW, ports=(), arrivals=())
    empty = desk.browser("chief", lang).get("/station/desk").text
    desk.view = StationView(watching=False, reason=Sentence(zh="未监视", en="told not to"))
    blind = desk.browser("chief", lang).get("/station/desk").text
    assert ("未监视" if lang == "zh" else "told not to") in blind
    none = world.browser("chief", lang=lang).get("/station").text
    assert "muniment station" in none
    assert len({empty, blind, none}) == 3


def test_what_a_recorder_calls_itself_is_escaped(desk: Desk) -> None:
    desk.view = replace(VIEW, ports=(replace(PORT, recorder="<script>alert(1)</script>"),))
    page = desk.browser("chief").get("/station").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_programs_get_the_same_as_json(desk: Desk, world: World) -> None:
    answer = desk.program("archivist").get("/api/v1/station")
    document = answer.json()
    assert document["running"] is True
    assert document["ports"][0]["state"] == "copying"
    assert document["ports"][0]["receipt"]["docking"] == RECEIPT.docking
    assert answer.headers["cache-control"] == "private, no-store"
    elsewhere = world.client("archivist").get("/api/v1/station").json()
    assert elsewhere["running"] is False
    assert elsewhere["ports"] == []


def test_looking_is_not_in_the_ledger(desk: Desk, world: World) -> None:
    before = world.archive.ledger.size
    for path in ("/station?screen=1", "/station/desk", "/api/v1/station"):
        desk.browser("chief").get(path)
    assert world.archive.ledger.size == before
    desk.browser("chief").get("/station")
    last = world.archive.reader.entry(before)
    assert last.type == "search.made", "its list of what arrived is one"


def test_figures_have_ports_for_labels_and_nobody_s_name(desk: Desk) -> None:
    text = desk.program().get("/metrics").text
    for line in (
        'muniment_station_dockings_total{end="whole"} 2.0',
        'muniment_station_read_bytes_total{port="1-1.4"} 5.0',
        'muniment_station_ports{state="copying"} 1.0',
        'muniment_station_ports{state="failed"} 0.0',
        "muniment_station_days_left 4.2",
        "muniment_station_worker_failures_total 1.0",
        "muniment_station_clock_drift_warnings_total 3.0",
    ):
        assert line in text, line
    assert "DSJ-0042" not in text
    assert "012345" not in text


def test_a_process_without_a_station_has_none_of_its_figures(world: World) -> None:
    assert "muniment_station_" not in world.client().get("/metrics").text


def test_a_station_that_wants_to_watch_and_cannot_is_not_ready(desk: Desk) -> None:
    assert json.loads(desk.program().get("/readyz").text)["checks"]["ports"] == "ok"
    desk.view = StationView(
        watching=False, reason=Sentence(zh="无权限", en="no right", code="D024")
    )
    answer = desk.program().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["ports"] == "D024"


def test_the_page_needs_no_script_of_others(desk: Desk) -> None:
    page = desk.browser("chief").get("/station")
    assert "<noscript><meta" in page.text
    assert " style=" not in page.text
    script = (Path(__file__).resolve().parents[2] / "api" / "static" / "desk.js").read_text()
    assert "http" not in script.replace("https", "http").replace("// ", "")


def test_a_port_where_something_was_not_taken_is_not_shown_as_well(desk: Desk) -> None:
    done = replace(PORT, state="done", may_unplug=True)
    but = Sentence(zh="部分文件未能采集", en="Some files were not taken")
    for reason, mood in ((None, "good"), (but, "wait")):
        desk.view = replace(VIEW, ports=(replace(done, reason=reason),))
        assert f'<article class="tile {mood}"' in desk.browser("chief").get("/station").text


@pytest.mark.parametrize(
    ("lang", "quorum", "behind"),
    [("zh", "见证 1/2", "最新检查点"), ("en", "Witnesses 1/2", "newest")],
)
def test_the_desk_shows_the_quorum_and_what_a_witness_found(
    desk: Desk, lang: str, quorum: str, behind: str
) -> None:
    alarm = Sentence(zh="历史不一致", en="Another <history>")
    mute = WitnessView(name="w.invalid/2", ok=False, reason=Sentence(zh="无应答", en="no answer"))
    witnesses = WitnessesView(
        quorum=2,
        count=1,
        reached=False,
        entries=7,
        asked="2026-11-22T01:02:03Z",
        since="2026-11-22T01:00:00Z",
        witnesses=(WitnessView(name="w.invalid/1", ok=True), mute),
        alarms=(alarm,),
    )
    desk.view = replace(VIEW, witnesses=witnesses)
    page = desk.browser("chief", lang).request("GET", "/station/desk").text
    assert quorum in page
    assert behind in page
    assert mute.reason is not None
    assert f"w.invalid/2: {mute.reason.of('zh' if lang == 'zh' else 'en')}" in page
    assert ("历史不一致" if lang == "zh" else "Another &lt;history&gt;") in page
    document = desk.program("chief").request("GET", "/api/v1/station").json()
    assert document["witnesses"]["count"] == 1


@pytest.mark.parametrize(
    ("lang", "since", "yet", "own"),
    [
        ("zh", "起没有外部时间", "尚无外部时间", "本机关自签"),
        ("en", "No outside time since", "No outside time yet", "issued by this agency itself"),
    ],
)
def test_the_desk_says_since_when_there_is_no_outside_time(
    desk: Desk, lang: str, since: str, yet: str, own: str
) -> None:
    clock = TimeView(
        outside=False,
        configured=True,
        since="2026-11-22T01:02:03.000000Z",
        newest="2026-11-22T05:00:00.000000Z",
        own=True,
        synchronised=False,
    )

    def page(view: TimeView) -> str:
        desk.view = replace(VIEW, time=view)
        return desk.browser("chief", lang).request("GET", "/station/desk").text

    assert since in page(clock)
    assert own in page(clock)
    assert yet in page(replace(clock, since=None))
    assert own in page(replace(clock, since=None, configured=False))
    assert ("有外部时间" if lang == "zh" else "Outside time") in page(replace(clock, outside=True))
    assert since not in page(replace(clock, outside=True))
    desk.view = replace(VIEW, time=clock)
    assert desk.program("chief").request("GET", "/api/v1/station").json()["time"]["own"] is True


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "待补示的采集：3 次"), ("en", "Dockings that wait for that: 3.")]
)
def test_the_desk_says_that_orchestration_is_away(desk: Desk, lang: str, words: str) -> None:
    away = OrchestrationView(up=False, since="2026-01-17T08:00:00Z", waiting=3)
    desk.view = replace(VIEW, orchestration=away)
    assert words in desk.browser("chief", lang).get("/station").text
    metrics = desk.program(None).get("/metrics").text
    assert "muniment_station_orchestration_up 0.0" in metrics
    assert "muniment_station_orchestration_waiting 3.0" in metrics
    desk.view = replace(VIEW, orchestration=replace(away, up=True))
    assert "Prefect" not in desk.browser("chief", lang).get("/station").text


def test_findings_of_the_last_audit_are_red_on_the_desk(desk: Desk) -> None:
    audit = AuditView(ok=True, findings=0, time="2026-01-17T08:00:00Z", late=False)
    desk.view = replace(VIEW, audit=audit)
    for lang, words in (("zh", "核验无发现"), ("en", "Audit found nothing")):
        assert words in desk.browser("chief", lang).get("/station").text
    desk.view = replace(VIEW, audit=replace(audit, late=True))
    assert "Audit is late" in desk.browser("chief").get("/station/desk").text
    desk.view = replace(VIEW, audit=replace(audit, ok=False, findings=7))
    for lang, words in (("zh", "发现 7 个问题"), ("en", "7 findings")):
        text = desk.browser("chief", lang).get("/station/desk").text
        assert words in text[text.index('role="alert"') :]
        assert 'class="badge finding"' in text
    assert desk.program("chief").get("/api/v1/station").json()["audit"]["findings"] == 7


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Still to be made", "Media facts", "Waveform"]),
        ("zh", ["待生成", "媒体信息", "波形"]),
    ],
)
def test_what_waits_to_be_derived_is_counted_on_the_desk(
    desk: Desk, world: World, lang: str, words: list[str]
) -> None:
    clip, actor = world.ids["second"], world.archive.settings.station
    facts = {"object": "f" * 64, "size": 2}
    data = {"kind": "video", "facts": facts, "due": ["waveform"]}
    world.archive.record([Event(type="clip.examined", subject=clip, actor=actor, data=data)])
    world.archive.catalogue.catch_up()
    page = desk.browser("chief", lang).get("/station/desk").text
    shown = page[page.index('id="waiting"') :].partition("</p>")[0]
    assert all(word in shown for word in words)
    assert f"{words[2]} <b>1</b>" in shown
