"""The task "repair": a damaged clip in, a playable file and a report out.

Runs in the confined child. Refuses rather than hands over a file that has nothing in it or
does not decode. The same clip and relatives give the same file.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from ingest.media.errors import BoxError, TaskRefusedError
from ingest.media.poster import versions
from ingest.media.probe import verifying
from ingest.media.probe.opening import look
from ingest.media.repair.boxed import mend
from ingest.media.repair.errors import RepairError
from ingest.media.repair.reading import Source
from ingest.media.repair.report import Decoded, Repair, report
from ingest.media.repair.rifffile import mend_avi
from ingest.media.repair.transport import mend_transport
from ingest.media.repair.writing import write_movie
from ingest.media.tasks import Asked

VERSION = "1"  # of this folder; the libraries' belong to it, because they judge and mux
_TRUSTED = 0.5  # of the frames have to decode, or the configuration was another one's
_MOST_ERRORS = 0.1  # of the frames, where the configuration is a relative's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    repair: Repair
    media_type: str
    extension: str


def run(asked: Asked) -> dict[str, object]:
    """Write what can be recovered of the clip into `asked.out`.

    Raises:
        TaskRefusedError: nothing can be recovered, or not without a relative.
    """
    if asked.out is None:
        raise TaskRefusedError("no_output")
    source = Source(asked.clip)
    relatives = {number: Source(other) for number, other in enumerate(asked.others)}
    while True:
        try:
            made = _made(asked, source, relatives, asked.out)
        except (BoxError, RepairError, struct.error, ValueError) as error:
            raise TaskRefusedError("nothing_recovered") from error
        decoded = _decoded(asked.out)
        if _is_sound(made.repair, decoded):
            break
        # parameter sets of another picture size fit as well as the right ones, until they decode
        used = made.repair.reference
        if used is None or len(relatives) == 1:
            raise TaskRefusedError("does_not_decode")
        del relatives[used]
        asked.out.seek(0)
        asked.out.truncate()
    return {
        "media_type": made.media_type,
        "extension": made.extension,
        "report": _report(asked, made.repair, decoded),
        "version": f"{VERSION}, PyAV {versions()}",
    }


def _made(asked: Asked, source: Source, relatives: Mapping[int, Source], out: BinaryIO) -> _Made:
    head = source.read(0, 12)
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return _Made(repair=mend_avi(source, out), media_type="video/x-msvideo", extension="avi")
    if look(asked.clip, "").demuxer == "mpegts":
        repair = mend_transport(asked.clip, out, cut=_is_told(asked, "cut_off"))
        return _Made(repair=repair, media_type="video/mp4", extension="mp4")
    mended = mend(source, relatives, contradicts=_is_told(asked, "bad_tables"))
    write_movie(mended.movie, source, out, own=mended.own)
    if mended.movie.is_quicktime:
        return _Made(repair=mended.repair, media_type="video/quicktime", extension="mov")
    if mended.movie.track("vide") is None:
        return _Made(repair=mended.repair, media_type="audio/mp4", extension="m4a")
    return _Made(repair=mended.repair, media_type="video/mp4", extension="mp4")


def _is_sound(repair: Repair, decoded: Decoded) -> bool:
    """Whether so much of what was found decodes that it is what was recorded."""
    if not decoded.frames and not decoded.audio_frames:
        return False
    if repair.frames:
        came = decoded.frames >= _TRUSTED * repair.frames
    else:
        came = decoded.audio_frames >= _TRUSTED * repair.audio_frames
    borrowed = repair.reference is not None
    return came and not (borrowed and decoded.errors > 2 + repair.frames * _MOST_ERRORS)


def _decoded(out: BinaryIO) -> Decoded:
    asked = Asked(clip=out, others=(), out=None, name="", arguments={})
    try:
        counted = verifying.run(asked)
    except TaskRefusedError:  # it does not even open
        return Decoded(frames=0, audio_frames=0, errors=1)
    return Decoded(
        frames=_number(counted["frames"]),
        audio_frames=_number(counted["audio_frames"]),
        errors=_number(counted["errors"]),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _report(asked: Asked, repair: Repair, decoded: Decoded) -> dict[str, object]:
    facts, digests = asked.arguments.get("facts"), asked.arguments.get("references")
    used, number = None, repair.reference
    if number is not None and isinstance(digests, list) and number < len(digests):
        used = str(digests[number])
    of = facts.get("of") if isinstance(facts, dict) else None
    return report(repair, decoded, of=of if isinstance(of, str) else None, reference=used)


def _is_told(asked: Asked, code: str) -> bool:
    facts = asked.arguments.get("facts")
    damage = facts.get("damage") if isinstance(facts, dict) else None
    return isinstance(damage, list) and any(
        isinstance(one, dict) and one.get("code") == code for one in damage
    )
