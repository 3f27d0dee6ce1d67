"""Photos: what EXIF says of when, where and by what, and a picture that people can look at."""

import io
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import cast

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from ingest.media.stills.errors import StillError
from ingest.media.stills.exif import read_photo
from ingest.media.stills.photo import make_picture

pillow_heif.register_heif_opener()


def _rationals(*values: float) -> tuple[IFDRational, ...]:
    parts = [Fraction(value).limit_denominator(10_000) for value in values]
    return tuple(IFDRational(part.numerator, part.denominator) for part in parts)


GPS: Mapping[int, object] = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: _rationals(39, 54, 15.12),
    ExifTags.GPS.GPSLongitudeRef: "W",
    ExifTags.GPS.GPSLongitude: _rationals(116, 24, 26.64),
    ExifTags.GPS.GPSAltitudeRef: b"\1",
    ExifTags.GPS.GPSAltitude: _rationals(43.5)[0],
    ExifTags.GPS.GPSDateStamp: "2026:11:22",
    ExifTags.GPS.GPSTimeStamp: _rationals(8, 30, 1.5),
}
CAMERA: Mapping[int, object] = {
    ExifTags.Base.DateTimeOriginal: "2026:11:22 16:30:02",
    ExifTags.Base.SubsecTimeOriginal: "25",
    ExifTags.Base.OffsetTimeOriginal: "+08:00",
    ExifTags.Base.BodySerialNumber: "DSJ4A00042",
    ExifTags.Base.UserComment: b"ASCII\0\0\0" + "警号 012345".encode(),
}


def _photo(
    form: str = "JPEG",
    *,
    size: tuple[int, int] = (64, 48),
    camera: Mapping[int, object] = CAMERA,
    gps: Mapping[int, object] = GPS,
    orientation: int = 1,
) -> bytes:
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))  # blue on the left, red on the right
    exif = image.getexif()
    exif[ExifTags.Base.Make] = "Seed"
    exif[ExifTags.Base.Model] = "X1\0rest"
    exif[ExifTags.Base.Orientation] = orientation
    exif.get_ifd(ExifTags.IFD.Exif).update(camera)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    file = io.BytesIO()
    image.save(file, form, exif=exif)
    return file.getvalue()


def _png(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def _picture(data: bytes, container: str) -> tuple[bytes, int, int]:
    return make_picture(io.BytesIO(data), container, width=640, height=1280, quantizer=4)


@pytest.mark.parametrize(
    ("form", "container"), [("JPEG", "jpeg"), ("PNG", "png"), ("HEIF", "heic")]
)
def test_a_photo_says_when_where_and_by_what_it_was_taken(form: str, container: str) -> None:
    members = read_photo(io.BytesIO(_photo(form)), container)
    assert members == {
        **{"width": 64, "height": 48, "rotation": 0},
        "clocks": [
            {
                "source": "exif",
                "raw": "2026:11:22 16:30:02.25+08:00",
                "utc": "2026-11-22T08:30:02.250Z",
            },
            {"source": "gps", "raw": "2026:11:22 8:30:1.5", "utc": "2026-11-22T08:30:01.500Z"},
        ],
        "device": {"make": "Seed", "model": "X1", "serial": "DSJ4A00042"},
        "location": {"lat_e7": 399_042_000, "lon_e7": -1_164_074_000, "alt_mm": -43_500},
        "metadata": {"exif.UserComment": "警号 012345"},
    }


def test_a_camera_without_a_zone_gives_its_words_and_no_utc() -> None:
    camera: dict[int, object] = {ExifTags.Base.DateTimeOriginal: "2026:11:22 16:30:02"}
    members = read_photo(io.BytesIO(_photo(camera=camera, gps={})), "jpeg")
    assert members["clocks"] == [{"source": "exif", "raw": "2026:11:22 16:30:02", "utc": None}]
    assert "location" not in members


@pytest.mark.parametrize(
    "gps",
    [
        {**GPS, ExifTags.GPS.GPSLatitude: (IFDRational(0, 0),) * 3},
        {**GPS, ExifTags.GPS.GPSLatitude: _rationals(95, 0, 0)},
        {**GPS, ExifTags.GPS.GPSLatitudeRef: "Q"},
        dict.fromkeys((ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude), _rationals(0, 0, 0))
        | {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLongitudeRef: "E"},
    ],
)
def test_a_place_that_is_none_is_left_out(gps: Mapping[int, object]) -> None:
    assert "location" not in read_photo(io.BytesIO(_photo(gps=gps)), "jpeg")


def test_times_of_zeros_and_of_no_calendar_are_no_clocks() -> None:
    camera: dict[int, object] = {ExifTags.Base.DateTimeOriginal: "0000:00:00 00:00:00"}
    gps = {**GPS, ExifTags.GPS.GPSDateStamp: "2026:13:40"}
    assert "clocks" not in read_photo(io.BytesIO(_photo(camera=camera, gps=gps)), "jpeg")


def _colours(jpeg: bytes) -> tuple[str, str]:
    """Whether the top left and the bottom right of a picture are red or blue."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        rgb = picture.convert("RGB")
    corners = (rgb.getpixel((2, 2)), rgb.getpixel((rgb.width - 3, rgb.height - 3)))
    one, two = ("red" if isinstance(c, tuple) and c[0] > c[2] else "blue" for c in corners)
    return one, two


@pytest.mark.parametrize(
    ("orientation", "size", "colours"),
    [
        (1, (64, 48), ("blue", "red")),
        (2, (64, 48), ("red", "blue")),
        (3, (64, 48), ("red", "blue")),
        (6, (48, 64), ("blue", "red")),
        (8, (48, 64), ("red", "blue")),
    ],
)
def test_a_picture_is_upright_as_the_camera_was_held(
    orientation: int, size: tuple[int, int], colours: tuple[str, str]
) -> None:
    jpeg, width, height = _picture(_photo(orientation=orientation), "jpeg")
    assert (width, height) == size
    assert _colours(jpeg) == colours
    rotation = {3: 180, 6: 90, 8: 270}.get(orientation, 0)
    photo = _photo(orientation=orientation)
    assert read_photo(io.BytesIO(photo), "jpeg")["rotation"] == rotation


@pytest.mark.parametrize(
    ("form", "container"), [("JPEG", "jpeg"), ("PNG", "png"), ("HEIF", "heic"), ("WEBP", "webp")]
)
def test_a_large_photo_fits_its_bounds_and_is_the_same_every_time(
    form: str, container: str
) -> None:
    data = _photo(form, size=(1800, 1200))
    first = _picture(data, container)
    assert first[1:] == (640, 426)
    assert _picture(data, container) == first


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_png_has_a_picture_on_white(mode: str) -> None:
    file = io.BytesIO()
    clear: dict[str, tuple[float, ...]] = {"LA": (0, 0), "RGBA": (0, 0, 0, 0)}
    Image.new(mode, (3000, 20), clear.get(mode, 1)).save(file, "PNG")
    jpeg, width, _ = _picture(file.getvalue(), "png")
    assert width == 640
    if mode in {"LA", "RGBA"}:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            assert min(picture.convert("L").tobytes()) > 250


@pytest.mark.parametrize(("width", "height"), [(16_384, 16_384), (2**31 - 1, 2**31 - 1)])
def test_a_picture_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    for read in (read_photo, _read_picture):
        with pytest.raises(StillError) as error:
            read(io.BytesIO(_png(width, height)), "png")
        assert error.value.why == "too_large"


def _read_picture(file: io.BytesIO, container: str) -> dict[str, object]:
    return {"picture": make_picture(file, container, width=640, height=1280, quantizer=4)}


def test_a_photo_is_opened_as_what_its_bytes_said_only() -> None:
    for data, container in ((_photo("PNG"), "jpeg"), (_photo(), "png"), (_photo(), "tiff")):
        with pytest.raises(StillError) as error:
            _picture(data, container)
        assert error.value.why == "undecodable"


WHOLE = {form: _photo(form) for form in ("JPEG", "PNG")}


@settings(deadline=None)
@given(st.sampled_from(["JPEG", "PNG"]), st.data())
def test_any_damage_gives_members_and_a_picture_or_the_one_error(
    form: str, data: st.DataObject
) -> None:
    photo = bytearray(WHOLE[form])
    for at in data.draw(st.lists(st.integers(0, len(photo) - 1), max_size=6)):
        photo[at] = data.draw(st.integers(0, 255))
    cut = bytes(photo[: data.draw(st.integers(0, len(photo)))])
    for read in (read_photo, _read_picture):
        with suppress(StillError):
            read(io.BytesIO(cut), form.lower())


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_as_exif_leave_the_picture_well(exif: bytes) -> None:
    # CIPA DC-008, 4.7.2: an APP1 segment after SOI
    segment = b"Exif\0\0" + exif
    photo = WHOLE["JPEG"]
    length = int.from_bytes(photo[4:6])
    marked = struct.pack(">2sHH", b"\xff\xd8", 0xFFE1, len(segment) + 2) + segment
    data = marked + photo[4 + length :]
    members = cast(Mapping[str, int], read_photo(io.BytesIO(data), "jpeg"))
    assert (members["width"], members["height"]) == (64, 48)
    _picture(data, "jpeg")
