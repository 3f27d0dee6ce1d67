"""What a media child may be asked, and how a task that fails is told apart from one that cannot be done."""

import sys
from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError, TaskRefusedError

TASK = """
import fcntl, os, sys
from ingest.media.errors import TaskRefusedError

def run(asked):
    what = asked.arguments["do"]
    if what == "read":
        return {"clip": asked.clip.read().decode(), "others": [o.read().decode() for o in asked.others]}
    if what == "count":
        return {"length": len(asked.arguments["text"])}
    if what == "talk":
        return {"text": "x" * asked.arguments["bytes"]}
    if what == "refuse":
        raise TaskRefusedError("no_reference")
    if what == "write":
        asked.out.write(b"a" * asked.arguments["bytes"])
        return {"written": asked.arguments["bytes"]}
    if what == "hoard":
        hoard = [bytes(1 << 29) for _ in range(16)]
    if what == "die once":
        # its flags are the open file's own: the next child, which is handed the same one, sees them
        flags = fcntl.fcntl(asked.others[0], fcntl.F_GETFL)
        first = not flags & os.O_APPEND
        fcntl.fcntl(asked.others[0], fcntl.F_SETFL, flags | os.O_APPEND)
        asked.out.write(b"first" if first else b"2nd")
        asked.out.flush()
        if first:
            os.abort()
        return {}
"""


def _child(folder: Path, *, writes: int = 0) -> MediaChild:
    """The real worker, with one task more than it has."""
    (folder / "extra_task.py").write_text(TASK)
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv = ['worker', '{writes}']; "
        # now: later it lies where the child may not look
        "import extra_task; from ingest.media import tasks; tasks._MODULES['track'] = 'extra_task'; "
        "from ingest.media.worker import main; sys.exit(main())"
    )
    return MediaChild(timeout=30, command=[sys.executable, "-I", "-B", "-c", program])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip"
    path.write_text("the clip")
    return path


def _why(child: MediaChild, clip: Path, **arguments: object) -> str:
    with clip.open("rb") as file, pytest.raises(MediaTaskError) as caught:
        child.ask("track", file, name="clip", arguments=arguments)
    return caught.value.why


def test_a_task_reads_the_clip_and_the_files_beside_it(clip: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "1", tmp_path / "2"]
    for path in paths:
        path.write_text(f"side {path.name}")
    with _child(tmp_path) as child, clip.open("rb") as file:
        others = [path.open("rb") for path in paths]
        file.seek(3)  # whoever opened it looked into it already
        answer = child.ask("track", file, name="clip", others=others, arguments={"do": "read"})
        for other in others:
            other.close()

    assert answer == {"clip": "the clip", "others": ["side 1", "side 2"]}


def test_questions_and_answers_of_megabytes_arrive_whole(clip: Path, tmp_path: Path) -> None:
    with _child(tmp_path) as child, clip.open("rb") as file:
        asked = {"do": "count", "text": "t" * (4 << 20)}
        assert child.ask("track", file, name="", arguments=asked) == {"length": 4 << 20}
        told = child.ask("track", file, name="", arguments={"do": "talk", "bytes": 15 << 20})
        assert len(str(told["text"])) == 15 << 20
        assert _why(child, clip, do="talk", bytes=17 << 20) == "answer_too_large"


def test_a_task_that_cannot_be_done_says_why_and_the_child_lives(
    clip: Path, tmp_path: Path
) -> None:
    with _child(tmp_path) as child:
        assert _why(child, clip, do="refuse") == "no_reference"
        running = child._process
        assert _why(child, clip, do="refuse") == "no_reference"
        assert child._process is running


def test_a_task_that_takes_too_much_memory_is_refused_and_the_next_is_done(
    clip: Path, tmp_path: Path
) -> None:
    with _child(tmp_path) as child, clip.open("rb") as file:
        assert _why(child, clip, do="hoard") == "out_of_memory"
        assert child.ask("track", file, name="", arguments={"do": "talk", "bytes": 1}) == {
            "text": "x"
        }


@pytest.mark.parametrize(("allowance", "why"), [(1000, None), (999, "too_large"), (0, "too_large")])
def test_a_task_writes_as_much_as_its_child_was_allowed(
    clip: Path, tmp_path: Path, allowance: int, why: str | None
) -> None:
    arguments: dict[str, object] = {"do": "write", "bytes": 1000}
    with (
        _child(tmp_path, writes=allowance) as child,
        clip.open("rb") as file,
        (tmp_path / "out").open("x+b") as out,
    ):
        if why is None:
            child.ask("track", file, name="", out=out, arguments=arguments)
            assert out.seek(0) == 0
            assert out.read() == b"a" * 1000
            return
        with pytest.raises(MediaTaskError) as caught:
            child.ask("track", file, name="", out=out, arguments=arguments)
        assert caught.value.why == why


def test_a_second_try_begins_with_an_empty_file(clip: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    noted.touch(0o600)
    with (
        _child(tmp_path, writes=100) as child,
        clip.open("rb") as file,
        noted.open("rb") as side,
        (tmp_path / "out").open("x+b") as out,
    ):
        child.ask("track", file, name="", others=[side], out=out, arguments={"do": "die once"})
        out.seek(0)
        assert out.read() == b"2nd"


def test_what_is_no_task_is_not_asked(clip: Path) -> None:
    with (
        MediaChild() as child,
        clip.open("rb") as file,
        pytest.raises(ValueError, match="not a question"),
    ):
        child.ask("os.system", file, name="")


@pytest.mark.parametrize("word", ["", "Ünfug", "a b", "x" * 41, "../x"])
def test_a_reason_is_a_code_whoever_gives_it(word: str) -> None:
    assert MediaTaskError(word).why == "refused"
    with pytest.raises(ValueError, match="not a code"):
        TaskRefusedError(word)
