"""H.265 as far as finding and ordering its pictures needs: parameter sets and starts of slices.

ITU-T H.265 (08/2021), clauses in the comments. Decodes nothing. Any bytes give values or
`RepairError`; numbers that bound something are checked against what the standard allows.
"""

from dataclasses import dataclass

from ingest.media.repair.bits import Bits, unescaped
from ingest.media.repair.errors import RepairError
from ingest.media.repair.nal import Slice, Unit

# Table 7-1
_SUB_LAYER_UNUSED = frozenset({0, 2, 4, 6, 8, 10, 12, 14})
_LEADING = frozenset({6, 7, 8, 9})  # RADL, RASL
_RASL = frozenset({8, 9})
_SLICES = frozenset({*range(10), *range(16, 22)})
_ENTRY = frozenset(range(16, 24))  # IRAP
_BROKEN_OR_KEY = frozenset({16, 17, 18, 19, 20})  # BLA, IDR
_KEY = frozenset({19, 20})  # IDR
_VPS, _SPS, _PPS, _DELIMITER = 32, 33, 34, 35
_ENDS, _MESSAGE, _MESSAGE_AFTER = frozenset({36, 37}), 39, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pps:
    sps: int
    output: bool
    extra: int


class Hevc:
    """The parameter sets of an H.265 stream, and its NAL units by them."""

    def __init__(self, *, length_size: int = 4) -> None:
        self.length_size = length_size
        self._sps: dict[int, tuple[bool, int]] = {}  # planes are apart, bits of the order count
        self._pps: dict[int, _Pps] = {}

    @classmethod
    def configured(cls, record: bytes) -> "Hevc":
        """Read an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).

        Raises:
            RepairError: it is malformed or holds no parameter sets.
        """
        if len(record) < 23 or record[0] != 1:
            raise RepairError("not a decoder configuration")
        pictures, position = cls(length_size=(record[21] & 3) + 1), 23
        for _ in range(record[22]):
            count, position = _number(record, position + 1), position + 3
            for _ in range(count):
                length, position = _number(record, position), position + 2
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
        return any(pps.sps in self._sps for pps in self._pps.values())

    def learn(self, nal: bytes) -> None:
        """Take a parameter set in; anything else is passed over.

        Raises:
            RepairError: it is a parameter set and malformed.
        """
        kind = nal[0] >> 1 if nal else 0
        if kind == _SPS:
            number, sps = _read_sps(unescaped(nal))
            self._sps[number] = sps
        elif kind == _PPS:
            number, pps = _read_pps(unescaped(nal))
            self._pps[number] = pps

    def unit(self, head: bytes, size: int) -> Unit:
        """Return what a NAL unit of `size` bytes is that begins with `head`.

        Raises:
            RepairError: it cannot be a NAL unit of this stream.
        """
        first = _number(head, 0)
        kind, layer, temporal = first >> 9, first >> 3 & 63, first & 7
        if kind > 40 or layer or not temporal:  # 7.4.2.2; another layer is no recorder's
            raise RepairError("not the header of a NAL unit")
        if kind in _SLICES:
            return Unit(slice=self._slice(unescaped(head), kind, temporal - 1))
        if kind in {_SPS, _PPS} and size <= len(head):
            (_read_sps if kind == _SPS else _read_pps)(unescaped(head[:size]))
            return Unit(leads=True)
        # 7.3.2.5: three bits and the stop bit
        if kind == _DELIMITER and size == 3 and len(head) > 2 and head[2] & 0x1F == 0x10:
            return Unit(leads=True)
        if kind == _VPS or (kind == _MESSAGE and size > 4):
            return Unit(leads=True)
        if kind == _MESSAGE_AFTER or (kind in _ENDS and size == 2):
            return Unit()
        raise RepairError(f"a NAL unit of type {kind}")

    def _slice(self, head: bytes, kind: int, temporal: int) -> Slice:
        # 7.3.6.1, up to the order count
        bits = Bits(head, 16)
        starts = bool(bits.take(1))
        if kind in _ENTRY:
            bits.skip(1)
        pps = self._pps.get(bits.unsigned())
        sps = self._sps.get(pps.sps) if pps else None
        if pps is None or sps is None:
            raise RepairError("a slice of another stream")
        count = 0
        if starts:
            bits.skip(pps.extra)
            if bits.unsigned() > 2:  # table 7-7
                raise RepairError("a slice of no type")
            bits.skip(pps.output + 2 * sps[0])
            count = 0 if kind in _KEY else bits.take(sps[1])
        return Slice(
            starts=starts,
            reset=kind in _BROKEN_OR_KEY,
            key=kind in _ENTRY,
            anchor=not temporal and kind not in _LEADING and kind not in _SUB_LAYER_UNUSED,
            count=count,
            wrap=1 << sps[1],
            number=None,
            trailing_of_lost=kind in _RASL,
        )


def _number(data: bytes, position: int) -> int:
    if position + 2 > len(data):
        raise RepairError("a configuration or NAL unit ends early")
    return int.from_bytes(data[position : position + 2])


def _read_sps(nal: bytes) -> tuple[int, tuple[bool, int]]:
    # 7.3.2.2.1
    bits = Bits(nal, 20)
    layers = bits.take(3)
    bits.skip(1)
    _skip_profile(bits, layers)
    number, planes = bits.unsigned(), False
    if bits.unsigned() == 3:
        planes = bool(bits.take(1))
    bits.unsigned()
    bits.unsigned()
    if bits.take(1):
        for _ in range(4):
            bits.unsigned()
    bits.unsigned()
    bits.unsigned()
    order_bits = bits.unsigned() + 4
    if number > 15 or order_bits > 16:
        raise RepairError("a sequence parameter set out of range")
    return number, (planes, order_bits)


def _skip_profile(bits: Bits, layers: int) -> None:
    bits.skip(96)  # 7.3.3: the general profile and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.skip(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _read_pps(nal: bytes) -> tuple[int, _Pps]:
    # 7.3.2.3.1
    bits = Bits(nal, 16)
    number, sps = bits.unsigned(), bits.unsigned()
    if number > 63 or sps > 15:
        raise RepairError("a picture parameter set out of range")
    bits.skip(1)
    output = bool(bits.take(1))
    return number, _Pps(sps=sps, output=output, extra=bits.take(3))
