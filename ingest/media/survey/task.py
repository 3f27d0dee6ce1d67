"""The task "survey": strip, waveform and quality findings of one clip, from one pass through it. Child process only.

Writes no file and decides nothing: what cannot be made is None. The same clip, facts and arguments give the same
answer with the same libraries.
"""

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.media.errors import TaskRefusedError
from ingest.media.poster import versions
from ingest.media.probe.opening import opened
from ingest.media.sniff import HEAD_SIZE, sniff
from ingest.media.survey import VERSION
from ingest.media.survey.choosing import TILES, Choice, choose, span_of
from ingest.media.survey.passing import Pass, read
from ingest.media.survey.streams import picture_stream, pixel_aspect, sound_stream
from ingest.media.survey.strip import StripMaker
from ingest.media.tasks import Asked

if TYPE_CHECKING:  # they import numpy and OpenCV, which a strip alone does not wait for
    from ingest.media.quality import ClockLook, PictureLook, SoundLook
    from ingest.media.survey.sound import SoundPieces
    from ingest.media.survey.waveform import WaveformMaker

WIDTH: Final = 160  # pixels of a tile
_GRACE_US: Final = 10_000_000  # sound may go on for so long after the end that the facts know
_UNKNOWN_US: Final = 24 * 3600 * 1_000_000
_MOST_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listeners:
    """Who gets what is decoded; None where it was not asked for or is not there."""

    strip: StripMaker | None
    waveform: "WaveformMaker | None"
    pictures: "PictureLook | None"
    clock: "ClockLook | None"
    sounds: "SoundLook | None"

    def see(self, at_us: int, frame: VideoFrame) -> None:
        """Show a picture to all who look; one that cannot be converted is left out."""
        with suppress(av.FFmpegError):
            if self.strip is not None:
                self.strip.add(at_us, frame)
            if self.pictures is not None:
                self.pictures.see(at_us, frame)
            if self.clock is not None:
                self.clock.see(at_us, frame)


def run(asked: Asked) -> dict[str, object]:
    """Look through a clip.

    Arguments: `facts`, its media facts; `tiles` and `tile_width`; `strip`, `waveform`, `quality`: what is wanted;
    `start`: the clip's start as its name on the recorder says it, or None.

    Raises:
        TaskRefusedError: it is nothing that can be looked through.
    """
    arguments = asked.arguments
    facts = arguments.get("facts")
    facts = facts if isinstance(facts, Mapping) else {}
    sniffed = sniff(asked.clip.read(HEAD_SIZE), asked.name)
    if sniffed.demuxer is None or sniffed.kind not in {"video", "audio"}:
        raise TaskRefusedError("not_media")
    choice = choose(facts, tiles=_number(arguments.get("tiles"), TILES))
    # In MP4 the sizes of pictures stand in the tables, and key frames need no order from the decoder.
    known = sniffed.demuxer == "mov" and choice.keys is not None
    try:
        with opened(asked.clip, sniffed, known=known) as container:
            return _surveyed(container, facts, arguments, choice)
    except (av.FFmpegError, ValueError) as error:
        raise TaskRefusedError("undecodable") from error


def _surveyed(
    container: InputContainer,
    facts: Mapping[str, object],
    arguments: Mapping[str, object],
    choice: Choice,
) -> dict[str, object]:
    wants_strip, wants_waveform, wants_quality = (
        arguments.get(name) is True for name in ("strip", "waveform", "quality")
    )
    video = picture_stream(container, facts) if wants_strip or wants_quality else None
    audio = sound_stream(container, facts) if wants_waveform or wants_quality else None
    end_us = span_of(facts) or max(0, container.duration or 0)
    strip = None
    if video is not None:
        strip = StripMaker(
            tiles=choice.tiles,
            width=_number(arguments.get("tile_width"), WIDTH),
            aspect=pixel_aspect(video, facts),
        )
    listeners = _listeners(
        strip,
        sounds_until=end_us + _GRACE_US if end_us else _UNKNOWN_US,
        hears=audio is not None,
        assesses=wants_quality,
        start=_text(arguments.get("start")),
    )
    _read(container, listeners, video=video, audio=audio, choice=choice)
    return {
        "strip": _strip(strip, video, end_us) if wants_strip else None,
        "waveform": _waveform(listeners.waveform, audio) if wants_waveform else None,
        "quality": _quality(listeners, end_us) if wants_quality else None,
        "version": versions(),
    }


def _listeners(
    strip: StripMaker | None, *, sounds_until: int, hears: bool, assesses: bool, start: str | None
) -> _Listeners:
    waveform, pictures, clock, sounds = None, None, None, None
    if hears:
        from ingest.media.survey.waveform import WaveformMaker

        waveform = WaveformMaker(end_us=sounds_until)
    if assesses:
        from ingest.media.quality import ClockLook, PictureLook, SoundLook

        if strip is not None:
            pictures, clock = PictureLook(), ClockLook(start)
        sounds = SoundLook() if hears else None
    return _Listeners(strip=strip, waveform=waveform, pictures=pictures, clock=clock, sounds=sounds)


def _read(
    container: InputContainer,
    listeners: _Listeners,
    *,
    video: VideoStream | None,
    audio: AudioStream | None,
    choice: Choice,
) -> None:
    zero_us = container.start_time or 0
    pieces = _pieces(listeners, zero_us) if audio is not None else None
    read(
        container,
        Pass(
            video=video,
            audio=audio,
            choice=choice,
            zero_us=zero_us,
            see=listeners.see,
            take=pieces.take if pieces is not None else _ignore,
        ),
    )
    if pieces is not None:
        pieces.flush()


def _pieces(listeners: _Listeners, zero_us: int) -> "SoundPieces":
    from ingest.media.survey.sound import SoundPieces

    heard = (listeners.waveform, listeners.sounds)
    return SoundPieces(tuple(each.hear for each in heard if each is not None), zero_us=zero_us)


def _ignore(frame: AudioFrame) -> None:
    del frame


def _strip(
    maker: StripMaker | None, stream: VideoStream | None, end_us: int
) -> dict[str, object] | None:
    strip = maker.finish(end_us) if maker is not None else None
    if strip is None or stream is None:
        return None
    return {
        "jpeg": base64.b64encode(strip.jpeg).decode("ascii"),
        "vtt": strip.vtt,
        "parameters": {**strip.parameters, "stream": stream.index, "maker": VERSION},
    }


def _waveform(
    maker: "WaveformMaker | None", stream: AudioStream | None
) -> dict[str, object] | None:
    waveform = maker.finish() if maker is not None else None
    if waveform is None or stream is None:
        return None
    return {
        "json": waveform.json,
        "parameters": {**waveform.parameters, "stream": stream.index, "maker": VERSION},
    }


def _quality(listeners: _Listeners, end_us: int) -> dict[str, object] | None:
    heard = (listeners.pictures, listeners.clock, listeners.sounds)
    looks = [each.findings(end_us) for each in heard if each is not None]
    if not looks:
        return None
    clock = listeners.clock
    at_us = clock.clock_at_us() if clock is not None else None
    found = sorted((f.from_us, f.to_us, f.code) for findings in looks for f in findings)
    return {
        "findings": [
            {"code": code, "from_ms": from_us // 1000, "to_ms": -(-to_us // 1000)}
            for from_us, to_us, code in found[:_MOST_FINDINGS]
        ],
        "clock": clock.clock() if clock is not None else None,
        "clock_at_ms": None if at_us is None else at_us // 1000,
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
