"""Media facts with PyAV. Runs in the child process only.

The clip is handed over as an open file, with one demuxer that its own bytes chose and a callback
that refuses every other file or address: what a clip names is never opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, NoReturn

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from ingest.media.facts import Damage, MediaFacts
from ingest.media.integrity import find_damage, ordered
from ingest.media.sniff import HEAD_SIZE, MEDIA_KINDS, Sniffed, sniff

MAX_PIXELS = 100_000_000  # larger pictures are not decoded
_WALKED = 512 << 20  # bytes; packets of larger clips are not counted one by one
_BROWSER_VIDEO = frozenset({"h264", "vp8", "vp9", "av1"})
_BROWSER_AUDIO = frozenset({"aac", "mp3", "opus", "vorbis"})
_BROWSER_CONTAINERS = {
    "video": frozenset({"mp4", "mov", "webm"}),
    "audio": frozenset({"mp3", "mp4", "wav", "ogg"}),
    "photo": frozenset({"jpeg", "png", "webp", "gif"}),
}
_EIGHT_BIT = frozenset({"yuv420p", "yuvj420p"})


def look(file: BinaryIO, name: str) -> tuple[MediaFacts, Sniffed]:
    """Return what the bytes alone say: kind, container, structural damage."""
    file.seek(0)
    head = file.read(HEAD_SIZE)
    sniffed = sniff(head, name)
    facts = MediaFacts(kind=sniffed.kind, container=sniffed.container)
    if sniffed.kind not in MEDIA_KINDS:
        return facts, sniffed
    if sniffed.demuxer is not None:
        return replace(facts, damage=find_damage(file, sniffed)), sniffed
    return replace(facts, damage=(_unlike_media(head),)), sniffed


def _unlike_media(head: bytes) -> Damage:
    """Say how a file that is media by its name only is damaged."""
    if not head:
        return "cut_off"
    return "undecodable" if any(head) else "zero_filled"


@contextmanager
def opened(file: BinaryIO, sniffed: Sniffed) -> Iterator[InputContainer]:
    """Open a clip for reading, with its own demuxer and nothing else.

    Raises:
        av.FFmpegError: it is not what its first bytes said.
    """
    file.seek(0)
    container = av.open(
        file,
        "r",
        format=sniffed.demuxer,
        options={"max_pixels": str(MAX_PIXELS), "protocol_whitelist": "", "max_streams": "64"},
        metadata_errors="replace",
        buffer_size=1 << 18,
        io_open=_refuse,
    )
    with container:
        yield container


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:  # noqa: ARG001 - PyAV's call
    raise PermissionError("a clip may not open anything")


def describe(container: InputContainer, facts: MediaFacts, sniffed: Sniffed) -> MediaFacts:
    """Add what an open container says about its streams."""
    pictures = [s for s in container.streams.video if not s.disposition & _ATTACHED]
    videos = [s for s in pictures if _decoder(s) is not None]
    audios = [s for s in container.streams.audio if _decoder(s) is not None]
    if not videos and (pictures or not audios):
        facts = undecodable(facts)
    if facts.kind == "video" and audios and not pictures and sniffed.demuxer != "mpegts":
        facts = replace(facts, kind="audio")
    raw, created = _created(container)
    facts = replace(
        facts,
        duration=None if facts.kind == "photo" else _duration(container),
        created=created,
        created_raw=raw,
        has_audio=bool(audios),
        audio_codec=audios[0].codec_context.name if audios else None,
    )
    if videos:
        facts = _with_picture(facts, videos[0])
    pixels = videos[0].codec_context.pix_fmt if videos else None
    return replace(facts, plays_in_browser=_plays(facts, pixels))


def _decoder(stream: Stream) -> CodecContext | None:
    """Return a stream's decoder; PyAV has none for codecs it does not know."""
    return stream.codec_context


_ATTACHED = int(av.stream.Disposition.attached_pic)


def _with_picture(facts: MediaFacts, stream: VideoStream) -> MediaFacts:
    context = stream.codec_context
    # without a count of frames, as in fragments, an average is over the first few only
    rate = stream.average_rate if stream.frames else stream.guessed_rate
    return replace(
        facts,
        video_codec=context.name,
        width=context.width or None,
        height=context.height or None,
        frame_rate=f"{rate.numerator}/{rate.denominator}"
        if rate and facts.kind == "video"
        else None,
    )


def _duration(container: InputContainer) -> float | None:
    """As the container says, because every player shows that; else the longest of picture and sound."""
    if container.duration is not None and container.duration > 0:
        return container.duration / av.time_base
    lengths = [
        float(stream.duration * stream.time_base)
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.duration and stream.duration > 0 and stream.time_base
    ]
    return max(lengths, default=None)


def _created(container: InputContainer) -> tuple[str | None, str | None]:
    places = [container.metadata, *(stream.metadata for stream in container.streams)]
    for metadata in places:
        for name in ("creation_time", "com.apple.quicktime.creationdate", "DATE", "date"):
            raw = metadata.get(name)
            if raw:
                return raw, _utc(raw)
    return None, None


def _utc(raw: str) -> str | None:
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    # 1904 and 1970 are where the formats' clocks begin: the recorder had no time
    if moment.tzinfo is None or moment.year <= 1970:
        return None
    text = moment.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def _plays(facts: MediaFacts, pixels: str | None) -> bool:
    if "no_index" in facts.damage or "undecodable" in facts.damage:
        return False
    if facts.container not in _BROWSER_CONTAINERS.get(facts.kind, frozenset()):
        return False
    if facts.kind == "photo":
        return True
    if facts.kind == "video" and (
        facts.video_codec not in _BROWSER_VIDEO
        or (facts.video_codec == "h264" and pixels not in _EIGHT_BIT)
    ):
        return False
    if facts.container == "wav":
        return facts.audio_codec in {"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"}
    return facts.audio_codec is None or facts.audio_codec in _BROWSER_AUDIO


def walk_packets(container: InputContainer, facts: MediaFacts) -> MediaFacts:
    """Read every packet of a container without a sample table: does it end where it says?

    Leaves the container at its end. MP4 needs no walk: its tables were held against the file.
    """
    size = container.size or 0
    if size > _WALKED or not (container.streams.video or container.streams.audio):
        return facts
    found: set[Damage] = set(facts.damage)
    count, end = 0, 0.0
    try:
        for packet in container.demux():
            if packet.size == 0:
                continue
            count += 1
            if packet.pts is not None and packet.time_base:
                length = (packet.pts + (packet.duration or 0)) * packet.time_base
                end = max(end, float(length))
    except av.FFmpegError:
        found.add("cut_off")
    start = max(0.0, (container.start_time or 0) / av.time_base)
    if count == 0:
        found.add("undecodable")
    elif facts.duration is None:
        facts = replace(facts, duration=max(0.0, end - start) or None)
    elif end - start < facts.duration * 0.98 - 1.0:
        found.add("cut_off")
    return replace(facts, damage=ordered(found))


def undecodable(facts: MediaFacts) -> MediaFacts:
    """Return the facts of a clip that a decoder refused."""
    return replace(facts, damage=ordered({*facts.damage, "undecodable"}), plays_in_browser=False)
