"""Whatever names, times and facts say: groups that hold together, and no traceback."""

from __future__ import annotations

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.canonical import encode
from archive.catalogue.rows import ClipRow
from devices.profiles import load_profiles
from ingest.recordings.facts import Times, times_of
from ingest.recordings.grouping import groups
from ingest.recordings.layout import laid_out
from ingest.recordings.parts import part_of
from tests.media.recordings.shelf import document, row

PROFILES = load_profiles()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.sampled_from(["25/1", "0/0", "1/90000", "video", "timecode", "10:00:00:00"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "streams",
                        "frames",
                        "clocks",
                        "type",
                        "index",
                        "stream",
                        "first",
                        "time_base",
                    ),
                    *("runs", "count", "rate", "start_us", "duration_us", "source", "raw", "utc"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
MOMENTS = st.integers(0, 40).map(lambda n: f"2026-01-01T12:{n:02}:00Z")


@st.composite
def clips(draw: st.DrawFn) -> tuple[ClipRow, Times]:
    name = draw(
        st.sampled_from(["GX{n:02}0042.MP4", "DCAM_T1_7_20260101_12{n:02}00_{n:03}.mp4", "R{n}.ts"])
    )
    number = draw(st.integers(0, 5))
    clip = row(
        name.format(n=number),
        draw(MOMENTS | st.none()),
        draw(st.sampled_from([None, 0, 0.04, 60, 120, 1e9])),
        clip=f"clip-{draw(st.integers(0, 10**9))}",
        modified=draw(MOMENTS | st.none()),
        audio=draw(st.sampled_from(["aac", None])),
        damaged=draw(st.booleans()),
        video=draw(st.sampled_from(["h264", None])),
        start_source=draw(st.sampled_from(["name", "container", "modified"])),
    )
    facts = draw(
        st.builds(document, first_us=st.integers(0, 10**9), frames=st.integers(1, 3000)) | VALUES
    )
    return clip, times_of(json.dumps(facts).encode())


@given(VALUES)
@settings(deadline=None)
def test_any_facts_are_times(value: object) -> None:
    found = times_of(json.dumps(value).encode())
    assert found.length_us is None or found.length_us > 0


@given(st.lists(clips(), max_size=8, unique_by=lambda clip: clip[0].clip), st.randoms())
@settings(max_examples=100, deadline=None)
def test_each_clip_is_in_one_recording_at_most_whatever_the_order(
    given_clips: list[tuple[ClipRow, Times]], random: Random
) -> None:
    parts = [part_of(clip, times, PROFILES) for clip, times in given_clips]
    found = groups(parts)
    members = [segment.part.clip for group in found for segment in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 for group in found)
    assert groups(random.sample(parts, len(parts))) == found
    for group in found:
        data = laid_out(group)
        encode(data)  # whole numbers only, within what an entry can hold
        assert all(s["from_ms"] >= 0 and s["length_ms"] >= 0 for s in data["segments"])
