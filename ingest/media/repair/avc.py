"""H.264 as far as finding and ordering its pictures needs: parameter sets and starts of slices.

ITU-T H.264 (08/2021), clauses in the comments. Decodes nothing. Any bytes give values or
`RepairError`; numbers that bound something are checked against what the standard allows.
"""

from dataclasses import dataclass

from ingest.media.repair.bits import Bits, unescaped
from ingest.media.repair.errors import RepairError
from ingest.media.repair.nal import Slice, Unit

# 7.4.2.1.1: profiles whose SPS says something about chroma
_CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_SLICE, _KEY_SLICE, _MESSAGE, _SPS, _PPS, _DELIMITER = 1, 5, 6, 7, 8, 9  # table 7-1
_ENDS = frozenset({10, 11})
_MOST_RATE = 480  # pictures a second
_RECOVERY_POINT = 6  # D.1.8
_INTRA = frozenset({2, 4, 7, 9})  # table 7-6: I and SI


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """What slices need of a sequence parameter set."""

    planes: bool  # separate_colour_plane_flag
    number_bits: int
    order_type: int
    order_bits: int
    frames_only: bool
    blocks: int  # macroblocks of a picture
    width: int
    height: int
    skips: bool  # numbers may be left out on purpose
    rate: tuple[int, int] | None  # pictures, in so many seconds; None where it does not say


class Avc:
    """The parameter sets of an H.264 stream, and its NAL units by them."""

    def __init__(self, *, length_size: int = 4) -> None:
        self.length_size = length_size
        self._sps: dict[int, Sps] = {}
        self._pps: dict[int, int] = {}  # the SPS of each

    @classmethod
    def configured(cls, record: bytes) -> "Avc":
        """Read an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).

        Raises:
            RepairError: it is malformed or holds no parameter sets.
        """
        if len(record) < 7 or record[0] != 1:
            raise RepairError("not a decoder configuration")
        pictures, position = cls(length_size=(record[4] & 3) + 1), 5
        for mask in (0x1F, 0xFF):
            count, position = _byte(record, position) & mask, position + 1
            for _ in range(count):
                length = _byte(record, position) << 8 | _byte(record, position + 1)
                position += 2
                if position + length > len(record):
                    raise RepairError("a parameter set reaches past its configuration")
                pictures.learn(record[position : position + length])
                position += length
        if not pictures.known:
            raise RepairError("a configuration without parameter sets")
        return pictures

    @property
    def known(self) -> bool:
        """Whether slices can be read: a picture parameter set and its sequence's are there."""
        return any(sps in self._sps for sps in self._pps.values())

    @property
    def sps(self) -> Sps | None:
        """Return the first sequence parameter set that a picture parameter set refers to."""
        return next((self._sps[sps] for sps in self._pps.values() if sps in self._sps), None)

    def learn(self, nal: bytes) -> None:
        """Take a parameter set in; anything else is passed over.

        Raises:
            RepairError: it is a parameter set and malformed.
        """
        kind = nal[0] & 0x1F if nal else 0
        if kind == _SPS:
            number, sps = _read_sps(unescaped(nal))
            self._sps[number] = sps
        elif kind == _PPS:
            number, of = _read_pps(unescaped(nal))
            self._pps[number] = of

    def unit(self, head: bytes, size: int) -> Unit:
        """Return what a NAL unit of `size` bytes is that begins with `head`.

        Raises:
            RepairError: it cannot be a NAL unit of this stream.
        """
        first = _byte(head, 0)
        weight, kind = first >> 5, first & 0x1F
        if weight > 3:
            raise RepairError("the forbidden bit is set")  # 7.4.1
        if kind in {_SLICE, _KEY_SLICE} and (weight or kind == _SLICE):
            return Unit(slice=self._slice(unescaped(head), key=kind == _KEY_SLICE, weight=weight))
        if kind == _MESSAGE and not weight:
            return Unit(leads=True, entry=_is_entry(head, size))
        if kind in {_SPS, _PPS} and weight and size < len(head) + 1:
            (_read_sps if kind == _SPS else _read_pps)(unescaped(head[:size]))
            return Unit(leads=True)
        # 7.3.2.4: three bits and the stop bit
        if kind == _DELIMITER and not weight and size == 2 and _byte(head, 1) & 0x1F == 0x10:
            return Unit(leads=True)
        if kind in _ENDS and not weight and size == 1:
            return Unit()
        raise RepairError(f"a NAL unit of type {kind}")

    def _slice(self, head: bytes, *, key: bool, weight: int) -> Slice:
        # 7.3.3, up to the order count
        bits = Bits(head, 8)
        block, kind, pps = bits.unsigned(), bits.unsigned(), bits.unsigned()
        sps = self._sps.get(self._pps.get(pps, -1))
        if sps is None or kind > 9 or block >= sps.blocks or (key and kind not in _INTRA):
            raise RepairError("a slice of another stream")
        if sps.planes:
            bits.skip(2)
        number = bits.take(sps.number_bits)
        field = 0
        if not sps.frames_only and bits.take(1):
            field = 1 + bits.take(1)
        if key and (bits.unsigned() > 65535 or number):  # 7.4.3: idr_pic_id, frame_num
            raise RepairError("a key slice with a number")
        return Slice(
            starts=block == 0,
            reset=key,
            key=key,
            anchor=weight > 0,
            count=bits.take(sps.order_bits) if sps.order_type == 0 else 0,
            wrap=1 << sps.order_bits if sps.order_type == 0 else 0,
            number=None if sps.skips else number,
            number_wrap=1 << sps.number_bits,
            field=field,
        )


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        raise RepairError("a configuration or NAL unit ends early")
    return data[position]


def _read_sps(nal: bytes) -> tuple[int, Sps]:
    # 7.3.2.1.1
    bits = Bits(nal, 8)
    profile = bits.take(8)
    bits.skip(16)
    number, planes, chroma = bits.unsigned(), False, 1
    if profile in _CHROMA_PROFILES:
        planes, chroma = _read_chroma(bits)
    number_bits = bits.unsigned() + 4
    order_type = bits.unsigned()
    order_bits = bits.unsigned() + 4 if order_type == 0 else 0
    if number > 31 or number_bits > 16 or order_type > 2 or order_bits > 16:
        raise RepairError("a sequence parameter set out of range")
    if order_type == 1:
        _skip_cycle(bits)
    bits.unsigned()
    skips = bool(bits.take(1))
    width, height = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bool(bits.take(1))
    if width * height > 139_264 or width > 4096 or height > 4096:  # table A-1, level 6.2
        raise RepairError("a picture larger than any level allows")
    rows = 1 if frames_only else 2
    crop = _read_crop(bits, frames_only=frames_only)
    across, down = (1, rows) if chroma in {0, 3} else (2, rows * (2 if chroma == 1 else 1))
    return number, Sps(
        planes=planes,
        number_bits=number_bits,
        order_type=order_type,
        order_bits=order_bits,
        frames_only=frames_only,
        blocks=width * height * rows,
        width=max(2, width * 16 - across * crop[0]),
        height=max(2, height * 16 * rows - down * crop[1]),
        skips=skips,
        rate=_read_rate(bits),
    )


def _read_chroma(bits: Bits) -> tuple[bool, int]:
    chroma = bits.unsigned()
    full = chroma == 3  # 4:4:4
    planes = bool(bits.take(1)) if full else False
    bits.unsigned()
    bits.unsigned()
    bits.skip(1)
    if bits.take(1):
        _skip_scaling(bits, 12 if full else 8)
    return planes, chroma


def _skip_scaling(bits: Bits, lists: int) -> None:
    for index in range(lists):  # 7.3.2.1.1.1
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _read_crop(bits: Bits, *, frames_only: bool) -> tuple[int, int]:
    bits.skip(1 if frames_only else 2)
    if not bits.take(1):
        return 0, 0
    left, right, top, bottom = (bits.unsigned() for _ in range(4))
    return left + right, top + bottom


def _read_rate(bits: Bits) -> tuple[int, int] | None:
    # E.1.1, up to the timing
    try:
        if not bits.take(1):
            return None
        if bits.take(1) and bits.take(8) == 255:
            bits.skip(32)
        if bits.take(1):
            bits.skip(1)
        if bits.take(1):
            bits.skip(4)
            bits.skip(24 * bits.take(1))
        if bits.take(1):
            bits.unsigned()
            bits.unsigned()
        if not bits.take(1):
            return None
        ticks, scale = bits.take(32), bits.take(32)
    except RepairError:
        return None
    return (scale, 2 * ticks) if 0 < 2 * ticks <= scale <= 2 * ticks * _MOST_RATE else None


def _skip_cycle(bits: Bits) -> None:
    bits.skip(1)
    bits.signed()
    bits.signed()
    cycle = bits.unsigned()
    if cycle > 255:
        raise RepairError("a sequence parameter set out of range")
    for _ in range(cycle):
        bits.signed()


def _read_pps(nal: bytes) -> tuple[int, int]:
    # 7.3.2.2
    bits = Bits(nal, 8)
    number, sps = bits.unsigned(), bits.unsigned()
    if number > 255 or sps > 31:
        raise RepairError("a picture parameter set out of range")
    return number, sps


def _is_entry(head: bytes, size: int) -> bool:
    """Whether a message says that decoding can begin here; the messages have to fill the unit."""
    data, position, found = unescaped(head), 1, False
    cut = size > len(head)
    while position < len(data) - 1:
        kind, position = _running(data, position)
        length, position = _running(data, position)
        found |= kind == _RECOVERY_POINT
        position += length
        if position < len(data) and data[position] == 0x80 and position == len(data) - 1:
            return found
    if not cut or position < len(data) - 1:
        raise RepairError("messages that do not fill their unit")
    return found


def _running(data: bytes, position: int) -> tuple[int, int]:
    # 7.3.2.3.1: bytes of 255 and one that is not
    total = 0
    while _byte(data, position) == 255:
        total, position = total + 255, position + 1
    return total + data[position], position + 1
