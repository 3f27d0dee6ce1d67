"""What may be made of a clip, from its facts alone; nothing that a clip says gets into a command."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.encode import EncodingKind, plan
from ingest.media.encode.graphs import fitting

KINDS: tuple[EncodingKind, ...] = ("stream", "proxy", "proxy-low")
# demuxers that open what a file names
NAMING = {"hls", "dash", "concat", "sdp", "imf", "image2", "webm_dash_manifest", "rtsp", "tee"}


def video(**other: object) -> dict[str, object]:
    """A picture that browsers play."""
    return {
        "index": 0,
        "type": "video",
        "codec": "h264",
        "pixel_format": "yuv420p",
        "width": 1920,
        "height": 1080,
        "packets": 300,
        **other,
    }


def audio(**other: object) -> dict[str, object]:
    """Sound that browsers play."""
    return {
        "index": 1,
        "type": "audio",
        "codec": "aac",
        "profile": "LC",
        "channels": 2,
        "sample_rate": 48000,
        **other,
    }


def facts(*streams: dict[str, object], **other: object) -> dict[str, object]:
    """A clip's."""
    return {
        "format": 2,
        "kind": "video",
        "container": "matroska",
        "streams": list(streams),
        "damage": [],
        **other,
    }


def after(command: tuple[str, ...], option: str) -> str:
    """The word that follows an option."""
    return command[command.index(option) + 1]


@pytest.mark.parametrize(
    ("clip", "picture", "sound"),
    [
        (facts(video(), audio()), "copied", "copied"),
        (facts(video()), "copied", "none"),
        (facts(video(), audio(codec="amr_nb", sample_rate=8000)), "copied", "encoded"),
        (facts(video(), audio(profile="Main")), "copied", "encoded"),
        (facts(video(codec="vp8"), audio(codec="vorbis")), "encoded", "encoded"),
        (facts(video(has_b_frames=True), container="avi"), "encoded", "none"),
        (facts(video(has_b_frames=True)), "copied", "none"),
        (facts(audio(), kind="audio", container="aac"), "none", "copied"),
        (facts(video(), audio(packets=0)), "copied", "none"),
        (facts(video(), audio(), damage=[{"code": "cut_off"}]), "copied", "copied"),
        (facts(video(), audio(), damage=[{"code": "lost_packets"}]), "copied", "encoded"),
    ],
)
def test_a_stream_copies_what_browsers_play(
    clip: dict[str, object], picture: str, sound: str
) -> None:
    encoding = plan(clip, "stream")
    assert encoding is not None
    assert (encoding.picture, encoding.sound) == (picture, sound)
    assert encoding.media_type == ("audio/mp4" if picture == "none" else "video/mp4")


@pytest.mark.parametrize(
    "clip",
    [
        facts(video(codec="hevc")),
        facts(video(pixel_format="yuv420p10le")),
        facts(video(protected=True), audio()),
        facts(video(width=None)),
        facts(),
        facts(video(), container="pdf"),
        facts(video(), container="hls"),
        facts(video(), kind="photo"),
        {},
    ],
)
def test_there_is_no_stream_of_what_browsers_do_not_play(clip: dict[str, object]) -> None:
    assert plan(clip, "stream") is None


def test_what_cannot_be_decoded_here_has_no_proxy() -> None:
    assert plan(facts(video(codec="av1")), "proxy") is None
    assert plan(facts(video(codec="av1")), "stream") is not None


def test_a_sound_that_begins_late_is_looked_for() -> None:
    usual = plan(facts(video(start_us=0), audio(start_us=20_000)), "stream")
    late = plan(facts(video(start_us=0), audio(start_us=30_000_000)), "stream")
    assert usual is not None
    assert late is not None
    assert "-analyzeduration" not in usual.command
    assert after(late.command, "-analyzeduration") == "120000000"


def test_a_cover_is_not_taken_for_the_film() -> None:
    clip = facts(video(packets=1, codec="mjpeg"), video(index=3), audio())
    encoding = plan(clip, "stream")
    assert encoding is not None
    assert "0:3" in encoding.command


def test_a_proxy_keeps_the_sound_that_it_may_and_mixes_six_channels_down() -> None:
    kept = plan(facts(video(codec="hevc"), audio()), "proxy")
    mixed = plan(facts(video(codec="hevc"), audio(channels=6)), "proxy")
    assert kept is not None
    assert mixed is not None
    assert after(kept.command, "-c:a") == "copy"
    assert (after(mixed.command, "-c:a"), after(mixed.command, "-ac")) == ("aac", "2")


@pytest.mark.parametrize(
    ("shown", "size"),
    [
        ((1920, 1080), (1280, 720)),
        ((1376, 1840), (720, 962)),
        ((3840, 1600), (1280, 532)),
        ((320, 241), (320, 240)),
        ((65535, 2), (1280, 2)),
        ((1, 1), (2, 2)),
    ],
)
def test_pictures_are_made_smaller_and_never_larger(
    shown: tuple[int, int], size: tuple[int, int]
) -> None:
    assert fitting(*shown, 1280, 720) == size


WILD: Any = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.text(max_size=20)
)
STREAM = st.dictionaries(
    st.sampled_from([*video(), *audio(), "rotation", "sample_aspect", "hdr", "protected"]), WILD
)


@settings(max_examples=150, deadline=None)
@given(
    wild=st.dictionaries(
        st.sampled_from(["kind", "container", "duration_us", "damage", "frames", "streams"]), WILD
    ),
    pictures=st.lists(STREAM, max_size=3),
    word=st.text(min_size=1, max_size=20),
    kind=st.sampled_from(KINDS),
)
def test_any_facts_give_a_plan_of_our_own_words_or_none(
    wild: dict[str, object], pictures: list[dict[str, object]], word: str, kind: EncodingKind
) -> None:
    streams = [{**video(), **picture} for picture in pictures]
    plan({**facts(*streams), **wild}, kind)  # whatever they are
    named = {"language": "§" + word, "tag": "§" + word, "pixel_format": "§" + word}
    clip = {**facts(*[{**s, **named} for s in streams], audio(profile="§" + word))}
    encoding = plan(clip, kind)
    if encoding is not None:
        assert "§" not in "".join(encoding.command)
        assert after(encoding.command, "-f") not in NAMING
        assert after(encoding.command, "-protocol_whitelist") == "fd"
