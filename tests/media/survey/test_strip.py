"""The strip: what is on it, and when its index says that it was."""

import base64
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.frame import VideoFrame

from ingest.media.child import MediaChild
from ingest.media.errors import TaskRefusedError
from ingest.media.survey.strip import StripMaker
from tests.media.survey.scenes import Cue, cues, facts_of, h264, luma_at, make, opened


def tiles_of(strip: dict[str, Any]) -> list[tuple[Cue, float, float]]:
    """Each cue, the luma of its tile and how much it varies."""
    sheet = opened(base64.b64decode(strip["jpeg"]))
    found = []
    for cue in cues(strip["vtt"]):
        x, y, width, height = cue.place
        tile = sheet[y : y + height, x : x + width]
        assert tile.shape == (height, width)
        found.append((cue, float(tile.mean()), float(tile.std())))
    return found


def assert_true(strip: dict[str, Any]) -> None:
    """Each tile shows the picture of the time that its cue names, and cues follow each other."""
    found = tiles_of(strip)
    for cue, luma, spread in found:
        assert luma == pytest.approx(luma_at(cue.begin), abs=1.2), cue
        assert spread < 2
    for (before, _, _), (after, _, _) in itertools.pairwise(found):
        assert before.end == after.begin


def test_every_key_frame_is_a_tile_that_shows_what_its_cue_says(survey: Any, clips: Path) -> None:
    strip = survey("clock.mp4", facts_of(clips / "clock.mp4"))["strip"]

    found = cues(strip["vtt"])
    assert [cue.begin for cue in found] == list(range(0, 6000, 500))
    assert len(found) == strip["parameters"]["tiles"]
    assert found[-1].end == 6000
    assert strip["parameters"] | {"maker": "", "stream": 0} == {
        "tiles": len(found),
        "columns": 10,
        "tile_width": 160,
        "tile_height": 120,
        "quantizer": 5,
        "format": "image/jpeg",
        "stream": 0,
        "maker": "",
    }
    assert_true(strip)


@pytest.mark.parametrize("name", ["clock.mp4", "clock.ts", "clock.mkv", "late.mkv"])
def test_times_are_those_that_a_player_shows_in_every_container(survey: Any, name: str) -> None:
    strip = survey(name)["strip"]

    assert cues(strip["vtt"])[0].begin in range(200)  # the sound may begin a moment earlier
    assert len(cues(strip["vtt"])) >= 6
    assert_true(shifted(strip))


def shifted(strip: dict[str, Any]) -> dict[str, Any]:
    """The strip as if the first picture came first: the encoder's sound may come before it."""
    first = cues(strip["vtt"])[0].begin
    if first == 0:
        return strip
    lines = []
    for cue in cues(strip["vtt"]):
        begin, end = (
            f"00:00:{ms // 1000:02}.{ms % 1000:03}" for ms in (cue.begin - first, cue.end - first)
        )
        place = ",".join(map(str, cue.place))
        lines.append(f"{begin} --> {end}\nstrip#xywh={place}\n")
    return {**strip, "vtt": "\n".join(["WEBVTT\n", *lines])}


def test_a_clip_with_one_key_frame_has_a_tile_for_each_second(survey: Any, clips: Path) -> None:
    facts = facts_of(clips / "one-key.mp4")
    frames = facts["frames"]
    assert isinstance(frames, dict)
    assert frames["keys"] == [0]

    strip = survey("one-key.mp4", facts)["strip"]

    assert [cue.begin for cue in cues(strip["vtt"])] == [second * 1000 for second in range(10)]
    assert_true(strip)


def test_a_clip_without_key_frames_is_decoded_from_its_beginning(survey: Any, clips: Path) -> None:
    facts = facts_of(clips / "one-key.mp4")
    frames = facts["frames"]
    assert isinstance(frames, dict)
    frames["keys"] = []

    strip = survey("one-key.mp4", facts)["strip"]

    assert len(cues(strip["vtt"])) == 10
    assert_true(strip)


def test_key_frames_that_were_not_chosen_are_not_decoded(survey: Any, clips: Path) -> None:
    strip = survey("clock.mp4", facts_of(clips / "clock.mp4"), tiles=3)["strip"]

    assert [cue.begin for cue in cues(strip["vtt"])] == [0, 3000, 5500]
    assert_true(strip)


def test_where_too_many_pictures_come_those_that_stay_are_spread_evenly() -> None:
    maker = StripMaker(tiles=4, width=64, aspect=None)
    for number in range(21):
        maker.add(number * 1_000_000, VideoFrame(64, 64, "yuv420p"))

    strip = maker.finish(21_000_000)

    assert strip is not None
    assert [cue.begin for cue in cues(strip.vtt)] == [0, 8000, 16_000]


def test_a_recorder_held_on_its_side_has_upright_tiles(survey: Any) -> None:
    parameters = survey("turned.mp4")["strip"]["parameters"]

    assert (parameters["tile_width"], parameters["tile_height"]) == (160, 214)


def test_pixels_that_are_not_square_are_made_square(survey: Any) -> None:
    parameters = survey("narrow.mp4")["strip"]["parameters"]

    assert (parameters["tile_width"], parameters["tile_height"]) == (160, 120)


def test_the_facts_know_the_shape_of_a_pixel(survey: Any, clips: Path) -> None:
    facts = facts_of(clips / "clock.mp4")
    facts["streams"] = [{"index": 0, "width": 320, "height": 240, "sample_aspect": "2/1"}]

    parameters = survey("clock.mp4", facts)["strip"]["parameters"]

    assert (parameters["tile_width"], parameters["tile_height"]) == (160, 60)


def test_no_more_tiles_than_were_asked_for_and_still_spread_over_the_clip(survey: Any) -> None:
    strip = survey("jpegs.avi", tiles=3, tile_width=64)["strip"]

    found = cues(strip["vtt"])
    assert len(found) in {2, 3}
    assert found[-1].begin >= 1000
    assert strip["parameters"]["tile_width"] == 64


def test_a_cover_picture_is_no_strip(survey: Any) -> None:
    answer = survey("cover.m4a")

    assert answer["strip"] is None
    assert answer["waveform"] is not None


def test_a_picture_stream_without_pictures_does_not_cost_the_sound(survey: Any) -> None:
    answer = survey("no-pictures.mkv")

    assert answer["strip"] is None
    assert answer["waveform"] is not None


def test_a_stream_that_the_facts_call_encrypted_is_not_decoded(survey: Any) -> None:
    closed = {"streams": [{"index": index, "protected": True} for index in (0, 1)]}

    answer = survey("clock.mp4", closed)

    assert (answer["strip"], answer["waveform"]) == (None, None)


def test_a_damaged_middle_costs_its_own_tiles_only(
    survey: Any, clips: Path, tmp_path: Path
) -> None:
    facts = facts_of(clips / "clock.mp4")
    spoilt = bytearray((clips / "clock.mp4").read_bytes())
    begin = spoilt.index(b"mdat")
    third = (len(spoilt) - begin) // 3
    spoilt[begin + third : begin + third + third // 2] = b"\xff" * (third // 2)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(spoilt)

    found = tiles_of(survey(damaged, facts)["strip"])

    right = [cue for cue, luma, _ in found if abs(luma - luma_at(cue.begin)) < 1.5]
    assert right[0].begin == 0
    assert right[-1].begin > 5000
    assert len(right) >= 6


def test_a_picture_that_does_not_decode_is_left_out(
    survey: Any, clips: Path, tmp_path: Path
) -> None:
    spoilt = bytearray((clips / "jpegs.avi").read_bytes())
    at = spoilt.index(b"movi")
    for number in range(25):
        at = spoilt.index(b"00dc", at + 4)
        if number >= 15:
            spoilt[at + 8 : at + 308] = bytes(300)
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(spoilt)
    facts = facts_of(clips / "jpegs.avi")

    found = [cue.begin for cue, _, _ in tiles_of(survey(damaged, facts)["strip"])]
    whole = [cue.begin for cue, _, _ in tiles_of(survey("jpegs.avi", facts)["strip"])]

    assert len(whole) == 8
    assert found == [begin for begin in whole if not 750 <= begin < 1250]


def test_samples_that_are_nowhere_in_the_file_are_not_its_end(
    survey: Any, clips: Path, tmp_path: Path
) -> None:
    facts = facts_of(clips / "clock.mp4")
    spoilt = bytearray((clips / "clock.mp4").read_bytes())
    table = spoilt.index(b"stco")  # ISO/IEC 14496-12, 8.7.5: count, then offsets, of the pictures
    count = int.from_bytes(spoilt[table + 8 : table + 12], "big")
    middle = table + 12 + count // 2 * 4
    spoilt[middle : middle + 4] = b"\x7f\xff\xff\xff"
    damaged = tmp_path / "nowhere.mp4"
    damaged.write_bytes(spoilt)

    answer = survey(damaged, facts)

    assert cues(answer["strip"]["vtt"])[-1].end == 6000
    assert len(cues(answer["strip"]["vtt"])) >= 10
    assert answer["waveform"]["parameters"]["points"] >= 120


def test_a_clip_that_ends_early_shows_what_is_there(
    survey: Any, clips: Path, tmp_path: Path
) -> None:
    whole = (clips / "clock.ts").read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole[: len(whole) // 2])

    found = tiles_of(survey(cut)["strip"])

    assert 3 <= len(found) <= 8


def test_what_is_no_media_is_refused(survey: Any, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("nothing to see here, for whoever looks")

    with pytest.raises(TaskRefusedError, match="not_media"):
        survey(text)


def test_a_box_of_nothing_is_refused(survey: Any, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + b"\0\0\0\x08free" * 4)

    with pytest.raises(TaskRefusedError, match="undecodable"):
        survey(nothing)


def test_the_confined_child_gives_the_same_bytes_each_time(survey: Any, clips: Path) -> None:
    facts = facts_of(clips / "clock.mp4")
    arguments = {"facts": facts, "strip": True, "waveform": True, "quality": True}
    answers = []
    with MediaChild() as child, (clips / "clock.mp4").open("rb") as file:
        for _ in range(2):
            answers.append(child.ask("survey", file, name="clock.mp4", arguments=arguments))
            child.close()  # the second one is another process

    assert answers[0] == answers[1]
    assert answers[0]["quality"] is not None
    here = survey("clock.mp4", facts)
    assert (answers[0]["strip"], answers[0]["waveform"]) == (here["strip"], here["waveform"])


def test_a_black_clip_has_a_black_strip(survey: Any, tmp_path: Path) -> None:
    black = make(
        tmp_path / "black.mp4", "-f", "lavfi", "-i", "color=black:s=320x240:d=1", *h264(10)
    )

    sheet = opened(base64.b64decode(survey(black)["strip"]["jpeg"]))

    assert int(np.max(sheet)) <= 2
