"""What a stream and a proxy are: the clip's own pictures at their own times, in a file that browsers play."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from ingest.media.encode import EncodingKind, Made, plan, run
from tests.media.encode.films import FFMPEG, facts_of, make, measure

MILLISECOND = Fraction(1, 1000)

pytestmark = pytest.mark.slow


def encode(
    clip: Path, out: Path, kind: EncodingKind, facts: dict[str, object] | None = None
) -> Made:
    """Plan and run."""
    facts = facts or facts_of(clip)
    encoding = plan(facts, kind)
    assert encoding is not None
    duration = facts["duration_us"]
    assert isinstance(duration, int)
    return run(encoding, clip, out, duration_us=duration, progress=None, cancelled=None)


def boxes(path: Path) -> list[str]:
    """The kinds of the outermost boxes."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return found


@pytest.mark.parametrize("name", ["late.mkv", "whole.ts", "whole.avi"])
def test_a_stream_has_every_picture_of_the_clip_at_its_time(
    films: Path, tmp_path: Path, name: str
) -> None:
    made = encode(films / name, tmp_path / "stream", "stream")
    before, after = measure(films / name), measure(tmp_path / "stream")
    assert len(after.times) == len(before.times) == made.parameters["frames"] == 100
    assert all(abs(a - b) <= MILLISECOND for a, b in zip(before.times, after.times, strict=True))
    assert before.sound_late is not None
    assert after.sound_late is not None
    assert abs(after.sound_late - before.sound_late) <= 2 * MILLISECOND
    assert (made.parameters["picture"], made.parameters["sound"]) == ("copied", "copied")
    assert made.size == (tmp_path / "stream").stat().st_size


def test_a_stream_has_its_index_first_and_a_fragment_for_each_key_frame(
    films: Path, tmp_path: Path
) -> None:
    encode(films / "late.mkv", tmp_path / "stream", "stream")
    assert boxes(tmp_path / "stream") == [
        "ftyp",
        "moov",
        *["sidx"] * 2,
        *["moof", "mdat"] * 4,
        "mfra",
    ]


def test_a_phone_codec_becomes_aac_while_the_picture_is_copied(films: Path, tmp_path: Path) -> None:
    made = encode(films / "phone.mov", tmp_path / "stream", "stream")
    assert measure(tmp_path / "stream").codecs == ("h264", "aac")
    assert (made.parameters["picture"], made.parameters["sound"]) == ("copied", "encoded")
    assert made.parameters["frames"] == 100


def test_a_proxy_keeps_uneven_frame_times_to_the_tick(films: Path, tmp_path: Path) -> None:
    made = encode(films / "uneven.mkv", tmp_path / "proxy", "proxy")
    before, after = measure(films / "uneven.mkv"), measure(tmp_path / "proxy")
    assert len({b - a for a, b in pairwise(before.times)}) > 1
    assert after.times == before.times
    assert after.codecs == ("h264", "aac")
    assert after.formats == {"yuv420p"}
    assert (made.parameters["picture"], made.parameters["sound"]) == ("encoded", "encoded")
    gaps = [b - a for a, b in pairwise(after.key_times)]
    assert max(gaps) <= Fraction(21, 10)
    assert boxes(tmp_path / "proxy") == ["ftyp", "moov", "free", "mdat"]


def test_where_sound_is_missing_there_is_silence_and_the_rest_stays_beside_its_picture(
    films: Path, tmp_path: Path
) -> None:
    encode(films / "gap.mkv", tmp_path / "proxy", "proxy")
    heard = measure(tmp_path / "proxy").sound_late
    assert heard is not None
    assert abs(heard - 3) < 20 * MILLISECOND
    with av.open(str(tmp_path / "proxy")) as container:
        times = [packet.pts for packet in container.demux(audio=0) if packet.pts is not None]
    assert {b - a for a, b in pairwise(times)} == {1024}


@pytest.mark.parametrize("kind", ["stream", "proxy"])
def test_reordered_frames_in_a_container_without_their_times_come_out_even(
    films: Path, tmp_path: Path, kind: EncodingKind
) -> None:
    made = encode(films / "reordered.avi", tmp_path / "out", kind)
    after = measure(tmp_path / "out")
    assert after.times == tuple(Fraction(number, 25) for number in range(100))
    assert after.sound_late is not None
    assert 0 <= after.sound_late < 30 * MILLISECOND  # an MP3 encoder's own
    assert (made.parameters["picture"], made.parameters["errors"]) == ("encoded", 0)


def test_the_same_clip_gives_the_same_bytes_also_by_the_recorded_command_alone(
    films: Path, tmp_path: Path
) -> None:
    clip, again = films / "uneven.mkv", tmp_path / "again.mp4"
    for kind in ("proxy", "proxy-low"):
        made = encode(clip, tmp_path / f"{kind}-1", kind)
        assert encode(clip, tmp_path / f"{kind}-2", kind) == made
        command = json.loads(str(made.parameters["command"]))
        places = {"ffmpeg": FFMPEG, "{original}": "fd:", "{out}": str(again)}
        with clip.open("rb") as original:
            subprocess.run(
                [places.get(word, word) for word in command],
                stdin=original,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        first = (tmp_path / f"{kind}-1").read_bytes()
        assert first == (tmp_path / f"{kind}-2").read_bytes() == again.read_bytes()


def test_a_turned_picture_stands_upright_and_is_no_larger_than_720_lines_across(
    films: Path, tmp_path: Path
) -> None:
    turned = make(
        tmp_path / "turned.mp4",
        ("-display_rotation", "90", "-i", str(films / "upright.mp4"), "-c", "copy"),
    )
    encode(turned, tmp_path / "proxy", "proxy", facts_of(turned, rotation=270))
    assert measure(tmp_path / "proxy").sizes == {(638, 1280)}


def test_fields_become_whole_pictures_of_the_same_number(films: Path, tmp_path: Path) -> None:
    made = encode(films / "fields.mkv", tmp_path / "proxy", "proxy")
    before = measure(films / "fields.mkv")
    assert measure(tmp_path / "proxy").times == before.times
    assert made.parameters["frames_missing"] == 0


def test_high_dynamic_range_is_brought_to_what_a_screen_shows(films: Path, tmp_path: Path) -> None:
    clip = films / "bright.mkv"
    encode(clip, tmp_path / "proxy", "proxy", facts_of(clip, hdr="pq"))
    before, after = measure(clip), measure(tmp_path / "proxy")
    assert (before.transfer, after.transfer) == (16, 1)
    assert before.formats == {"yuv420p10le"}
    assert after.formats == {"yuv420p"}
    assert after.brightness < before.brightness - 8


def test_the_low_proxy_has_fewer_frames_of_the_original_times_and_one_channel(
    films: Path, tmp_path: Path
) -> None:
    encode(films / "motion.avi", tmp_path / "low", "proxy-low")
    before, after = measure(films / "motion.avi"), measure(tmp_path / "low")
    assert after.times == before.times[::2]
    assert after.sizes == {(320, 240)}
    assert after.channels == 1


def test_sound_alone_becomes_aac_or_is_copied(films: Path, tmp_path: Path) -> None:
    made = encode(films / "speech.wav", tmp_path / "speech", "proxy")
    assert made.parameters["sound"] == "encoded"
    assert measure(tmp_path / "speech").codecs == ("aac",)
    made = encode(films / "music.mka", tmp_path / "music", "stream")
    assert made.parameters["sound"] == "copied"
    assert boxes(tmp_path / "music").count("moof") == 2
    assert "frames" not in made.parameters
