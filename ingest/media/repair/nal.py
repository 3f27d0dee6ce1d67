"""What the scanner has to know of one NAL unit, whichever of the two codecs it is of.

A `Unit` is a claim that the bytes can be a NAL unit of the stream at hand; whether they are one is
settled by what follows them. Values only; the parsers are `avc` and `hevc`.
"""

from dataclasses import dataclass
from typing import Protocol

HEAD = 96  # bytes of a NAL unit that its parser wants: a slice header's start has fewer
# A parameter set or a message may be longer than a head; its parser gets this much.
LONG_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The start of a coded slice."""

    starts: bool  # it is the first of its picture
    reset: bool  # the order of showing begins anew with it
    key: bool  # decoding can begin with it
    anchor: bool  # later order counts refer to its own (H.264 8.2.1.1, H.265 8.3.1)
    count: int  # pic_order_cnt_lsb
    wrap: int  # where that count wraps; 0: pictures are shown as they are decoded
    number: int | None  # H.264 frame_num, by which a lost picture is noticed
    number_wrap: int = 0
    trailing_of_lost: bool = False  # H.265 RASL: not decodable where decoding begins just before it
    field: int = 0  # 1 top, 2 bottom, 0 the whole picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One NAL unit.

    Attributes:
        slice: set for a coded slice.
        leads: what is no slice and belongs to the picture after it, not to the one before.
        entry: a message that decoding can begin here although the picture is no key picture by type.
    """

    slice: Slice | None = None
    leads: bool = False
    entry: bool = False


class Pictures(Protocol):
    """A parser of NAL units that knows the parameter sets of its stream."""

    length_size: int  # bytes of the length before each NAL unit

    def unit(self, head: bytes, size: int) -> Unit:
        """Return what a NAL unit of `size` bytes is that begins with `head`.

        Raises:
            RepairError: it cannot be a NAL unit of this stream.
        """

    def learn(self, nal: bytes) -> None:
        """Take a parameter set in; anything else is passed over.

        Raises:
            RepairError: it is a parameter set and malformed.
        """
