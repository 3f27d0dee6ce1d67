"""A parser that is killed from outside says nothing about a clip."""

import sys
from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.errors import ParserKilledError

_KILLED = "import os,signal;print(chr(123)+chr(125),flush=True);os.read(0,1);os.kill(os.getpid(),signal.{})"


def test_a_parser_that_is_killed_twice_leaves_the_clip_without_facts(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"\0\0\0\x18ftypmp42")
    command = [sys.executable, "-c", _KILLED.format("SIGKILL")]
    with MediaChild(command=command) as child, pytest.raises(ParserKilledError):
        child.probe(clip, name="clip.mp4")


def test_a_parser_killed_before_it_takes_the_question_says_nothing_either(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"\0\0\0\x18ftypmp42")
    # The question meets a closed pipe, where above it is the answer that does not come.
    script = "import os,signal;print(chr(123)+chr(125),flush=True);os.close(0);os.kill(os.getpid(),signal.SIGKILL)"
    with (
        MediaChild(command=[sys.executable, "-c", script]) as child,
        pytest.raises(ParserKilledError),
    ):
        child.probe(clip, name="clip.mp4")


def test_a_parser_that_crashes_twice_is_a_fact_of_the_clip(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"\0\0\0\x18ftypmp42")
    command = [sys.executable, "-c", _KILLED.format("SIGSEGV")]
    with MediaChild(command=command) as child:
        assert child.probe(clip, name="clip.mp4").damage == ("parser_crashed",)
