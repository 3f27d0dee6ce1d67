"""What is said about whole clips: exact times, streams, clocks, and what is to be made of them."""

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import pillow_heif
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import ExifTags, Image

from ingest.media.child import MediaChild
from ingest.media.facts import Examined
from tests.media.probe.conftest import Look, make
from tests.media.probe.hostile import scrambled

STREAMS = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1")


def _facts(found: Examined) -> dict[str, Any]:
    return cast(dict[str, Any], found.document)


def _shown(path: Path) -> tuple[list[int], Fraction]:
    """Every frame's time as a decoder gives it: another way to the same numbers."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        assert base is not None
        return [frame.pts for frame in container.decode(stream) if frame.pts is not None], base


@pytest.mark.parametrize(
    "name", ["plain.mp4", "fast.mp4", "fragments.mp4", "plain.ts", "plain.mkv", "unsteady.mp4"]
)
def test_every_frame_has_the_time_at_which_a_decoder_shows_it(
    clips: Path, look: Look, name: str
) -> None:
    shown, base = _shown(clips / name)

    frames = _facts(look(clips / name, name))["frames"]

    assert frames["count"] == len(shown)
    assert frames["time_base"] == f"{base.numerator}/{base.denominator}"
    assert frames["first"] == shown[0]
    lengths = [length for count, length in frames["runs"] for _ in range(count)]
    times = [shown[0] + sum(lengths[:index]) for index in range(len(lengths))]
    assert times == shown
    digest = hashlib.sha256(b"".join(time.to_bytes(8, signed=True) for time in shown))
    assert frames["digest"] == digest.hexdigest()


def test_key_frames_are_numbered_in_the_order_of_showing(clips: Path, look: Look) -> None:
    assert _facts(look(clips / "plain.mp4", "plain.mp4"))["frames"]["keys"] == [0, 25, 50, 75]


@pytest.mark.parametrize(
    ("name", "steady", "longest"), [("plain.mp4", True, 40_000), ("unsteady.mp4", False, 80_000)]
)
def test_a_variable_rate_is_told_from_a_steady_one(
    clips: Path, look: Look, name: str, steady: bool, longest: int
) -> None:
    [stream] = [s for s in _facts(look(clips / name, name))["streams"] if s["type"] == "video"]

    assert stream["variable_rate"] is not steady
    assert (stream["shortest_us"], stream["longest_us"]) == (40_000, longest)


def test_sound_that_begins_late_is_measured(clips: Path, look: Look) -> None:
    facts = _facts(look(clips / "late.mp4", "late.mp4"))

    # AAC frames are 21 ms long; the first of them is the encoder's and is not heard
    assert facts["av_offset_us"] == pytest.approx(500_000, abs=22_000)
    assert _facts(look(clips / "plain.mp4", "plain.mp4"))["av_offset_us"] == 0


def test_streams_are_described_in_whole_numbers(clips: Path, look: Look) -> None:
    facts = _facts(look(clips / "plain.mp4", "plain.mp4"))
    video, audio = facts["streams"]

    assert {key: video[key] for key in ("codec", "tag", "profile", "width", "height", "rate")} == {
        "codec": "h264",
        "tag": "avc1",
        "profile": "Main",
        "width": 320,
        "height": 240,
        "rate": "25/1",
    }
    assert video["packets"] == video["packets_declared"] == 100
    assert video["has_b_frames"]
    assert (audio["sample_rate"], audio["channels"], audio["layout"]) == (48_000, 1, "mono")
    assert video["bytes"] + audio["bytes"] < facts["size"]
    _no_fractions(facts)


def _no_fractions(value: object) -> None:
    assert not isinstance(value, float)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _no_fractions(each)


def test_ten_bits_and_high_dynamic_range_are_told(clips: Path, look: Look) -> None:
    [ten] = _facts(look(clips / "ten.mp4", "ten.mp4"))["streams"]
    [pq] = _facts(look(clips / "pq.mp4", "pq.mp4"))["streams"]

    assert (ten["bit_depth"], ten["hdr"]) == (10, None)
    assert pq["hdr"] == "pq"
    assert pq["color"] == {"primaries": 9, "transfer": 16, "space": 9, "range": "tv"}


def test_clocks_place_and_texts_come_from_the_container(clips: Path, look: Look) -> None:
    found = look(clips / "device.mov", "device.mov")
    facts = _facts(found)

    assert facts["clocks"] == [
        {
            "source": "container",
            "raw": "2026-03-04T05:06:07.000000Z",
            "utc": "2026-03-04T05:06:07Z",
        },
        {"source": "timecode", "raw": "13:06:07:00", "utc": None},
    ]
    assert found.facts.created == "2026-03-04T05:06:07Z"
    assert facts["location"] == {
        "lat_e7": 225_431_000,
        "lon_e7": 1_139_213_000,
        "alt_mm": 12_500,
    }
    assert facts["telemetry"] == [{"format": "location", "stream": None}]
    assert facts["device"] == {"make": "Maker", "model": "R1", "serial": None, "firmware": None}
    assert facts["metadata"]["make"] == "Maker"


DUE = {
    "plain.mp4": ("poster", "strip", "waveform", "quality"),
    "silent.mp4": ("poster", "strip", "quality"),
    "fragments.mp4": ("poster", "strip", "waveform", "quality"),
    "plain.ts": ("poster", "stream", "strip", "waveform", "quality"),
    "plain.m2ts": ("poster", "stream", "strip", "waveform", "quality"),
    "plain.mkv": ("poster", "stream", "strip", "waveform", "quality"),
    "plain.avi": ("poster", "strip", "waveform", "quality", "proxy"),
    "ten.mp4": ("poster", "strip", "quality", "proxy"),
    "device.mov": ("poster", "stream", "track", "strip", "waveform", "quality"),
    "song.m4a": ("waveform", "quality"),
    "plain.mp3": ("waveform", "quality"),
    "plain.aac": ("stream", "waveform", "quality"),
    "secret.mp4": (),
}


@pytest.mark.parametrize("name", DUE)
def test_what_is_to_be_made_follows_from_the_facts(clips: Path, look: Look, name: str) -> None:
    found = look(clips / name, name)

    assert found.due == DUE[name]
    assert found.facts.damage == ()
    # what a browser does not play gets something that it does, but for what nobody can decrypt
    plays = found.facts.plays_in_browser
    assert plays is (not {"stream", "proxy"} & set(found.due) and name != "secret.mp4")


def test_encrypted_pictures_are_kept_and_said_and_not_played(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    out = tmp_path / "poster.jpg"

    found = child.examine(clips / "secret.mp4", name="secret.mp4", out=out)

    assert _facts(found)["protected"]
    assert [s["protected"] for s in _facts(found)["streams"]] == [True, True]
    assert (found.facts.damage, found.poster, out.exists()) == ((), None, False)
    assert _facts(found)["frames"]["count"] == 100  # when, but not what


def test_a_scrambled_transport_stream_is_encrypted(clips: Path, look: Look) -> None:
    found = look(scrambled((clips / "plain.ts").read_bytes()), "plain.ts")

    assert _facts(found)["protected"]
    assert (found.due, found.facts.plays_in_browser) == ((), False)


def test_a_cover_is_no_picture_of_a_recording(clips: Path, look: Look, tmp_path: Path) -> None:
    cover = make(tmp_path / "cover.jpg", (*STREAMS, "-frames:v", "1"))
    both = ("-i", str(clips / "song.m4a"), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy")
    song = make(tmp_path / "covered.m4a", (*both, "-disposition:v:0", "attached_pic"))

    found = look(song, "covered.m4a")

    assert (found.facts.kind, found.facts.video_codec) == ("audio", None)
    assert found.due == ("waveform", "quality")
    assert _facts(found)["frames"] is None


def test_of_six_streams_the_first_picture_and_sound_count(look: Look, tmp_path: Path) -> None:
    sounds = [("-f", "lavfi", "-i", f"sine=frequency={300 + n}:duration=1") for n in range(4)]
    inputs = (*STREAMS, *STREAMS, *(word for sound in sounds for word in sound))
    maps = [word for number in range(6) for word in ("-map", str(number))]
    clip = make(tmp_path / "six.mkv", (*inputs, *maps, "-c:v", "libx264", "-c:a", "aac"))

    facts = _facts(look(clip, "six.mkv"))

    assert [s["type"] for s in facts["streams"]] == ["video"] * 2 + ["audio"] * 4
    assert facts["frames"]["stream"] == 0


def test_times_before_the_beginning_are_no_damage(look: Look, tmp_path: Path) -> None:
    options = ("-c:v", "libx264", "-avoid_negative_ts", "disabled", "-output_ts_offset", "-0.5")
    found = look(make(tmp_path / "early.mkv", (*STREAMS, *options)), "early.mkv")

    assert found.facts.damage == ()
    # Matroska has no word for them: what has no time is decoded, and not counted among the frames
    assert _facts(found)["frames"]["count"] < 25
    assert 0 < _facts(found)["measured_us"] < 1_100_000


def test_the_same_clip_has_the_same_facts_whether_or_not_a_poster_is_wanted(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    path = clips / "plain.ts"
    with_poster = child.examine(path, name="plain.ts", out=tmp_path / "poster.jpg")
    without = child.examine(path, name="another name.mp4", out=None)

    assert with_poster.poster is not None
    assert with_poster.document == without.document


def _photo(path: Path, *, size: tuple[int, int] = (64, 48)) -> Path:
    pillow_heif.register_heif_opener()
    photo = Image.new("RGB", size, (200, 40, 40))
    exif = photo.getexif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.DateTime] = "2026:03:04 13:06:07"
    photo.save(path, exif=exif)
    return path


@pytest.mark.parametrize("name", ["photo.jpg", "photo.heic"])
def test_a_photo_brings_its_own_clock_and_device_and_has_a_poster(
    child: MediaChild, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "poster.jpg"

    found = child.examine(_photo(tmp_path / name), name=name, out=out)
    facts = _facts(found)

    assert (found.facts.kind, found.facts.damage, found.due) == ("photo", (), ("poster",))
    assert (found.facts.width, found.facts.height) == (64, 48)
    assert facts["device"]["make"] == "Maker"
    assert facts["clocks"][0]["source"] == "exif"
    assert facts["clocks"][0]["raw"] == "2026:03:04 13:06:07"
    assert found.poster is not None
    assert (found.poster.width, found.poster.height) == (64, 48)
    assert found.facts.plays_in_browser is name.endswith("jpg")


def test_a_cut_photo_in_boxes_is_cut(look: Look, tmp_path: Path) -> None:
    content = _photo(tmp_path / "photo.heic").read_bytes()

    assert "cut_off" in look(content[:-40], "photo.heic").facts.damage


def test_a_documents_pages_are_counted_and_a_broken_one_is_no_damage(
    look: Look, tmp_path: Path
) -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(3):
        document.new_page(200, 300).close()
    document.save(tmp_path / "decision.pdf")
    document.close()
    whole = look(tmp_path / "decision.pdf", "decision.pdf")
    broken = look(b"%PDF-1.7\n", "decision.pdf")

    assert (_facts(whole)["pages"], whole.due) == (3, ("page",))
    assert (_facts(broken)["pages"], broken.due) == (None, ("page",))
    assert broken.facts.damage == ()
