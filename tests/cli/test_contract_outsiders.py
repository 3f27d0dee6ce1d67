"""Somebody from outside: the served archive, read with nothing of ours but its addresses and its key."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Command, objects
from tests.fakes.outsider import check_log

CASE = "市监罚(2026)/7 号 %2F"
PASSWORD = "a long password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An archive with one docking, and the service over it."""

    archive: Command
    recorder: Path
    receipt: dict[str, Any]
    page: str

    def get(self, path: str, token: str | None = None, **headers: str) -> tuple[int, bytes]:
        """One request; the status, and what came."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.page + path, headers=headers)  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def sign_in(self, user: str) -> str:
        """A bearer token."""
        body = json.dumps({"user": user, "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.page + "api/v1/session", body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            assert answer.status == 201
            return str(json.load(answer)["token"])


@pytest.fixture(scope="module")
def served(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service, as the command starts it; tests here only ask it."""
    place = tmp_path_factory.mktemp("served")
    archive = Command(root=place / "archive", cwd=place)
    shutil.copytree(new_archive, archive.root)
    recorder = place / "recorder"
    recorder.mkdir()
    for name in ("DCAM_DSJ4A00042_012345_20260117_080000.mp4", '笔记 "1".txt', "empty"):
        (recorder / name).write_bytes(name.encode() * 1000 if name != "empty" else b"")
    archive("case", "open", CASE)
    receipt = archive.json("dock", recorder, "--case", CASE)
    for role in ("supervisor", "oversight"):
        archive(
            *("user", "add", role, "--role", role, "--password-stdin"),
            stdin=PASSWORD.encode() + b"\n",
        )
    process = archive.start("serve", "--port", "0", "--lang", "zh")
    try:
        assert process.stdout is not None
        found = re.search(rb"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found
        page = found[0].decode()
        yield Served(archive=archive, recorder=recorder, receipt=receipt, page=page)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt it; it ends well."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def mirror(served: Served, folder: Path, token: str) -> None:
    """Copy the log over HTTP as the C2SP texts say where things are: `checkpoint`, tiles, bundles."""
    status, note = served.get("ledger/checkpoint")
    assert status == 200
    size = int(note.split(b"\n")[1])
    assert 0 < size < 256, "one tile on one level is all that this reads"
    wanted = {f"tile/0/000.p/{size}": None, f"tile/entries/000.p/{size}": token}
    for path, needed in wanted.items():
        status, data = served.get(f"ledger/{path}", needed)
        assert status == 200, path
        file = folder / path
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
    (folder / "checkpoint").write_bytes(note)


def test_a_strangers_tool_accepts_the_log_over_http_and_as_files(
    served: Served, tmp_path: Path
) -> None:
    vkey = served.archive("ledger", "vkey").text
    token = served.sign_in("oversight")
    mirror(served, tmp_path / "mirror", token)
    seen = check_log(tmp_path / "mirror", vkey)
    assert any(served.receipt["docking"].encode() in entry for entry in seen.entries)
    assert check_log(served.archive.root / "ledger", vkey).size >= seen.size


def test_entry_bundles_are_not_for_everybody(served: Served) -> None:
    size = int(served.get("ledger/checkpoint")[1].split(b"\n")[1])
    path = f"ledger/tile/entries/000.p/{size}"
    assert served.get(path)[0] == 401
    assert served.get(path, served.sign_in("supervisor"))[0] == 403


def test_what_comes_over_http_is_what_lay_on_the_recorder(served: Served) -> None:
    token = served.sign_in("supervisor")
    query = urllib.parse.urlencode({"case": CASE})
    status, data = served.get(f"api/v1/clips?{query}", token)
    found = json.loads(data)
    assert (status, found["total"]) == (200, 3)
    for clip in found["clips"]:
        status, data = served.get(f"api/v1/clips/{clip['clip']}/original", token)
        assert status == 200
        assert data == (served.recorder / clip["path"]).read_bytes()


def test_http_and_command_line_find_the_same_and_prove_it_alike(served: Served) -> None:
    token = served.sign_in("supervisor")
    query = urllib.parse.urlencode({"case": CASE})
    over_http = json.loads(served.get(f"api/v1/clips?{query}", token)[1])
    typed = served.archive.json("find", "--case", CASE)
    assert over_http["clips"] == typed["clips"]
    clip = typed["clips"][0]["clip"]
    proof = served.get(f"api/v1/clips/{clip}/proof", token)[1]
    head = served.archive("ledger", "proof", clip).text.split("\n")[:2]
    assert proof.decode().split("\n")[:2] == head


def test_a_case_number_is_one_segment_of_the_raw_path(served: Served) -> None:
    token = served.sign_in("supervisor")
    segment = urllib.parse.quote(CASE, safe="")
    status, data = served.get(f"api/v1/cases/{segment}", token)
    assert (status, json.loads(data)["number"]) == (200, CASE)
    status, page = served.get(f"cases/{segment}", token, Accept="text/html")
    assert status == 200
    clips = [clip["clip"] for clip in served.receipt["clips"]]
    assert all(clip.encode() in page for clip in clips)
    assert served.get(f"api/v1/cases/{urllib.parse.quote(CASE)}", token)[0] == 404


def test_sha256sum_can_check_the_store(served: Served) -> None:
    stored = objects(served.archive.root)
    assert {clip["sha256"] for clip in served.receipt["clips"]} <= {file.name for file in stored}
    for file in stored:
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
        assert file.stat().st_mode & 0o777 == 0o444
