"""The facts card: what a clip's streams, frames, clocks and device say of themselves, as rows for people.

What always holds: whatever a file says of itself is text and no markup (the templates escape it); a fact that the file
does not tell has no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.mediafacts import Facts
from api.mediawords import moment
from api.messages import Lang, name_of, say

_E7: Final = 10_000_000
_HDR: Final = {"pq": "HDR (PQ)", "hlg": "HDR (HLG)", "dolby_vision": "Dolby Vision"}
_CLOCKS: Final = 20  # of them are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fact: the name of its label, what it says, and what may be copied."""

    label: str
    words: str
    copy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What one clock says."""

    source: str
    raw: str
    utc: str | None


def rows(lang: Lang, facts: Facts) -> list[Row]:
    """What is known beyond the catalogue's row."""
    picture = stream(facts, "video")
    found = [
        *_frames(lang, facts),
        *_lengths(facts),
        *_picture(lang, picture),
        *_sound(lang, facts),
    ]
    names = device(facts)
    found += [Row(label="facts.device", words=" · ".join(names))] if names else []
    place = coordinates(facts)
    if place is not None:
        found.append(Row(label="facts.location", words=place, copy=place))
    telemetry = [str(t.get("format")) for t in _dicts(facts.get("telemetry"))]
    if telemetry:
        found.append(Row(label="facts.telemetry", words=", ".join(dict.fromkeys(telemetry))))
    pages = facts.get("pages")
    if isinstance(pages, int):
        found.append(Row(label="facts.pages", words=f"{pages:,}"))
    return found


def clocks(lang: Lang, facts: Facts) -> list[Clock]:
    """Every clock of the file, apart from one another."""
    return [
        Clock(
            source=name_of(lang, "clocks", str(one.get("source"))),
            raw=str(one.get("raw")),
            utc=None if one.get("utc") is None else str(one["utc"]),
        )
        for one in _dicts(facts.get("clocks"))[:_CLOCKS]
    ]


def streams(lang: Lang, facts: Facts) -> list[str]:
    """A line for each stream."""
    return [_line(lang, one) for one in _dicts(facts.get("streams"))]


def stream(facts: Facts, type_: str) -> Mapping[str, Any]:
    """The first stream of a type that is no cover picture; nothing where there is none."""
    found = (s for s in _dicts(facts.get("streams")) if s.get("type") == type_)
    return next((s for s in found if not s.get("cover")), {})


def coordinates(facts: Facts) -> str | None:
    """Where the file says that it was recorded: latitude, longitude."""
    place = facts.get("location")
    if not isinstance(place, dict):
        return None
    lat, lon = place.get("lat_e7"), place.get("lon_e7")
    if not isinstance(lat, int) or not isinstance(lon, int):
        return None
    return f"{lat / _E7:.7f}, {lon / _E7:.7f}"


def device(facts: Facts) -> list[str]:
    """What the device says that it is; its maker only where the model does not begin with it."""
    said = facts.get("device")
    if not isinstance(said, dict):
        return []
    names = [str(said[n]) for n in ("make", "model", "serial", "firmware") if said.get(n)]
    make, model = str(said.get("make") or ""), str(said.get("model") or "")
    doubled = make and model.casefold().split()[:1] == make.casefold().split()[:1]
    return names[1:] if doubled else names


def _frames(lang: Lang, facts: Facts) -> list[Row]:
    frames = facts.get("frames")
    if not isinstance(frames, dict) or not isinstance(frames.get("count"), int):
        return []
    keys, count = frames.get("keys"), f"{frames['count']:,}"
    if isinstance(keys, list):
        count = say(lang, "facts.frames.keys", count=count, keys=f"{len(keys):,}")
    found = [Row(label="facts.frames", words=count)]
    digest = frames.get("digest")
    if isinstance(digest, str):
        words = f"{digest[:10]}…{digest[-6:]}"
        found.append(Row(label="facts.digest", words=words, copy=digest))
    return found


def _lengths(facts: Facts) -> list[Row]:
    declared, measured = facts.get("declared_us"), facts.get("measured_us")
    if declared == measured:
        return []
    return [
        Row(label=f"facts.{name}", words=moment(us / 1_000_000))
        for name, us in (("declared", declared), ("measured", measured))
        if isinstance(us, int)
    ]


def _picture(lang: Lang, one: Mapping[str, Any]) -> list[Row]:
    found: list[Row] = []
    shape = [_HDR.get(str(one.get("hdr")), ""), str(one.get("profile") or "")]
    depth = one.get("bit_depth")
    if isinstance(depth, int) and depth > 8:
        shape.insert(0, say(lang, "facts.depth", bits=depth))
    words = " · ".join(part for part in shape if part)
    if one.get("variable_rate"):
        shortest, longest = one.get("shortest_us"), one.get("longest_us")
        if isinstance(shortest, int) and isinstance(longest, int):
            varies = say(
                lang,
                "facts.variable",
                shortest=f"{shortest / 1000:.1f}",
                longest=f"{longest / 1000:.1f}",
            )
            words = f"{words} · {varies}" if words else varies
    if words:
        found.append(Row(label="watch.picture", words=words))
    if one.get("rotation"):
        turned = say(lang, "facts.rotation.what", degrees=one["rotation"])
        found.append(Row(label="facts.rotation", words=turned))
    return found


def _sound(lang: Lang, facts: Facts) -> list[Row]:
    found: list[Row] = []
    one = stream(facts, "audio")
    parts = [str(one["layout"])] if one.get("layout") else []
    if isinstance(one.get("sample_rate"), int):
        parts.append(f"{one['sample_rate'] / 1000:g} kHz")
    if parts:
        found.append(Row(label="watch.sound", words=" · ".join(parts)))
    offset = facts.get("av_offset_us")
    if isinstance(offset, int) and offset:
        key = "facts.offset.late" if offset > 0 else "facts.offset.early"
        words = say(lang, key, ms=f"{abs(offset) / 1000:.1f}")
        found.append(Row(label="facts.offset", words=words))
    return found


def _line(lang: Lang, one: Mapping[str, Any]) -> str:
    parts = [str(one.get("type")), str(one.get("codec") or one.get("tag") or "—")]
    if one.get("width"):
        parts.append(f"{one['width']}×{one.get('height')}")
    if one.get("sample_rate"):
        parts.append(f"{one['sample_rate']} Hz")
    if isinstance(one.get("packets"), int):
        key = "facts.packet" if one["packets"] == 1 else "facts.packets"
        parts.append(say(lang, key, count=f"{one['packets']:,}"))
    return f"{one.get('index')}: {' · '.join(parts)}"


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
