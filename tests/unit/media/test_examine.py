"""What a user is told about clips of every format, whole."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from ingest.media.child import MediaChild

WHOLE = [
    # name, kind, container, picture, sound, plays in a browser
    ("whole.mp4", "video", "mp4", "h264", "aac", True),
    ("faststart.mp4", "video", "mp4", "h264", "aac", True),
    ("fragmented.mp4", "video", "mp4", "h264", "aac", True),
    ("silent.mp4", "video", "mp4", "h264", None, True),
    ("hevc.mp4", "video", "mp4", "hevc", "aac", False),
    ("whole.mov", "video", "mov", "h264", "pcm_s16le", False),
    ("whole.mkv", "video", "matroska", "h264", "aac", False),
    ("whole.ts", "video", "mpegts", "h264", "aac", False),
    ("whole.avi", "video", "avi", "mjpeg", "pcm_s16le", False),
    ("whole.wav", "audio", "wav", None, "pcm_s16le", True),
    ("whole.m4a", "audio", "mp4", None, "aac", True),
    ("whole.jpg", "photo", "jpeg", "mjpeg", None, True),
]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: row[0])
def test_a_whole_clip_is_described_and_not_called_damaged(
    clips: Path, child: MediaChild, row: tuple[str, str, str, str | None, str | None, bool]
) -> None:
    name, kind, container, picture, sound, plays = row

    facts = child.probe(clips / name, name=name)

    assert facts.damage == ()
    assert (facts.kind, facts.container) == (kind, container)
    assert (facts.video_codec, facts.audio_codec) == (picture, sound)
    assert facts.has_audio is (sound is not None)
    assert facts.plays_in_browser is plays
    length = None if kind == "photo" else pytest.approx(2.0, abs=0.1)
    assert facts.duration == length
    if kind == "video":
        assert (facts.width, facts.height, facts.frame_rate) == (320, 180, "25/1")


@pytest.mark.parametrize("row", [row for row in WHOLE if row[1] != "audio"], ids=lambda r: r[0])
def test_everything_with_a_picture_has_a_poster(
    clips: Path, child: MediaChild, tmp_path: Path, row: tuple[str, ...]
) -> None:
    out = tmp_path / "poster.jpg"

    poster = child.poster(clips / row[0], name=row[0], out=out)

    assert poster is not None
    assert (poster.path, poster.size) == (out, out.stat().st_size)
    assert _size(out) == (poster.width, poster.height) == (320, 180)
    assert poster.tool == "pyav"
    assert poster.version.startswith(av.__version__)
    assert poster.parameters["quantizer"] == 4


def test_a_sound_recording_has_no_poster(clips: Path, child: MediaChild, tmp_path: Path) -> None:
    out = tmp_path / "poster.jpg"

    assert child.poster(clips / "whole.wav", name="whole.wav", out=out) is None
    assert not out.exists()


def test_the_same_clip_gives_the_same_poster(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    outs = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for out in outs:
        child.poster(clips / "whole.mp4", name="whole.mp4", out=out)

    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_the_creation_time_is_the_files_own_in_utc(clips: Path, child: MediaChild) -> None:
    facts = child.probe(clips / "whole.mp4", name="whole.mp4")

    assert facts.created == "2026-03-04T05:06:07Z"
    assert facts.created_raw == "2026-03-04T05:06:07.000000Z"


def test_a_recorder_without_a_clock_has_no_creation_time(clips: Path, child: MediaChild) -> None:
    assert child.probe(clips / "silent.mp4", name="silent.mp4").created is None


def test_the_bytes_decide_and_not_the_name(clips: Path, child: MediaChild) -> None:
    facts = child.probe(clips / "whole.jpg", name="MOVI0001.mp4")

    assert (facts.kind, facts.container, facts.damage) == ("photo", "jpeg", ())


def test_an_object_without_an_extension_is_recognised(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    stored = tmp_path / "0d9c"
    stored.write_bytes((clips / "whole.ts").read_bytes())

    assert child.probe(stored, name="现场录像").container == "mpegts"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("notes.txt", "当事人陈述\n".encode(), "document"),
        ("track.gpx", b"<gpx/>", "data"),
        ("decision.pdf", b"%PDF-1.7\n", "document"),
        ("decision.ofd", b"PK\x03\x04 OFD.xml", "document"),
        ("firmware.q", b"\x01\x02\x00\x03", "unknown"),
        ("README", b"plain words", "document"),
        ("empty.log", b"", "data"),
        ("empty", b"", "unknown"),
    ],
)
def test_what_is_not_media_is_never_called_damaged(
    child: MediaChild, tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    facts = child.probe(file, name=name)

    assert (facts.kind, facts.damaged, facts.duration) == (kind, False, None)


def test_a_turned_picture_is_shown_upright(clips: Path, child: MediaChild, tmp_path: Path) -> None:
    turned, out = tmp_path / "turned.mp4", tmp_path / "poster.jpg"
    # ISO/IEC 14496-12, 8.3.2: the track header's matrix, here a quarter turn
    one = (1 << 16).to_bytes(4)
    plain = one + bytes(12) + one + bytes(12) + (1 << 30).to_bytes(4)
    quarter = bytes(4) + one + bytes(4) + (-(1 << 16)).to_bytes(4, signed=True)
    quarter += bytes(16) + (1 << 30).to_bytes(4)
    content = (clips / "silent.mp4").read_bytes()
    header = content.index(b"tkhd")
    at = content.index(plain, header)
    turned.write_bytes(content[:at] + quarter + content[at + len(quarter) :])

    poster = child.poster(turned, name="turned.mp4", out=out)

    assert poster is not None
    assert poster.parameters["rotation"] in {90, 270}
    assert _size(out) == (poster.width, poster.height) == (180, 320)


def test_a_black_beginning_is_not_the_poster(child: MediaChild, tmp_path: Path) -> None:
    clip, out = tmp_path / "dark.mp4", tmp_path / "poster.jpg"
    _write_video(clip, [16] * 5 + [180] * 45)

    poster = child.poster(clip, name="dark.mp4", out=out)

    assert poster is not None
    assert poster.parameters["at"] == pytest.approx(0.2)
    with av.open(str(out)) as container:
        frame = next(container.decode(video=0))
    assert bytes(frame.planes[0])[0] > 100


def test_a_wide_picture_is_made_small_and_never_enlarged(child: MediaChild, tmp_path: Path) -> None:
    clip, out = tmp_path / "wide.mp4", tmp_path / "poster.jpg"
    _write_video(clip, [90, 90], width=1920, height=800)

    poster = child.poster(clip, name="wide.mp4", out=out)

    assert poster is not None
    assert (poster.width, poster.height) == (640, 266)


def _size(picture: Path) -> tuple[int, int]:
    with av.open(str(picture)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def _write_video(out: Path, lumas: list[int], *, width: int = 320, height: int = 180) -> None:
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(_frames(lumas, width, height)):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frames(lumas: list[int], width: int, height: int) -> Iterator[av.VideoFrame]:
    for luma in lumas:
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        yield frame
