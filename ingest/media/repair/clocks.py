"""Times of a transport stream's packets, whatever its clock did: they go on, and never back.

ISO/IEC 13818-1, 2.4.3.7 and 2.7.6: times are counted at 90 kHz in 33 bits, and a clock may start
anew. What came after a start follows what came before it without a pause, because nothing tells how
long the pause was. Streams of one program move together, so sound stays with its picture.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Final

_BACK: Final = 90_000  # ticks: a second. Less is a packet out of order
_AHEAD: Final = 90_000 * 3600  # no loss that a recorder goes on after is longer


@dataclass(slots=True, kw_only=True)
class Piece:
    """One packet of the demuxer: a picture or frame of sound."""

    stream: int
    at: int  # where its PES packet begins
    size: int
    when: int | None  # decoding time in ticks of 90 kHz
    key: bool
    why: str | None = None  # why it is left out
    moved: int = 0  # ticks that its times were moved by


def go_on(pieces: list[Piece], streams: Iterable[int]) -> bool:
    """Give every piece a time of decoding, later than that of the one before it in its stream.

    Args:
        pieces: of all streams, as they come in the file.
        streams: their numbers.

    Returns:
        Whether the clock started anew. Pieces that come out of order are marked as left out.
    """
    for stream in streams:
        _fill([piece for piece in pieces if piece.stream == stream])
    starts = _starts(pieces)
    for before, after in pairwise(starts):
        end = max((piece.when or 0) + before[0].moved for piece in before)
        length = length_of(before) if len(before) > 1 else 0
        moved = end + length - min(piece.when or 0 for piece in after)
        for piece in after:
            piece.moved = moved
    latest = dict[int, int]()
    for piece in pieces:
        piece.when = (piece.when or 0) + piece.moved
        if piece.when <= latest.get(piece.stream, piece.when - 1):
            piece.why = "unknown"
        else:
            latest[piece.stream] = piece.when
    return len(starts) > 1


def length_of(pieces: list[Piece]) -> int:
    """Return how far apart most packets of the first one's stream are."""
    own = [
        piece.when
        for piece in pieces
        if piece.stream == pieces[0].stream and piece.when is not None
    ]
    return max(1, median_low([b - a for a, b in pairwise(own)] or [1]))


def _fill(own: list[Piece]) -> None:
    """Give times to packets whose the demuxer could not tell."""
    known = next((n for n, piece in enumerate(own) if piece.when is not None), len(own))
    base = (own[known].when if known < len(own) else 0) or 0
    length = length_of(own) if own else 1
    when = base - (known + 1) * length
    for piece in own:
        when = piece.when if piece.when is not None else when + length
        piece.when = when


def _starts(pieces: list[Piece]) -> list[list[Piece]]:
    """Return the pieces of each time that the clock ran."""
    found, runs, latest = list[list[Piece]]([[]]), dict[int, int](), dict[int, int]()
    for piece in pieces:
        when, stream = piece.when or 0, piece.stream
        last = latest.get(stream, when)
        if when < last - _BACK or when > last + _AHEAD:
            if runs[stream] == len(found) - 1:
                found.append([])  # the first stream that is seen to start anew
            runs[stream] = len(found) - 1
        elif stream not in runs:
            runs[stream] = len(found) - 1
        latest[stream] = when
        found[runs[stream]].append(piece)
    return [run for run in found if run]
