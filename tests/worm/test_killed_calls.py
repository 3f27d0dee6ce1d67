"""SIGKILL before and after each call on a socket of a docking whose objects go to a bucket, by strace.

The same promises as on a disk (tests/fault/lab/promises.py), and in the bucket no upload that nobody will end.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from archive.opening import create_archive
from archive.settings.model import S3Settings
from archive.store.s3.client import S3
from tests.fault.kill.calls import SOCKETS, Point, killed_at, points_of
from tests.fault.kill.operations import SERIAL, Scene, dock
from tests.fault.kill.spread import spread
from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab, from_environment

CLIPS = {"small.mp4": b"s" * 100_000, "large.mp4": bytes(range(256)) * (36 << 10)}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One run."""

    point: Point
    after: bool
    number: int


@pytest.fixture
def lab() -> Lab:
    return from_environment()


def new_scene(folder: Path, bucket: S3Settings, name: str) -> Scene:
    """An archive below a prefix of its own, and a recorder."""
    scene = Scene(folder=folder / name)
    scene.card.mkdir(parents=True)
    create_archive(scene.root, origin="station.example/1", s3=replace(bucket, prefix=f"{name}/"))
    for path, data in CLIPS.items():
        (scene.card / path).write_bytes(data)
    return scene


def kill_and_look(folder: Path, bucket: S3Settings, kill: Kill) -> str:
    word = "after" if kill.after else "before"
    scene = new_scene(folder, bucket, f"{kill.number}-{word}")
    promises = Promises(scene.root, CLIPS, serial=SERIAL)
    promises.shown()
    ended = killed_at(kill.point, partial(dock, scene), scene.folder, after=kill.after)
    for document in ended.told:
        promises.acknowledged(document)
    promises.check()
    promises.settle(scene.card)
    uploads = S3(bucket).call("list_multipart_uploads", Prefix=f"{scene.folder.name}/")
    assert not uploads.get("Uploads")
    shutil.rmtree(scene.folder)
    if not ended.killed:
        return "it had ended before that call came; all well"
    when = "after" if ended.told else "before"
    return (
        f"killed {when} its receipt; every promise kept, no upload and nothing half made left over"
    )


@pytest.mark.timeout(3600)
def test_every_promise_holds_when_a_docking_to_a_bucket_is_killed_at_any_call_on_a_socket(
    lab: Lab, bucket: S3Settings, tmp_path: Path
) -> None:
    scene = new_scene(tmp_path, bucket, "whole")
    points = points_of(partial(dock, scene), scene.folder, below=[], calls=SOCKETS)
    assert len(points) > 20
    # Of a row of reads of one answer the first: what a kill between two of them leaves is the same.
    points = [point for point in points if not point.repeats]
    for after in (False, True):
        with lab.row(
            area="kill",
            fault="SIGKILL during a docking to S3 (Ceph's gateway with Object Lock)",
            how=f"strace on the real calls: {'after' if after else 'before'} drawn calls on sockets",
        ) as row:
            # A run takes seconds, so not every call.
            kills = [
                Kill(point=Random(seed).choice(points), after=after, number=seed)  # noqa: S311 - it has to be the same again
                for seed in lab.seeds(short=1, long=20)
            ]
            for sentence in spread(lab, partial(kill_and_look, tmp_path, bucket), kills):
                row.saw(sentence)
