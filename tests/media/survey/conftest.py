"""Clips for these tests, made once, and the survey of one of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.media.survey import task
from ingest.media.tasks import Asked
from tests.media.survey.scenes import clock, h264, make, sound

AAC = ("-c:a", "aac", "-b:a", "64k")
BEEP = "if(between(t\\,1\\,2)\\,0.5*sin(2*PI*440*t)\\,0)"  # half as loud as can be, from 1 s to 2 s


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips."""
    folder = tmp_path_factory.mktemp("survey")
    whole = make(folder / "clock.mp4", *clock(6), *sound(BEEP, "0", 6), *h264(10), *AAC)
    copy = ("-i", str(whole), "-map", "0", "-c", "copy")
    make(folder / "clock.ts", *copy)
    make(folder / "clock.mkv", *copy)
    make(folder / "turned.mp4", "-display_rotation:v:0", "90", *copy)
    make(folder / "late.mkv", *copy, "-output_ts_offset", "5")
    early = ("-itsoffset", "-9", *clock(3), *sound("0", "0", 3), *h264(10), *AAC)
    make(folder / "no-pictures.mkv", *early, "-avoid_negative_ts", "disabled")
    make(folder / "one-key.mp4", *clock(10, size="160x120"), *h264(1000))
    make(folder / "narrow.mp4", *clock(1, size="160x240"), "-vf", "setsar=2/1", *h264(12))
    make(folder / "jpegs.avi", *clock(2), "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p")
    make(folder / "beep.wav", *sound(BEEP, "0", 3))
    make(folder / "quiet.wav", *sound("0.0004*sin(2*PI*440*t)", "0", 2))
    eight = ("-f", "lavfi", "-i", "aevalsrc=" + "|".join(["0.5"] * 8) + ":c=7.1:d=1")
    make(folder / "eight.m4a", *eight, *AAC)
    picture = make(folder / "cover.jpg", "-i", str(folder / "jpegs.avi"), "-frames:v", "1")
    both = ("-i", str(folder / "beep.wav"), "-i", str(picture), "-map", "0", "-map", "1")
    cover = ("-c:v", "copy", "-disposition:v:0", "attached_pic")
    make(folder / "cover.m4a", *both, *cover, *AAC)
    return folder


Survey = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def survey(clips: Path) -> Survey:
    """The task, asked about one of the clips, or about a file elsewhere."""

    def ask(
        name: str | Path, facts: Mapping[str, object] | None = None, **arguments: object
    ) -> dict[str, Any]:
        path = clips / name
        wanted = {"strip": True, "waveform": True, "quality": False, "facts": facts or {}}
        with path.open("rb") as file:
            asked = Asked(
                clip=file, others=(), out=None, name=path.name, arguments={**wanted, **arguments}
            )
            answer = task.run(asked)
        text = json.dumps(answer)
        found: dict[str, Any] = json.loads(text)
        return found

    return ask
