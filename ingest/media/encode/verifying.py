"""Whether a file that ffmpeg made is what was asked for: every packet walked, its pictures decoded, frames counted.

A status of 0 is no proof: ffmpeg may have written nothing, or half. Decoded are all frames of a short file and the key
frames of a long one, and all sound; of a copied stream some key frames, because its bytes are the original's. It runs
behind the same limits as the making, and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import IO, Final

from ingest.media.encode.planning import Encoding
from ingest.media.encode.running import Limits, Listening, run_confined
from ingest.media.errors import EncodingError

_SHORT: Final = 5_000_000  # microseconds: of these every frame is decoded
_LEADING: Final = 32  # pictures before the first key frame of a clip that begins in the middle
_ROUGHLY: Final = 1_000_000  # microseconds; what a codec of sound adds and takes is far less
_SOME: Final = 3  # key frames of a copied picture


@dataclass(slots=True)
class Walked:
    """What a file holds."""

    packets: dict[int, int] = field(default_factory=dict)  # by stream
    ends_us: dict[int, int] = field(default_factory=dict)
    decoded: int = 0  # pictures
    errors: int = 0
    _clocks: dict[int, tuple[int, int]] = field(default_factory=dict)

    def packet(self, line: bytes) -> None:
        """One line of ffmpeg's `framecrc`: stream, dts, pts, duration, size, check sum."""
        try:
            if line.startswith(b"#tb "):
                stream, base = line[4:].split(b":")
                over, under = base.split(b"/")
                self._clocks[int(stream)] = (int(over), int(under))
            if line.startswith(b"#"):
                return
            stream_, _, pts, duration, _ = map(int, line.split(b",")[:5])
            over_, under_ = self._clocks[stream_]
        except (ValueError, KeyError) as error:
            raise EncodingError("not_verified") from error
        end = (pts + duration) * over_ * 1_000_000 // max(1, under_)
        self.packets[stream_] = self.packets.get(stream_, 0) + 1
        self.ends_us[stream_] = max(self.ends_us.get(stream_, 0), end)

    def progress(self, line: bytes) -> None:
        """One line of ffmpeg's progress, or one that says what went wrong."""
        name, sign, value = line.partition(b"=")
        if name == b"frame" and value.strip().isdigit():
            self.decoded = int(value)
        elif not sign or b" " in name:
            self.errors += 1


def verify(
    made: IO[bytes],
    encoding: Encoding,
    *,
    program: str,
    written: int | None,
    limits: Limits,
    listening: Listening,
) -> Walked:
    """Walk and decode what was made.

    Args:
        made: the file, open for reading.
        encoding: that made it.
        program: ffmpeg's path.
        written: frames that ffmpeg said it wrote.
        limits: of the run.
        listening: whom to ask whether to go on.

    Raises:
        EncodingError: it is not what was asked for: "nothing_written", "not_verified", "frames_missing",
            "too_short"; or the check itself was cancelled or ended.
        MediaChildError: ffmpeg cannot be started here.
    """
    walked = Walked()
    try:
        run_confined(
            (program, *_command(encoding)),
            clip=made,
            out=None,
            limits=limits,
            listening=replace(listening, output=walked.packet, errors=walked.progress),
        )
    except EncodingError as error:
        if error.why in {"not_encoded", "crashed"}:
            raise EncodingError("not_verified") from error
        raise
    _judge(walked, encoding, written)
    return walked


def _command(encoding: Encoding) -> list[str]:
    copied = encoding.picture == "copied"
    short = encoding.length_us is not None and encoding.length_us <= _SHORT
    reading = ["-f", "mov", "-protocol_whitelist", "fd", "-threads", "2"]
    if copied or not short:
        reading += ["-skip_frame", "nokey"]
    if "copied" not in {encoding.picture, encoding.sound}:
        reading += ["-xerror", "-err_detect", "explode"]  # what we encoded has no error at all
    decoding = []
    if encoding.picture != "none" and encoding.decodes:
        decoding += ["-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "demux"]
        decoding += ["-frames:v", str(_SOME)] if copied else []
        decoding += ["-f", "null", "-"]
    if encoding.sound == "encoded":
        decoding += ["-map", "0:a:0", "-f", "null", "-"]
    walking = ["-map", "0", "-c", "copy", "-f", "framecrc", "pipe:1"]
    said = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-progress", "pipe:2"]
    return [*said, *reading, "-i", "fd:", *decoding, *walking]


def _judge(walked: Walked, encoding: Encoding, written: int | None) -> None:
    wanted = (encoding.picture != "none") + (encoding.sound != "none")
    if not walked.packets:
        raise EncodingError("nothing_written")
    if len(walked.packets) > wanted or (not encoding.damaged and len(walked.packets) < wanted):
        raise EncodingError("not_verified")
    if encoding.picture != "none":
        frames = walked.packets.get(0, 0)
        if walked.decoded < encoding.decodes or (written is not None and frames != written):
            raise EncodingError("not_verified")
        claimed = 0 if encoding.damaged else encoding.frames or 0
        if frames < claimed - claimed // 50 - _LEADING:
            raise EncodingError("frames_missing")
    least = 0 if encoding.damaged else (encoding.length_us or 0) * 0.95 - _ROUGHLY
    if max(walked.ends_us.values()) < least:
        raise EncodingError("too_short")
