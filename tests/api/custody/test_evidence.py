"""Evidence on the spot: exact bytes, proofs that lead to the signed checkpoint, and only what the visitor may know."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from api.figures import length_of
from archive.events import Event
from archive.ids import new_id
from archive.ledger.merkle import check_inclusion
from archive.ledger.note import parse_checkpoint, parse_note, signed_by
from tests.api.world import CASE, World


def evidence(world: World, path: str, user: str = "archivist", **params: Any) -> dict[str, Any]:
    answer = world.client(user).get(f"/api/v1{path}/evidence", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_entry_comes_as_its_exact_bytes_with_a_proof_to_a_signed_checkpoint(
    world: World,
) -> None:
    document = evidence(world, f"/clips/{world.ids['first']}")
    assert document["subject"] == world.ids["first"]
    assert document["next"] is None
    for one in document["entries"]:
        raw = base64.b64decode(one["entry"])
        assert raw == world.archive.reader.entry(one["index"]).raw
        head, _, note = one["proof"].partition("\n\n")
        lines = head.split("\n")
        assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {one['index']}"]
        parsed = parse_note(note.encode())
        checkpoint = parse_checkpoint(parsed.text)
        path = [base64.b64decode(line) for line in lines[2:]]
        leaf = hashlib.sha256(b"\0" + raw).digest()
        size, root, index = checkpoint.size, checkpoint.root, one["index"]
        check_inclusion(leaf=leaf, index=index, size=size, path=path, root=root)
        assert signed_by(parsed, world.archive.reader.known()) is not None
    assert document["keys"] == [{"vkey": world.archive.reader.vkey().strip(), "until": None}]


def test_a_long_history_is_read_piece_by_piece(world: World) -> None:
    path = f"/clips/{world.ids['second']}"
    whole = [one["index"] for one in evidence(world, path)["entries"]]
    found: list[int] = []
    after: int | None = -1
    while after is not None:
        document = evidence(world, path, after=after, limit=2)
        assert len(document["entries"]) <= 2
        found += [one["index"] for one in document["entries"]]
        after = document["next"]
    assert found[: len(whole)] == whole
    for wrong in ("limit=0", "limit=201", f"after={1 << 70}", "after=-2", "limit=x"):
        answer = world.client("archivist").get(f"/api/v1{path}/evidence?{wrong}")
        assert answer.status_code == 422, wrong


def test_reading_proofs_is_in_the_ledger_once(world: World) -> None:
    client = world.client("chief")
    before = len(world.entries("clip.viewed"))
    for _ in range(3):
        assert client.get(f"{world.clip('second')}/evidence").status_code == 200
    views = world.entries("clip.viewed")[before:]
    assert [view.data["what"] for view in views] == ["proof"]
    assert views[0].subject == world.ids["second"]


@pytest.mark.parametrize(
    ("user", "status"),
    [
        ("archivist", 200),
        ("overseer", 200),
        ("chief", 200),
        ("wang", 200),
        ("southchief", 404),
        ("reviewer", 404),
        ("root", 403),
    ],
)
def test_only_who_may_know_of_a_clip_gets_its_entries(world: World, user: str, status: int) -> None:
    index = evidence(world, f"/clips/{world.ids['first']}")["entries"][0]["index"]
    client = world.client(user)
    for path in ("evidence", f"custody/{index}/entry"):
        assert client.get(f"{world.clip('first')}/{path}").status_code == status, path
    assert world.browser(user).get(f"/clips/{world.ids['first']}/custody").status_code == status


def test_the_entry_of_another_subject_is_not_given_away_under_this_one(world: World) -> None:
    other = evidence(world, f"/clips/{world.ids['south']}")["entries"][0]["index"]
    client = world.client("chief")
    assert client.get(f"{world.clip('first')}/custody/{other}/entry").status_code == 404
    for kind in ("entry", "proof"):
        assert client.get(f"/api/v1/cases/{CASE}/custody/{other}/{kind}").status_code == 404


def test_of_a_case_each_sees_the_links_of_their_own_clips(world: World) -> None:
    def linked(user: str) -> set[str]:
        found = evidence(world, f"/cases/{CASE}", user)["entries"]
        entries = [world.archive.reader.entry(one["index"]) for one in found]
        return {entry.subject for entry in entries if entry.type == "clip.linked"}

    assert world.ids["south"] in linked("archivist")
    assert linked("southchief") == {world.ids["south"]}
    searches = len(world.entries("search.made"))
    evidence(world, f"/cases/{CASE}", "southchief")
    assert len(world.entries("search.made")) == searches + 1
    index = evidence(world, f"/cases/{CASE}")["entries"][0]["index"]
    raw = world.client("chief").get(f"/api/v1/cases/{CASE}/custody/{index}/entry")
    assert raw.content == world.archive.reader.entry(index).raw
    proof = world.client("chief").get(f"/api/v1/cases/{CASE}/custody/{index}/proof")
    assert proof.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {index}\n")


@pytest.mark.parametrize(("lang", "word"), [("zh", "采集入库"), ("en", "Ingested")])
def test_the_custody_page_has_a_row_for_each_entry_and_folds_views(
    world: World, lang: str, word: str
) -> None:
    clip = world.ids["first"]
    for user in ("chief", "wang", "chief"):
        assert world.client(user).get(f"{world.clip('first')}/original").status_code == 200
    page = world.browser("archivist", lang=lang).get(f"/clips/{clip}/custody")
    assert page.status_code == 200
    rows = world.archive.catalogue.custody(clip)
    assert page.text.count("data-entry=") == len(rows)
    assert word in page.text
    assert '<details class="fold">' in page.text
    assert f"muniment package {clip}" in page.text
    assert "/original" not in page.text, "an archivist sees no footage"
    assert "/original" in world.browser("chief", lang=lang).get(f"/clips/{clip}/custody").text


def test_the_page_runs_the_very_engine_of_verify_html(world: World) -> None:
    from archive.package.page import custody_engine, verifier_page

    served = world.client().get("/static/engine.js").content
    assert served == custody_engine()
    for part in served.split(b"(self.muniment = self.muniment || {}));"):
        assert part.strip(b"\n") in verifier_page()


def test_the_ledgers_own_life_names_no_clip_and_is_for_whoever_may_see_integrity(
    world: World,
) -> None:
    audit = {"ok": True, "mode": "full", "objects": 3, "bytes": 9, "findings": 0}
    station = world.archive.settings.station
    world.archive.record([Event(type="audit.run", subject=station, actor=station, data=audit)])
    for user in ("root", "archivist", "wang"):
        found = evidence(world, "/integrity", user)["entries"]
        entries = [world.archive.reader.entry(one["index"]) for one in found]
        assert {entry.type for entry in entries} <= {
            "audit.run",
            "key.introduced",
            "key.retired",
            "checkpoint.timestamped",
        }
        assert entries[-1].type == "audit.run"
    last = entries[-1].index
    client = world.client("root")
    raw = client.get(f"/api/v1/integrity/custody/{last}/entry")
    assert raw.content == entries[-1].raw
    proof = client.get(f"/api/v1/integrity/custody/{last}/proof").text
    assert proof.startswith(f"c2sp.org/tlog-proof@v1\nindex {last}\n")
    ingested = world.archive.catalogue.clip(world.ids["first"])
    assert ingested is not None
    for kind in ("entry", "proof"):
        path = f"/api/v1/integrity/custody/{ingested.ingested_index}/{kind}"
        assert client.get(path).status_code == 404
    page = world.browser("root").get("/integrity").text
    assert f"/integrity/custody#entry-{last}" in page
    assert f'id="entry-{last}"' in world.browser("root").get("/integrity/custody").text


def test_what_people_did_is_told_in_words(world: World) -> None:
    clip, actor = world.ids["second"], world.users["chief"].id
    played = {
        "session": "session-x",
        "what": "original",
        "spans": [[0, 61_000]],
        "played_ms": 61_000,
    }
    marker = {"marker": new_id("marker"), "kind": "marker", "from_us": 5_000_000, "to_us": None}
    world.archive.record(
        [
            Event(type="clip.played", subject=clip, actor=actor, data=played),
            Event(
                type="marker.set", subject=clip, actor=actor, data=marker, text={"text": "推搡 <b>"}
            ),
        ]
    )
    page = world.browser("chief").get(f"/clips/{clip}/custody").text
    assert f"{length_of(0)} – {length_of(61)}" in page
    assert "推搡 &lt;b&gt;" in page
