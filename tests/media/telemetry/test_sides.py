"""Side files: GPX, NMEA and SRT become places in the clip, by the clip's corrected start."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.telemetry.errors import TelemetryError
from ingest.media.telemetry.gpx import read_gpx
from ingest.media.telemetry.nmea import read_nmea
from ingest.media.telemetry.sides import Side, read_side, sniff_side
from ingest.media.telemetry.srt import read_srt
from ingest.media.telemetry.texts import utc_ms
from tests.media.telemetry.making import sentence

START = utc_ms("2026-11-22T08:30:00Z")
GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
{}</trkseg></trk></gpx>"""
POINT = (
    '<trkpt lat="39.90420001" lon="116.4074"><ele>43.5</ele><time>2026-11-22T{}Z</time>{}</trkpt>'
)


def _side(raw: bytes | str, *, start: int | None = START, duration: int = 60_000) -> Side:
    raw = raw.encode() if isinstance(raw, str) else raw
    return read_side(io.BytesIO(raw), start_ms=start, duration_ms=duration)


def test_track_points_are_placed_by_the_clip_s_start_and_those_outside_are_counted() -> None:
    times = ("08:29:00", "08:29:59.5", "08:30:10.250", "08:31:30")
    side = _side(GPX.format("".join(POINT.format(time, "") for time in times)))
    assert [point.ms for point in side.points] == [-500, 10_250]
    point = side.points[1]
    assert (point.lat_e7, point.lon_e7, point.alt_mm) == (399_042_000, 1_164_074_000, 43_500)
    assert side.sieve.dropped["outside"] == 2


def test_speed_is_read_from_gpx_1_0_and_from_extensions_and_no_fix_is_no_place() -> None:
    old = POINT.format("08:30:01", "<speed>1.5</speed>")
    new = POINT.format("08:30:02", "<extensions><x:speed xmlns:x='y'>2</x:speed></extensions>")
    none = POINT.format("08:30:03", "<fix>none</fix>")
    side = _side(GPX.format(old + new + none))
    assert [point.speed_mm_s for point in side.points] == [1500, 2000]
    assert side.sieve.dropped["no_fix"] == 1


def test_without_a_start_nothing_is_placed_and_nothing_is_guessed() -> None:
    side = _side(GPX.format(POINT.format("08:30:10", "")), start=None)
    assert [(point.ms, point.utc_ms) for point in side.points] == [
        (None, utc_ms("2026-11-22T08:30:10Z"))
    ]


@pytest.mark.parametrize(
    "raw",
    [
        '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>',
        '<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>',
        "<gpx>" + "<a>" * 40,
        "<gpx><trk>",
        "<kml/>",
        '<?xml version="1.0" encoding="x-none"?><gpx/>',
    ],
)
def test_entities_depths_and_what_is_no_gpx_are_refused(raw: str) -> None:
    with pytest.raises(TelemetryError):
        read_gpx(raw.encode())


def test_sentences_of_one_moment_are_one_position() -> None:
    log = read_nmea(
        (
            sentence("GPGGA,083010.250,3954.2520,N,11624.4440,E,1,08,0.9,43.5,M,-8.0,M,,")
            + sentence("GPGSV,1,1,01,05,40,083,46")
            + sentence("GPRMC,083010.250,A,3954.2520,N,11624.4440,E,10.0,84.4,221126,,,A")
        ).encode()
    )
    (point,) = log.points
    assert (point.lat_e7, point.lon_e7) == (399_042_000, 1_164_074_000)
    assert (point.alt_mm, point.speed_mm_s) == (43_500, 5144)
    assert point.utc_ms == utc_ms("2026-11-22T08:30:10.250Z")


def test_a_wrong_checksum_and_a_warning_are_no_positions() -> None:
    good = sentence("GNRMC,083010,A,3954.2520,S,11624.4440,W,0.0,,221126,,,A")
    void = sentence("GNRMC,083011,V,3954.2520,S,11624.4440,W,0.0,,221126,,,N")
    log = read_nmea((good + void + good.replace("3954", "3955")).encode())
    assert [(point.lat_e7, point.lon_e7) for point in log.points] == [
        (-399_042_000, -1_164_074_000)
    ]
    assert (log.no_fix, log.wrong) == (1, 1)


def test_midnight_passes_between_dates_and_before_the_first_one() -> None:
    gga = "GPGGA,{},3954.2520,N,11624.4440,E,1,08,0.9,43.5,M,,M,,"
    rmc = "GPRMC,{},A,3954.2520,N,11624.4440,E,0.0,,{},,,A"
    log = read_nmea(
        "".join(
            [
                sentence(gga.format("235958")),
                sentence(rmc.format("000001", "231126")),
                sentence(gga.format("235959")),
                sentence(gga.format("000002")),
            ]
        ).encode()
    )
    assert [point.utc_ms for point in log.points] == [
        utc_ms("2026-11-22T23:59:58Z"),
        utc_ms("2026-11-23T00:00:01Z"),
        utc_ms("2026-11-23T23:59:59Z"),
        utc_ms("2026-11-24T00:00:02Z"),
    ]


def test_a_log_without_a_date_gets_the_clip_s() -> None:
    raw = sentence("GPGGA,083010,3954.2520,N,11624.4440,E,1,08,0.9,43.5,M,,M,,")
    assert [point.ms for point in _side(raw).points] == [10_000]
    assert read_nmea(raw.encode()).points[0].utc_ms is None


SRT = """1
00:00:00,000 --> 00:00:00,033
<font size="28">SrtCnt : 1, DiffTime : 33ms
2026-11-22 16:30:00,118,697
[iso : 100] [latitude: 39.904200] [longtitude : 116.407400] [rel_alt: 1.2 abs_alt: 43.5] </font>

2
00:00:01,033 --> 00:00:01,066
F/2.8, ISO 100, GPS (116.4075, 39.9043, 15), D 24.26m, H 6.00m, H.S 1.79m/s, V.S 0.00m/s

3
00:00:02,000 --> 00:00:03,000
GPS(116.4076,39.9044,43.5M)

4
00:00:03,000 --> 00:00:04,000
no place
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_subtitles_give_places_at_their_cues(encoding: str) -> None:
    side = _side(SRT.encode(encoding), start=None)
    assert [(p.ms, p.lat_e7, p.lon_e7, p.alt_mm, p.speed_mm_s) for p in side.points] == [
        (0, 399_042_000, 1_164_074_000, 43_500, None),
        # 15 is a number of satellites as often as a height
        (1033, 399_043_000, 1_164_075_000, None, 1790),
        (2000, 399_044_000, 1_164_076_000, 43_500, None),
    ]
    assert side.sieve.dropped["no_fix"] == 1


def test_a_side_file_is_known_by_its_content() -> None:
    assert sniff_side(b"\xef\xbb\xbf1\r\n00:00:00,000 --> 00:00:01,000") == "srt"
    with pytest.raises(TelemetryError):
        sniff_side(b"latitude,longitude\n1,2\n")


NOISE = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(str.encode),
    st.lists(st.sampled_from([SRT, GPX, POINT, "$GPRMC,", "*7F", "<trkpt", "00:00:00,000 --> "]))
    .map("".join)
    .map(str.encode),
    st.text(alphabet="GPRMGA,0123456789.ANSEW", max_size=80).map(
        lambda words: sentence("GPRMC," + words).encode()
    ),
    st.text(max_size=60).map(lambda words: GPX.format(words).encode("utf-8")),
)


@settings(deadline=None)
@given(NOISE)
def test_any_bytes_are_a_side_file_or_the_one_error(data: bytes) -> None:
    for read in (read_gpx, read_nmea, read_srt, sniff_side, _side):
        try:
            read(data)
        except TelemetryError:
            continue
