"""Bytes that are not what their entry says: told once, never sent whole, and withheld while the finding is open."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from archive.audit import audit
from archive.audit.recording import damaged, on_record
from archive.events import Event
from archive.ids import new_id
from archive.package.selecting import select
from archive.store.posix import path_of
from ingest.deriving.wanted import Wanted
from tests.api.casefile.test_documents import add, pdf
from tests.api.packaging.test_packages import PATH, until_made
from tests.api.world import CASE, JPEG, VIDEO, World

FIRST = VIDEO + b"first"


def flip(path: Path, at: int) -> None:
    """Change one bit on the disk, and nothing that a listing shows."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        [byte] = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    path.chmod(0o444)


def stored(world: World, address: str) -> Path:
    """The object that an address shows."""
    digest = world.client("chief").head(address).headers["etag"].strip('"')
    return path_of(world.archive.store.folder, digest)


def audited(world: World) -> None:
    """An audit on record, by another process."""
    station = world.archive.settings.station
    report = audit(world.archive.root)
    world.archive.record(on_record(report, station=station, actor="local-0"))


@pytest.mark.parametrize("what", ["original", "renditions/poster"])
@pytest.mark.parametrize(
    "ranges", [{}, {"Range": "bytes=0-"}, {"Range": "bytes=0-9,10-"}], ids=["whole", "0-", "parts"]
)
def test_what_is_short_is_hashed_before_its_first_byte(
    fresh: World, what: str, ranges: dict[str, str]
) -> None:
    client, address = fresh.client("chief"), f"{fresh.clip('first')}/{what}"
    path = stored(fresh, address)
    flip(path, 700)
    answer = client.get(address, headers=ranges)
    assert (answer.status_code, answer.json()["code"]) == (500, "A020")
    assert not fresh.entries("clip.viewed")
    [found] = fresh.entries("object.damaged")
    assert (found.subject, found.data) == (
        fresh.ids["first"],
        {"digest": path.name, "code": "object_changed", "found_by": "reading"},
    )
    [alarm] = fresh.entries("alarm.raised")
    assert (alarm.data["code"], alarm.data["clip"]) == ("object_damaged", fresh.ids["first"])


def test_while_a_finding_is_open_no_byte_is_sent_and_all_else_is(fresh: World) -> None:
    client, clip = fresh.client("chief"), fresh.clip("first")
    path = stored(fresh, f"{clip}/original")
    flip(path, 5)
    client.get(f"{clip}/original")
    for method, headers in (
        ("GET", {}),
        ("GET", {"Range": "bytes=50-60"}),
        ("GET", {"If-None-Match": f'"{path.name}"'}),
        ("HEAD", {}),
    ):
        answer = client.request(method, f"{clip}/original", headers=headers)
        assert answer.status_code == 409, (method, headers)
        if method == "GET":
            assert answer.json()["code"] == "P082"
    assert client.get(f"{clip}/renditions/poster").content == JPEG + b"first"
    for rest in ("", "/custody", "/proof"):
        assert client.get(clip + rest).status_code == 200
    assert "object.damaged" in client.get(f"{clip}/custody").text
    assert len(fresh.entries("object.damaged")) == len(fresh.entries("alarm.raised")) == 1
    assert client.get(f"{fresh.clip('second')}/original").content == VIDEO + b"second"


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "no longer equals its hash and is not shown"), ("zh", "与其哈希不符，不予播放")],
)
def test_the_page_says_so_in_red_and_what_to_do(fresh: World, lang: str, words: str) -> None:
    flip(stored(fresh, f"{fresh.clip('first')}/original"), 5)
    audited(fresh)
    page = fresh.browser("chief", lang=lang).get(f"/clips/{fresh.ids['first']}").text
    assert words in page
    assert "badge finding" in page
    assert "muniment audit --record" in page
    assert "<video" not in page
    assert "/original" not in page
    listed = fresh.browser("archivist", lang=lang).get("/integrity").text
    assert f"/clips/{fresh.ids['first']}/custody" in listed
    seen = fresh.browser("wang", lang=lang).get("/integrity").text
    assert fresh.ids["first"] not in seen
    figures = fresh.test.get("/metrics").text
    assert "muniment_objects_damaged 1.0" in figures


def test_a_good_copy_and_an_audit_on_record_end_it(fresh: World) -> None:
    client, address = fresh.client("chief"), fresh.clip("first") + "/original"
    path = stored(fresh, address)
    flip(path, 5)
    assert client.get(address).status_code == 500
    flip(path, 5)
    assert client.get(address).status_code == 409, "nobody has looked yet"
    audited(fresh)
    assert client.get(address).content == FIRST
    [sound] = fresh.entries("object.sound")
    assert (sound.data["digest"], sound.data["found_by"]) == (path.name, "audit")
    assert "muniment_objects_damaged 0.0" in fresh.test.get("/metrics").text


def test_what_one_reads_by_ranges_is_found_by_the_audit(fresh: World) -> None:
    client, address = fresh.client("chief"), fresh.clip("first") + "/original"
    flip(stored(fresh, address), 5)
    assert client.get(address, headers={"Range": "bytes=50-60"}).status_code == 206
    audited(fresh)
    assert client.get(address, headers={"Range": "bytes=50-60"}).status_code == 409


def test_a_still_of_a_withheld_film_is_not_made(fresh: World) -> None:
    flip(stored(fresh, fresh.clip("first") + "/original"), 5)
    audited(fresh)
    answer = fresh.client("chief").post(f"{fresh.clip('first')}/stills", json={"at_us": 0})
    assert (answer.status_code, answer.json()["code"]) == (409, "P082")


def test_a_package_names_the_clip_that_is_damaged(fresh: World) -> None:
    flip(stored(fresh, fresh.clip("first") + "/original"), 5)
    audited(fresh)
    fresh.archive.catalogue.catch_up()
    case = fresh.archive.catalogue.case_by_number(CASE)
    assert case is not None
    chosen = select(fresh.archive, case.id, None)
    assert [(one.clip, one.why) for one in chosen.left_out] == [(fresh.ids["first"], "damaged")]
    assert {c.row.clip for c in chosen.clips} == {fresh.ids["second"], fresh.ids["south"]}
    client = fresh.client("archivist")
    answer = client.post("/api/v1/packages", json={"clip": fresh.ids["first"]})
    assert answer.json()["code"] == "A102"


@pytest.mark.parametrize("first", ["file", "pages/1"])
def test_a_document_that_changed_is_neither_sent_nor_drawn(fresh: World, first: str) -> None:
    chief = fresh.client("chief")
    document = add(chief, pdf(2))["document"]
    [entry] = fresh.entries("document.added")
    path = path_of(fresh.archive.store.folder, entry.data["original"]["object"])
    base = f"/api/v1/documents/{document}"
    flip(path, path.stat().st_size // 2)
    answer = chief.get(f"{base}/{first}")
    assert (answer.status_code, answer.json()["code"]) == (500, "A020")
    [found] = fresh.entries("object.damaged")
    assert (found.subject, found.data["digest"]) == (entry.subject, path.name)
    assert len(fresh.entries("alarm.raised")) == 1
    for address in ("file", "pages/1"):
        assert chief.get(f"{base}/{address}").json()["code"] == "P082"
    assert not fresh.entries("document.viewed")


def test_a_package_that_changed_after_it_was_made_is_no_longer_to_be_had(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.packaging.making._LEFT", 0)
    client = fresh.client("archivist")
    made = until_made(client, client.post(PATH, json={"case": CASE}).json()["package"])
    [path] = (fresh.archive.root / "work").rglob("*.zip")
    flip(path, made["size"] // 2)
    assert len(client.get(made["file"]).content) < made["size"]
    now = client.get(f"{PATH}/{made['package']}").json()
    assert (now["state"], now["code"]) == ("failed", "A020")
    assert client.get(made["file"]).json()["code"] == "P086"
    assert not fresh.entries("object.damaged"), "the archive is not concerned"


def with_proxy(world: World) -> str:
    """A proxy of the first clip; then a finding on its original is opened. Answers with the proxy's address."""
    clip, station = world.ids["first"], world.archive.settings.station
    row = world.archive.catalogue.clip(clip)
    assert row is not None
    with world.archive.store.writing() as writing:
        [stored] = writing.put([VIDEO + b"proxy"])[:1]
        made = Event(
            type="rendition.made",
            subject=clip,
            actor=station,
            data={
                **{"kind": "proxy", "media_type": "video/mp4", "of": row.sha256, "parameters": {}},
                **{"tool": "x", "version": "1"},
                "rendition": {"object": stored.digest, "size": stored.size},
            },
        )
        world.archive.record([made])
    found = damaged(
        subject=clip, digest=row.sha256, code="object_changed", found_by="audit", actor=station
    )
    world.archive.record([found])
    return f"/api/v1/clips/{clip}/renditions/proxy"


@pytest.mark.parametrize(
    ("lang", "words", "plays"),
    [
        ("en", "no longer equals its hash and is not shown", "made from it while it was right"),
        ("zh", "与其哈希不符，不予播放", "原件完好时由它制作"),
    ],
)
def test_what_was_made_from_a_withheld_film_plays_and_every_page_says_in_red_that_it_is_withheld(
    fresh: World, lang: str, words: str, plays: str
) -> None:
    address, browser = with_proxy(fresh), fresh.browser("chief", lang=lang)
    assert fresh.client("chief").get(address).content == VIDEO + b"proxy"
    first, second = fresh.ids["first"], fresh.ids["second"]
    for page in (f"/clips/{first}", f"/together?clip={first}&clip={second}"):
        text = browser.get(page).text
        assert address in text, page
        assert f"{first}/original" not in text, page
        [note] = re.findall(r'<div class="note bad" role="alert">.*?</div>', text, re.DOTALL)
        assert words in note, page
        assert plays in note, page
    assert not Wanted(fresh.archive.root).pending(), "nothing is made from what is wrong"
    assert "badge finding" in browser.get(f"/cases/{quote(CASE, safe='')}").text


def test_a_withheld_proxy_is_no_way_to_show_a_film(fresh: World) -> None:
    address = with_proxy(fresh)
    first, second = fresh.ids["first"], fresh.ids["second"]
    digest = stored(fresh, address).name
    found = damaged(
        subject=first,
        digest=digest,
        code="object_changed",
        found_by="audit",
        actor=fresh.archive.settings.station,
    )
    fresh.archive.record([found])
    browser = fresh.browser("chief")
    assert f'src="{address}"' not in browser.get(f"/clips/{first}").text
    page = browser.get(f"/together?clip={first}&clip={second}").text
    assert address not in page
    assert "The original no longer equals its hash and is not shown" in page


def test_a_second_clip_on_the_same_file_says_so_too_to_its_own_unit(fresh: World) -> None:
    first, south, twin = fresh.ids["first"], fresh.ids["south"], new_id("clip")
    row = fresh.archive.catalogue.clip(first)
    assert row is not None
    [entry] = [e for e in fresh.entries("clip.ingested") if e.subject == south]
    data = dict(entry.data) | {"original": {"object": row.sha256, "size": row.size}}
    fresh.archive.record(
        [
            Event(
                type="clip.ingested",
                subject=twin,
                actor=fresh.archive.settings.station,
                data={name: value for name, value in data.items() if name != "text"},
                text={"path": "twin.mp4"},
            )
        ]
    )
    flip(stored(fresh, f"{fresh.clip('first')}/original"), 5)
    assert fresh.client("chief").get(f"{fresh.clip('first')}/original").status_code == 500
    archivist = fresh.client("archivist")
    for clip in (first, twin):
        told = archivist.get(f"/api/v1/clips/{clip}/custody").json()["custody"]
        [found] = [e for e in told if e["type"] == "object.damaged"]
        base = f"/api/v1/clips/{clip}"
        for proof in (f"/custody/{found['index']}/entry", f"/custody/{found['index']}/proof"):
            assert archivist.get(base + proof).status_code == 200, (clip, proof)
        entries = archivist.get(f"{base}/evidence").json()["entries"]
        assert found["index"] in [e["index"] for e in entries], clip
        assert archivist.get(f"/clips/{clip}/custody/{found['index']}").status_code == 200
    page = fresh.browser("archivist").get(f"/clips/{twin}").text
    assert "no longer equals its hash and is not shown" in page
    assert {e.data["clip"] for e in fresh.entries("alarm.raised")} == {first, twin}
    assert len(fresh.entries("object.damaged")) == 1
    assert (
        "object.damaged" not in fresh.client("archivist").get(f"{fresh.clip('south')}/custody").text
    )
