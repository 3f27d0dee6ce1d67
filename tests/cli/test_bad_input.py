"""Whatever lies on a recorder: a clear word for each entry, and nothing lost."""

from __future__ import annotations

import base64
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Command, objects

REFUSED = {"link": "link", "folder-link": "link", "outside": "link", "loop": "link", "pipe": "fifo"}


def by_path(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The clips of a receipt by their paths."""
    clips = {clip["path"]: clip for clip in document["clips"]}
    assert len(clips) == len(document["clips"])
    return clips


def test_every_entry_of_a_recorder_is_in_the_receipt_with_its_reason(
    archive: Command, place: Path
) -> None:
    source = place / "r"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "clip.mp4").write_bytes(b"clip")
    (source / "empty").write_bytes(b"")
    (source / ".hidden").write_bytes(b"hidden")
    (source / "link").symlink_to("sub/clip.mp4")
    (source / "folder-link").symlink_to("sub")
    (source / "outside").symlink_to("/etc/passwd")
    (source / "loop").symlink_to("loop")
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(source / "sock"))
    document = archive.json("dock", source, "--no-derive", status=3)
    clips = by_path(document)
    assert clips.keys() == {"sub/clip.mp4", "empty", ".hidden", "sock", *REFUSED}
    for path, code in {**REFUSED, "sock": "socket"}.items():
        clip = clips[path]
        assert (clip["status"], clip["code"]) == ("refused", code)
        assert clip["reason"]
        assert clip["sha256"] is clip["clip"] is None
    for path in ("sub/clip.mp4", "empty", ".hidden"):
        clip = clips[path]
        assert (clip["status"], clip["code"], clip["reason"]) == ("ingested", None, None)
    assert clips["empty"]["size"] == 0
    assert (document["recorder"], document["bytes"]) == ("folder:r", 10)
    assert archive.json("audit")["findings"] == []


@pytest.mark.usefixtures("root_only")
def test_a_device_is_refused_and_not_read(archive: Command, place: Path) -> None:
    source = place / "r"
    source.mkdir()
    os.mknod(source / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    (clip,) = archive.json("dock", source, "--no-derive", status=3)["clips"]
    assert (clip["path"], clip["code"]) == ("zero", "device")


def test_what_may_not_be_read_is_refused_and_the_rest_is_taken(
    muniment: Command, place: Path
) -> None:
    source = place / "r"
    (source / "closed").mkdir(parents=True)
    (source / "closed" / "inside.mp4").write_bytes(b"x")
    (source / "good.mp4").write_bytes(b"good")
    (source / "secret.mp4").write_bytes(b"secret")
    (source / "secret.mp4").chmod(0)
    (source / "closed").chmod(0)
    place.chmod(0o777)
    nobody = muniment.as_nobody()
    nobody("init", "--origin", "a.example")
    clips = by_path(nobody.json("dock", source, "--no-derive", status=3))
    place.chmod(0o755)
    assert {path: clip["status"] for path, clip in clips.items()} == {
        "good.mp4": "ingested",
        "secret.mp4": "refused",
        "closed": "refused",
    }
    assert clips["secret.mp4"]["code"] == "D011"
    assert clips["closed"]["code"] == "unreadable_folder"


NAMES = {
    "a\nnewline.mp4": b"a\nnewline.mp4",
    "quote ' \" ` $(x).mp4": b"quote ' \" ` $(x).mp4",
    "-- dash.mp4": b"-- dash.mp4",
    "执法记录.mp4": "执法记录.mp4".encode(),
    "x" * 255: b"x" * 255,
    "\x1b[31mred.mp4": b"\x1b[31mred.mp4",
    "bad\\xff\\xfe.mp4": b"bad\xff\xfe.mp4",
}


def test_names_of_every_kind_are_kept_byte_for_byte(archive: Command, place: Path) -> None:
    source = os.fsencode(place / "r")
    os.mkdir(source)  # noqa: PTH102 - names that are no text
    for number, raw in enumerate(NAMES.values()):
        Path(os.fsdecode(source + b"/" + raw)).write_bytes(b"%d" % number)
    clips = by_path(archive.json("dock", os.fsdecode(source), "--no-derive"))
    assert clips.keys() == set(NAMES)
    for shown, raw in NAMES.items():
        encoded = clips[shown].get("path_base64")
        assert encoded == (base64.b64encode(raw).decode() if b"\xff" in raw else None)
    again = by_path(archive.json("dock", os.fsdecode(source), "--no-derive"))
    assert {clip["status"] for clip in again.values()} == {"known"}
    assert {p: c["clip"] for p, c in again.items()} == {p: c["clip"] for p, c in clips.items()}
    assert archive.json("find")["total"] == len(NAMES)


def test_a_name_cannot_steer_the_terminal(archive: Command, place: Path) -> None:
    source = place / "r"
    source.mkdir()
    (source / "\x1b[31m\r\nred.mp4").symlink_to("x")
    result = archive("dock", source, "--no-derive", status=3)
    assert b"\x1b" not in result.out
    assert b"\r" not in result.out
    assert "\\x1b[31m\\r\\nred.mp4" in result.text


def test_the_same_bytes_twice_are_two_clips_on_one_object(archive: Command, place: Path) -> None:
    source = place / "r"
    source.mkdir()
    (source / "a.mp4").write_bytes(b"same")
    (source / "b.mp4").write_bytes(b"same")
    clips = by_path(archive.json("dock", source, "--no-derive"))
    assert {clip["status"] for clip in clips.values()} == {"ingested"}
    assert clips["a.mp4"]["clip"] != clips["b.mp4"]["clip"]
    assert clips["a.mp4"]["sha256"] == clips["b.mp4"]["sha256"]
    one, other = (clip["clip"] for clip in clips.values())
    said = [archive.json("clip", "show", clip)["same_as"] for clip in (one, other)]
    # Two are read at once: either may be the first.
    assert said in ([None, one], [other, None])
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "c.mp4").write_bytes(b"same")
    (third,) = archive.json("dock", elsewhere, "--no-derive")["clips"]
    assert third["status"] == "ingested"
    assert sum(path.name == third["sha256"] for path in objects(archive.root)) == 1


def test_a_recorder_docked_again_is_known_and_rereading_compares(
    archive: Command, recorder: Path
) -> None:
    first = by_path(archive.json("dock", recorder, "--no-derive"))
    clip = next(iter(recorder.rglob("notes.txt")))
    stamp = clip.stat()
    clip.write_bytes(b"OTHER!")
    os.utime(clip, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    path = str(clip.relative_to(recorder))
    assert by_path(archive.json("dock", recorder, "--no-derive"))[path]["status"] == "known"
    reread = by_path(archive.json("dock", recorder, "--no-derive", "--reread"))
    assert reread[path]["status"] == "ingested"
    assert reread[path]["clip"] != first[path]["clip"]
    rest = {p: c["status"] for p, c in reread.items() if p != path}
    assert set(rest.values()) == {"known"}


def test_a_file_that_grows_while_it_is_read_is_refused_and_taken_later(
    archive: Command, place: Path
) -> None:
    source = place / "r"
    source.mkdir()
    growing, stop = source / "growing.mp4", threading.Event()
    with growing.open("wb") as file:
        file.truncate(200 << 20)  # long enough to read that a busy machine gets to write meanwhile
    (source / "whole.mp4").write_bytes(b"whole")

    def grow() -> None:
        with growing.open("ab", buffering=0) as file:
            while not stop.wait(0.0005):
                file.write(b"more")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        clips = by_path(archive.json("dock", source, "--no-derive", status=3))
    finally:
        stop.set()
        writer.join()
    assert clips["whole.mp4"]["status"] == "ingested"
    assert clips["growing.mp4"]["status"] in {"refused", "partial"}
    assert clips["growing.mp4"]["code"] in {"A010", "D012"}
    assert clips["growing.mp4"]["reason"]
    again = by_path(archive.json("dock", source, "--no-derive"))
    assert again["growing.mp4"]["status"] == "ingested"
    assert again["growing.mp4"]["size"] == growing.stat().st_size


def test_a_case_that_is_not_open_stops_a_docking_before_anything_is_read(
    archive: Command, recorder: Path
) -> None:
    refused = archive.json("dock", recorder, "--case", "2026-9", status=4)
    assert (refused["clips"], refused["error"]["code"]) == ([], "A070")
    archive("case", "open", "2026-9")
    archive("case", "close", "2026-9", "--reason", "done")
    refused = archive.json("dock", recorder, "--case", "2026-9", status=4)
    assert (refused["clips"], refused["error"]["code"]) == ([], "A071")
    assert archive.json("find")["total"] == 0


@pytest.mark.parametrize(
    ("setting", "status", "code"),
    [("refuse", 4, "I040"), ("quarantine", 3, None)],
)
def test_an_unregistered_recorder_is_treated_as_the_settings_say(
    setting: str, status: int, code: str | None, archive: Command, recorder: Path
) -> None:
    toml = archive.root / "muniment.toml"
    toml.write_text(toml.read_text().replace('recorder = "accept"', f'recorder = "{setting}"'))
    document = archive.json("dock", recorder, "--recorder", "X1", "--no-derive", status=status)
    if code is not None:
        assert document["error"]["code"] == code
        assert document["clips"] == []
    else:
        assert {c["status"] for c in document["clips"]} == {"quarantined"}
        assert all(c["code"] and c["reason"] and c["clip"] for c in document["clips"])
    archive("recorder", "register", "X1", "--make", "厂商")
    whole = archive.json("dock", recorder, "--recorder", "X1", "--no-derive", status=None)
    assert {c["status"] for c in whole["clips"]} <= {"ingested", "known"}
    assert whole["recorder"] == "X1"


def test_the_source_is_never_written(archive: Command, recorder: Path) -> None:
    def seen() -> dict[str, tuple[int, int, int]]:
        return {
            str(p): (p.lstat().st_mode, p.lstat().st_mtime_ns, p.lstat().st_size)
            for p in sorted(recorder.rglob("*"))
        }

    before = seen()
    archive("dock", recorder, "--no-derive")
    assert seen() == before
