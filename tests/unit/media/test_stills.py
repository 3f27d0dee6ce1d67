"""A still is the frame that is shown at that moment, by true frame times, upright, and the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from ingest.media.frametable import FrameTable, table_of
from tests.unit.media.conftest import make

STEP = 4  # of brightness from frame to frame: each tells its own number
NUMBERED = (
    "-f",
    "lavfi",
    "-i",
    f"color=black:size=64x64:rate=25:duration=2,geq=lum='16+{STEP}*N':cb=128:cr=128",
)
EXACT = ("-c:v", "libx264", "-qp", "4", "-pix_fmt", "yuv420p", "-color_range", "tv")
UNSTEADY = (
    "-vf",
    "setpts='(N+3*floor(N/4))/(25*TB)'",
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    "1/1000",
)
RECIPES: dict[str, tuple[str, ...]] = {
    "reordered.mp4": (*NUMBERED, *EXACT, "-g", "12", "-bf", "3"),
    "unsteady.mp4": (*NUMBERED, *EXACT, "-g", "50", "-bf", "2", *UNSTEADY),
    "late.ts": (*NUMBERED, *EXACT, "-g", "25", "-bf", "2", "-output_ts_offset", "100"),
    "ticks.mkv": (*NUMBERED, *EXACT, "-g", "25"),
    "plain.avi": (*NUMBERED, "-c:v", "mjpeg", "-q:v", "1", "-pix_fmt", "yuvj420p"),
}


@pytest.fixture(scope="module")
def writer() -> Iterator[MediaChild]:
    with MediaChild(writes=8 << 20) as parser:
        yield parser


def facts_of(child: MediaChild, path: Path) -> dict[str, Any]:
    return dict(child.examine(path, name=path.name, out=None).document)


def still(
    child: MediaChild, path: Path, table: FrameTable, at_us: int, out: Path
) -> tuple[bytes, Mapping[str, Any]]:
    shown = table.shown_at(at_us)
    arguments = {"stream": table.stream, "ticks": shown.ticks, "number": shown.number}
    with path.open("rb") as clip, out.open("w+b") as file:
        said = child.ask("still", clip, name=path.name, out=file, arguments=arguments)
    return out.read_bytes(), said


def number_in(png: bytes) -> int:
    """Which frame a picture shows: brightness in 16..235 of the film is 0..255 of the still."""
    with Image.open(io.BytesIO(png)) as picture:
        grey = picture.convert("L").getpixel((32, 32))
    return round(_level(grey) * 219 / 255 / STEP)


def _level(pixel: object) -> int:
    assert isinstance(pixel, int)
    return pixel


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_still_is_the_frame_that_is_shown_at_that_moment(
    writer: MediaChild, tmp_path: Path, name: str
) -> None:
    path = make(tmp_path / name, RECIPES[name])
    table = table_of(facts_of(writer, path))
    assert table is not None
    assert table.count == 50
    for number in (0, 1, 5, 13, 24, 25, 49):
        frame = table.frame(number)
        for at_us in (frame.at_us, frame.at_us + frame.length_us // 2):
            assert table.shown_at(at_us).number == number
            png, _ = still(writer, path, table, at_us, tmp_path / "still.png")
            assert number_in(png) == number, (name, number)


def test_where_the_rate_varies_a_frame_lasts_until_the_next_one(
    writer: MediaChild, tmp_path: Path
) -> None:
    table = table_of(facts_of(writer, make(tmp_path / "a.mp4", RECIPES["unsteady.mp4"])))
    assert table is not None
    times = [table.frame(n).at_us for n in range(6)]
    assert times == [0, 40_000, 80_000, 120_000, 280_000, 320_000]
    assert [table.shown_at(us).number for us in (119_999, 120_000, 279_999, 280_000)] == [
        2,
        3,
        3,
        4,
    ]
    assert table.shown_at(-1).number == 0
    assert table.shown_at(10**9).number == 49


@pytest.mark.parametrize(
    ("turned", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
def test_a_still_is_turned_as_its_recorder_says(
    writer: MediaChild, tmp_path: Path, turned: int, corner: tuple[int, int]
) -> None:
    """One bright corner, on top and to the left as stored; turned counter-clockwise it lies elsewhere."""
    picture = "color=black:size=96x64:rate=25:duration=0.2,drawbox=0:0:32:32:white:fill"
    stored = make(tmp_path / "stored.mp4", ("-f", "lavfi", "-i", picture, *EXACT))
    path = make(
        tmp_path / "turned.mp4", ("-display_rotation", str(turned), "-i", str(stored), "-c", "copy")
    )
    table = table_of(facts_of(writer, path))
    assert table is not None
    png, said = still(writer, path, table, 40_000, tmp_path / "still.png")
    with Image.open(io.BytesIO(png)) as shown:
        assert shown.size == ((64, 96) if turned in {90, 270} else (96, 64))
        x, y = (8 if c == 0 else side - 8 for c, side in zip(corner, shown.size, strict=True))
        bright = shown.convert("L").getpixel((x, y))
    assert _level(bright) > 200
    assert said["rotation"] == turned


def test_the_same_frame_gives_the_same_bytes(writer: MediaChild, tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", RECIPES["reordered.mp4"])
    table = table_of(facts_of(writer, path))
    assert table is not None
    first, _ = still(writer, path, table, 520_000, tmp_path / "one.png")
    with MediaChild(writes=8 << 20) as other:
        again, _ = still(other, path, table, 520_000, tmp_path / "two.png")
    assert first == again


def test_a_frame_that_does_not_decode_is_refused_and_not_replaced_by_a_neighbour(
    writer: MediaChild, tmp_path: Path
) -> None:
    path = make(tmp_path / "a.mp4", (*NUMBERED, *EXACT, "-g", "10", "-bf", "0"))
    table = table_of(facts_of(writer, path))
    assert table is not None
    data = bytearray(path.read_bytes())
    begin = (data.find(b"mdat") + data.find(b"moov")) // 2
    data[begin : begin + 60] = b"\xff" * 60
    path.write_bytes(data)
    outcome: dict[int, str] = {}
    for number in range(50):
        try:
            png, _ = still(writer, path, table, table.frame(number).at_us, tmp_path / "still.png")
        except MediaTaskError as error:
            outcome[number] = error.why
        else:
            assert number_in(png) == number
    assert outcome
    assert set(outcome.values()) <= {"frame_damaged", "no_frame"}
    assert len(outcome) <= 20


def test_sound_and_times_that_no_frame_has_are_refused(
    writer: MediaChild, clips: Path, tmp_path: Path
) -> None:
    for name, ticks, why in (("whole.wav", 0, "not_media"), ("whole.mp4", 3, "no_frame")):
        with (
            (clips / name).open("rb") as clip,
            (tmp_path / "o.png").open("w+b") as out,
            pytest.raises(MediaTaskError) as told,
        ):
            writer.ask(
                "still",
                clip,
                name=name,
                out=out,
                arguments={"stream": 0, "ticks": ticks, "number": 0},
            )
        assert told.value.why == why


def test_a_caption_says_its_facts_in_the_picture_and_in_its_text_chunks(
    writer: MediaChild, tmp_path: Path
) -> None:
    Image.new("RGB", (320, 240), "grey").save(tmp_path / "still.png")
    arguments = {
        "title": "Still",
        "rows": [["Recorder", "DSJ-1"], ["SHA-256", "ab" * 64]],
        "watermark": "chief · 2026",
        "chunks": {"Muniment-Clip": "clip-1", "Muniment-Case": "市监罚〔2026〕117号"},
        "aspect": "2:1",
    }
    with (tmp_path / "still.png").open("rb") as clip, (tmp_path / "o.png").open("w+b") as out:
        said = writer.ask("caption", clip, name="still", out=out, arguments=arguments)
    with Image.open(tmp_path / "o.png") as sheet:
        sheet.load()
        assert sheet.info["Muniment-Case"] == "市监罚〔2026〕117号"
        assert sheet.size == (960, 240 + int(str(said["band"])))
        # The picture is as wide as its pixels say, in the middle, and something lies over it.
        assert sheet.getpixel((100, 5)) == (0, 0, 0)
        middle = sheet.crop((170, 0, 790, 240)).getcolors(1 << 16)
        assert middle is not None
        assert len(middle) > 5
        band = sheet.crop((0, 240, *sheet.size)).convert("L")
        assert min(band.tobytes()) < 60


def test_a_caption_that_is_no_caption_is_refused(writer: MediaChild, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "still.png")
    for data, rows, why in (
        (None, [["one"]], "refused"),
        (b"GIF89a" + bytes(20), [], "undecodable"),
    ):
        if data is not None:
            (tmp_path / "still.png").write_bytes(data)
        with (
            (tmp_path / "still.png").open("rb") as clip,
            (tmp_path / "o.png").open("w+b") as out,
            pytest.raises(MediaTaskError) as told,
        ):
            writer.ask(
                "caption", clip, name="still", out=out, arguments={"rows": rows, "chunks": {}}
            )
        assert told.value.why == why
