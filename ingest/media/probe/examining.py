"""Examines one clip: what it is, what is in it, when each frame is shown, what is wrong with it.

One pass over the file up to `WALKED` bytes; of larger ones the container's own word and an MP4's tables have to do.
Never raises for what a clip holds: that becomes facts. The same bytes and libraries give the same facts.
"""

import os
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import av
from av.container import InputContainer
from av.stream import Stream

from ingest.media import integrity, poster
from ingest.media.errors import BoxError
from ingest.media.facts import Fault
from ingest.media.layout import Layout, read_layout
from ingest.media.probe import document, ebml, ends, origin, streams, transport
from ingest.media.probe.claims import Found
from ingest.media.probe.frames import Times, times
from ingest.media.probe.holes import Medium, holes
from ingest.media.probe.lasts import last_packet
from ingest.media.probe.opening import MAX_STREAMS, look, opened
from ingest.media.probe.stills import look_at_document, look_at_photo
from ingest.media.probe.walk import Walk, walk
from ingest.media.probe.zeros import Watched, ZeroRuns
from ingest.media.sampletable import Track
from ingest.media.sniff import HEAD_SIZE, HEIF, MEDIA_KINDS, Sniffed
from ingest.media.telemetry.members import with_telemetry

WALKED: Final = 8 << 30  # bytes
_SCRAMBLED: Final = 100  # one packet in so many: no accident


@dataclass(slots=True, kw_only=True)
class Clip:
    """What is known of a clip so far."""

    file: BinaryIO
    decodes: bool  # whether a picture is decoded
    size: int
    sniffed: Sniffed
    layout: Layout | None = None
    faults: list[Fault] = field(default_factory=list)
    walked: Walk | None = None
    times: dict[int, Times] = field(default_factory=dict)
    packets: transport.Packets | None = None
    zeros: ZeroRuns = field(default_factory=ZeroRuns)
    encrypted: bool = False  # everything in it


def examine(
    file: BinaryIO, name: str, *, decodes: bool = True
) -> tuple[dict[str, Any], poster.Picture | None]:
    """Return the facts of a clip (docs/formats/media.md, without `of`) and its poster.

    Without `decodes` nothing is decoded: there is no poster, and nothing is said about whether there could be one.
    """
    clip = Clip(
        file=file, decodes=decodes, size=file.seek(0, os.SEEK_END), sniffed=look(file, name)
    )
    if clip.sniffed.kind not in MEDIA_KINDS:
        members = look_at_document(file, clip.sniffed.container)
        return document.unopened(clip.size, clip.sniffed, []) | members, None
    if clip.sniffed.demuxer is None:
        file.seek(0)
        return document.unopened(clip.size, clip.sniffed, [_unlike_media(file)]), None
    _look_at_structure(clip)
    if clip.sniffed.needs_pillow:
        return _photo(clip)
    if _can_be_opened(clip):
        try:
            with opened(Watched(file, clip.zeros), clip.sniffed) as container:
                return _opened(clip, container)
        except (av.FFmpegError, ValueError):
            clip.faults.append(Fault(code="undecodable"))
    clip.faults += integrity.zeros(file, clip.sniffed, clip.layout, integrity.search(file))
    return document.unopened(clip.size, clip.sniffed, clip.faults, layout=clip.layout), None


def _photo(clip: Clip) -> tuple[dict[str, Any], poster.Picture | None]:
    """HEIF, whose tiles libavformat shows one by one, and what else another library decodes."""
    still = look_at_photo(clip.file, clip.sniffed)
    faults = [*clip.faults, *still.faults]
    facts = document.unopened(clip.size, clip.sniffed, faults, layout=clip.layout)
    return facts | still.members, still.picture


def _unlike_media(file: BinaryIO) -> Fault:
    """Say how a file that is media by its name only is damaged."""
    head = file.read(HEAD_SIZE)
    if not head:
        return Fault(code="cut_off", start=0)
    return Fault(code="undecodable" if any(head) else "zero_filled", start=0)


def _look_at_structure(clip: Clip) -> None:
    if clip.sniffed.demuxer != "mov":
        clip.faults += integrity.structure(clip.file, clip.sniffed)
        clip.encrypted = clip.sniffed.demuxer == "matroska" and ebml.encrypted(clip.file)
        return
    try:
        clip.layout = read_layout(clip.file)
    except BoxError:
        clip.faults.append(Fault(code="undecodable", detail="boxes"))
        return
    count = len(clip.layout.tracks)
    if clip.sniffed.container in HEIF:
        clip.faults += integrity.photo_structure(clip.file, clip.layout)
    elif count > MAX_STREAMS:
        clip.faults.append(Fault(code="bad_tables", detail="streams", count=count))
        clip.faults.append(Fault(code="undecodable"))
    else:
        clip.faults += integrity.mp4_structure(clip.layout)


def _can_be_opened(clip: Clip) -> bool:
    if clip.layout is None and clip.sniffed.demuxer == "mov":
        return False
    return not any(f.code == "no_index" or f.detail == "streams" for f in clip.faults) or (
        clip.sniffed.demuxer in {"avi", "wav"}
    )


def _opened(clip: Clip, container: InputContainer) -> tuple[dict[str, Any], poster.Picture | None]:
    every = list(container.streams)
    if clip.sniffed.kind != "photo" and clip.size <= WALKED:
        clip.walked = walk(container)
        clip.times = {
            s.index: times(clip.walked.columns[s.index], s.time_base) for s in every if s.time_base
        }
    if clip.sniffed.container == "mpegts" and clip.size <= WALKED:
        clip.packets = transport.count_packets(clip.file)
        clip.encrypted = clip.packets.scrambled * _SCRAMBLED > clip.packets.packets
    described = [_described(clip, stream, every) for stream in every]
    picture = None
    if (
        clip.decodes
        and poster.possible(container, clip.sniffed.container)
        and not _hidden(described)
    ):
        picture = _poster(clip, container)
    still = None
    if clip.sniffed.kind == "photo":
        still = look_at_photo(clip.file, clip.sniffed)
        clip.faults += still.faults
    _look_at_zeros(clip, described)
    facts = document.complete(
        Found(
            size=clip.size,
            sniffed=clip.sniffed,
            layout=clip.layout,
            faults=clip.faults,
            walked=clip.walked,
            times=clip.times,
            packets=clip.packets,
            streams=described,
            declared_us=_declared(clip.layout, container),
            clocks=origin.clocks(container),
            device=origin.device(container),
            location=origin.location(container),
            metadata=origin.metadata(container),
            picture=picture,
            decoded=clip.decodes,
        )
    )
    if any(stream["tag"] == "gpmd" for stream in described):
        facts = with_telemetry(facts, container, clip.file)
    return facts | (still.members if still else {}), picture


def _look_at_zeros(clip: Clip, described: list[dict[str, Any]]) -> None:
    """Say which runs of zeros are damage, and whether the last packet is all there."""
    codecs = {s["index"]: s["codec"] for s in described if s["type"] in {"video", "audio"}}
    listed = [codecs.get(index, "") for index in range(len(described))]
    seen = clip.zeros.runs() if clip.walked is not None else integrity.search(clip.file)
    container, told = clip.sniffed.container, clip.faults
    if clip.walked is None or container in {"mpegts", "wav"} or clip.sniffed.kind == "photo":
        clip.faults += integrity.zeros(clip.file, clip.sniffed, clip.layout, seen, listed)
        return
    packet = {"asf": ends.asf_packet, "mpeg": ends.pack}.get(container or "")
    medium = Medium(
        file=clip.file,
        size=clip.size,
        container=container,
        whole=integrity.whole(clip.file, clip.sniffed, clip.layout),
        walked=clip.walked,
        codecs=codecs,
        packet=packet(clip.file) if packet is not None else None,
    )
    found = holes(seen, medium)
    if clip.layout is not None:
        boxed = integrity.zeros(clip.file, clip.sniffed, clip.layout, seen, listed)
        clip.faults += boxed
        found = [run for run in found if not any(_touches(run, fault) for fault in boxed)]
    clip.faults += integrity.faults(found)
    if not any(fault.code in {"cut_off", "zero_filled"} for fault in told):
        last = max((t.end_us or 0 for t in clip.times.values()), default=None)
        clip.faults += last_packet(clip.file, clip.size, container, clip.walked, last)


def _touches(run: tuple[int, int], fault: Fault) -> bool:
    return run[0] < (fault.end or 0) and (fault.start or 0) < run[1]


def _declared(layout: Layout | None, container: InputContainer) -> int | None:
    """What the container itself says, which libavformat may not tell: it has a look at the tables."""
    if layout is not None and layout.movie_us and not layout.fragmented:
        return layout.movie_us
    return container.duration


def _poster(clip: Clip, container: InputContainer) -> poster.Picture | None:
    """Make a poster, from the open clip where it goes back to its beginning, else from a new start."""
    still = clip.sniffed.kind == "photo"
    try:
        if clip.walked is None:
            return poster.make_poster(container, still=still)
        container.seek(container.start_time or 0)
        picture = poster.make_poster(container, still=still)
    except (av.FFmpegError, ValueError):
        picture = None
    if picture is not None or clip.walked is None:
        return picture
    try:
        with opened(clip.file, clip.sniffed) as again:
            return poster.make_poster(again, still=still)
    except (av.FFmpegError, ValueError):
        return None


def _hidden(described: list[dict[str, Any]]) -> bool:
    return any(s["protected"] for s in described if s["type"] == "video")


def _described(clip: Clip, stream: Stream, every: list[Stream]) -> dict[str, Any]:
    track = _track(clip.layout, stream, every)
    return streams.stream_facts(
        stream,
        track=track,
        column=clip.walked.columns.get(stream.index) if clip.walked else None,
        shown=clip.times.get(stream.index),
        protected=clip.encrypted or _is_protected(clip.layout, track),
    )


def _track(layout: Layout | None, stream: Stream, every: list[Stream]) -> Track | None:
    """Return the track that a stream was made from: libavformat makes one of each, in order."""
    if layout is None or len(layout.tracks) != len(every):
        return None
    return layout.tracks[stream.index]


def _is_protected(layout: Layout | None, track: Track | None) -> bool:
    if track is not None or layout is None:
        return track is not None and track.protected
    return any(each.protected for each in layout.tracks)
