"""The argument lists for ffmpeg, built with ffmpeg-python: what is recorded is exactly what runs.

Holds: the same values give the same list; nothing but numbers and words of this module is in it. `{original}` stands
for the clip, which ffmpeg gets as standard input (its name there is `fd:`), `{out}` for the file to write. Whatever a
clip names (playlists, external tracks) is out of reach: `fd` is the only protocol. Runs nothing.
"""

from __future__ import annotations

from typing import Any, Final

import ffmpeg  # type: ignore[import-untyped]

from ingest.media.encode.picking import Picked, Sound

ORIGINAL: Final = "{original}"
OUT: Final = "{out}"
MAX_PIXELS: Final = 100_000_000  # larger pictures are not decoded
_THREADS: Final = 2  # x264's bytes depend on it, so it is never the machine's number
_GLOBAL: Final = ("-nostdin", "-hide_banner", "-nostats", "-loglevel", "error")
_PROGRESS: Final = ("-progress", "pipe:1", "-stats_period", "0.25")
_SCALER: Final = "bicubic+accurate_rnd+bitexact"
# A fragment begins at a key frame and is at least a second long; the index at the front tells a browser where each
# one is, so that it knows the length and seeks with one request.
_FRAGMENTS: Final = "+frag_keyframe+delay_moov+default_base_moof+global_sidx"
_FEWER: Final = "isnan(prev_selected_t)+gte(t-prev_selected_t,0.0665)"
_PLAIN: Final = {  # nothing of the original's texts, nothing of today
    "map_metadata": -1,
    "map_chapters": -1,
    "fflags": "+bitexact",
    "max_muxing_queue_size": 4096,
    "format": "mp4",
}


def stream_command(picked: Picked, *, encode_sound: bool) -> tuple[str, ...]:
    """One fragmented MP4: packets as they are wherever MP4 has a place for them and their times are known."""
    encode_picture = picked.picture is not None and not picked.picture.copies
    # without B-frames a frame is shown when it is decoded
    plain = picked.demuxer == "avi" and not encode_picture
    clip = _input(picked, **({"fflags": "+genpts"} if plain else {}))
    parts, options = [], dict[str, Any](_PLAIN)
    if picked.picture is not None:
        picture = clip[str(picked.picture.index)]
        parts.append(_scaled(picture, picked) if encode_picture else picture)
        options |= _x264() if encode_picture else {"c:v": "copy"}
        options |= {"movflags": _FRAGMENTS, "min_frag_duration": 1_000_000}
    else:
        options |= {"movflags": "+delay_moov+default_base_moof+global_sidx"}
        options |= {"frag_duration": 2_000_000}
    if picked.sound is not None:
        sound = clip[str(picked.sound.index)]
        parts.append(_level(sound) if encode_sound else sound)
        options |= _aac(picked.sound) if encode_sound else _copied(picked.sound)
    return _compiled(parts, options)


def proxy_command(picked: Picked, *, low: bool, encode_sound: bool) -> tuple[str, ...]:
    """H.264 and AAC in an MP4 whose index comes first; frames keep their times."""
    clip = _input(picked)
    parts, options = [], {**_PLAIN, "movflags": "+faststart"}
    if picked.picture is not None:
        parts.append(_scaled(clip[str(picked.picture.index)], picked, low=low))
        options |= _x264(low=low)
    if picked.sound is not None:
        sound = clip[str(picked.sound.index)]
        parts.append(_level(sound) if encode_sound else sound)
        options |= _aac(picked.sound, low=low) if encode_sound else _copied(picked.sound)
    return _compiled(parts, options)


def _input(picked: Picked, **more: object) -> Any:
    # Two threads decode: more cost memory for each picture in flight.
    options: dict[str, object] = {
        "format": picked.demuxer,
        "protocol_whitelist": "fd",
        "max_pixels": MAX_PIXELS,
        "max_streams": 64,
        "threads": _THREADS,
        "flags": "+bitexact",
        **more,
    }
    if (
        picked.late
    ):  # recorders that keep what was before the button was pressed often keep it without sound
        options |= {"analyzeduration": 120_000_000, "probesize": 256 << 20}
    return ffmpeg.input(ORIGINAL, **options)


def _scaled(picture: Any, picked: Picked, *, low: bool = False) -> Any:
    """Progressive, upright, square pixels, 8-bit 4:2:0, never enlarged."""
    facts = picked.picture
    if facts is None:
        return picture
    width, height = fitting(facts.width, facts.height, 640 if low else 1280, 360 if low else 720)
    if picked.demuxer == "avi":
        # It has no times of showing: frames come out as late as the decoder holds them back. All begins at 0 there.
        picture = ffmpeg.filter(picture, "setpts", "PTS-STARTPTS")
    picture = ffmpeg.filter(picture, "yadif", mode="send_frame", deint="interlaced")
    if low:  # 10 to 15 frames a second of the original's own, each at its own time
        picture = ffmpeg.filter(picture, "select", _FEWER)
    picture = ffmpeg.filter(picture, "scale", width, height, flags=_SCALER, out_range="tv")
    if facts.hdr:
        picture = ffmpeg.filter(
            picture,
            "scale",
            flags=_SCALER,
            out_primaries="bt709",
            out_transfer="bt709",
            out_color_matrix="bt709",
            intent="perceptual",
        )
    picture = ffmpeg.filter(picture, "setsar", 1)
    return ffmpeg.filter(picture, "format", "yuv420p")


def _x264(*, low: bool = False) -> dict[str, object]:
    return {
        "c:v": "libx264",
        "profile:v": "high",
        "preset": "veryfast",
        "crf": 30 if low else 23,
        "threads:v": _THREADS,
        # x264 0.165 with threads over whole frames gave other bytes in one run of three on a busy machine
        "x264-params": "sliced-threads=1",
        "flags:v": "+bitexact",
        "fps_mode": "passthrough",  # no frame is doubled or dropped to please a rate
        "enc_time_base": "filter",  # and none is moved to a coarser clock
        "force_key_frames": "expr:gte(t,n_forced*2)",  # a seek decodes two seconds at most
    }


def _level(sound: Any) -> Any:
    # Where packets are missing there is silence, so that what follows stays beside its picture.
    return ffmpeg.filter(sound, "aresample", **{"async": 1})


def _copied(sound: Sound) -> dict[str, object]:
    # The filter leaves packets alone that have no ADTS header; ffmpeg does not add it itself where it writes fragments.
    return {"c:a": "copy", "bsf:a": "aac_adtstoasc"} if sound.aac else {"c:a": "copy"}


def _aac(sound: Sound, *, low: bool = False) -> dict[str, object]:
    channels = 1 if low or sound.channels == 1 else 2
    options: dict[str, object] = {
        "c:a": "aac",
        "aac_coder": "fast",
        "b:a": "64k" if channels == 1 else "128k",
        "ac": channels,
        "flags:a": "+bitexact",
    }
    if sound.rate > 48_000:
        options["ar"] = 48_000
    return options


def _compiled(parts: list[Any], options: dict[str, Any]) -> tuple[str, ...]:
    output = ffmpeg.output(*parts, OUT, **options).global_args(*_GLOBAL, *_PROGRESS)
    return tuple(ffmpeg.compile(ffmpeg.overwrite_output(output)))


def fitting(width: int, height: int, long: int, short: int) -> tuple[int, int]:
    """The largest even size within `long` x `short` (or upright within `short` x `long`), never larger than it is."""
    across, down = (long, short) if width >= height else (short, long)
    if width * down > height * across:
        across, down = min(across, width), height * min(across, width) // width
    else:
        across, down = width * min(down, height) // height, min(down, height)
    return max(2, across - across % 2), max(2, down - down % 2)
