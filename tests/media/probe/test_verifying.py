"""Everything decoded and counted, and equal pictures known by their digest."""

from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from tests.media.probe.hostile import without_packets


def _verified(child: MediaChild, path: Path, *, digest: bool = True) -> dict[str, object]:
    with path.open("rb") as file:
        return child.ask("verify", file, name=path.name, arguments={"digest": digest})


def test_a_whole_clip_decodes_without_an_error(clips: Path, child: MediaChild) -> None:
    found = _verified(child, clips / "plain.mp4")

    assert (found["frames"], found["errors"]) == (100, 0)
    assert found["audio_frames"] in {188, 189}  # the first is the encoder's own
    assert found["duration_us"] == pytest.approx(4_000_000, abs=50_000)


def test_the_same_pictures_have_the_same_digest_in_any_container(
    clips: Path, child: MediaChild
) -> None:
    names = ("plain.mp4", "fast.mp4", "plain.ts", "plain.mkv", "fragments.mp4")

    assert len({_verified(child, clips / name)["frame_digest"] for name in names}) == 1
    assert _verified(child, clips / "plain.mp4", digest=False)["frame_digest"] is None


def test_a_broken_clip_is_counted_with_its_errors(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    content = bytearray((clips / "fast.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(content))

    found = _verified(child, broken)

    assert isinstance(found["errors"], int)
    assert found["errors"] > 0
    assert found["frame_digest"] != _verified(child, clips / "fast.mp4")["frame_digest"]


def test_a_picture_that_is_patched_up_counts_as_an_error(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    lossy = tmp_path / "lossy.ts"
    lossy.write_bytes(without_packets((clips / "plain.ts").read_bytes(), {1000, 1001, 1002}))

    found = _verified(child, lossy)

    assert found["frames"] == 100  # all are shown, one of them not as it was
    assert found["errors"] == 1


@pytest.mark.parametrize("content", [b"", b"words", b"\0\0\0\x10ftypisom\0\0\0\0"])
def test_what_does_not_open_is_refused(child: MediaChild, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)

    with pytest.raises(MediaTaskError) as caught:
        _verified(child, path)

    assert caught.value.why in {"not_media", "undecodable"}
