"""Any bytes for a name or a profile: facts, or the one error. Never a traceback, never a hang."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import ProfileError
from devices.folder import FoundClip
from devices.paths import display
from devices.profiles import choose, load_profiles, order, parse_profile
from devices.profiles.patterns import compile_pattern

PROFILES = load_profiles()
PIECES = st.sampled_from(
    [
        b"\n",
        b" ",
        "重点".encode(),
        b"DCAM",
        b"_",
        b"7",
        b"20260117",
        b"101112",
        b"IMP",
        b"/",
        b".",
        b"mp4",
        b"THM",
        b"RO",
        b"-",
        b"20260230",
        b"\xff",
        b"GL",
        b"GX",
        b"\xed\xa0\x80",
    ]
)
PATHS = st.lists(
    st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=14).map(b"".join)), max_size=12
)
FIELDS = [
    f"{{{field}}}"
    for field in (
        *("date", "time", "moment", "device", "badge", "seq", "mark", "number", "chapter"),
    )
]
TOKENS = st.sampled_from(
    [*FIELDS, "[", "]", "*", "_", "-", "D", "1", "^", "\\", "{", "(", "+", "{x}"]
)


@given(PATHS)
def test_any_paths_have_facts_in_every_profile(paths: list[bytes]) -> None:
    for profile in PROFILES:
        facts = profile.read(paths)
        assert facts.keys() == set(paths)
        for path, fact in facts.items():
            # What is shown can be encoded: no lone surrogates.
            json.dumps([fact.recorder, fact.badge, fact.start_raw], ensure_ascii=False).encode()
            assert fact.start is None or fact.start_raw is not None
            if fact.start_raw is not None:
                assert fact.start_raw.encode() in path
            if fact.belongs_to is not None:
                assert fact.belongs_to != path
                assert facts[fact.belongs_to].belongs_to is None
                assert fact.belongs_to.rpartition(b"/")[0] == path.rpartition(b"/")[0]


@given(PATHS)
def test_any_name_has_a_place_among_segments_and_its_mark_and_folder_do_not_change_it(
    paths: list[bytes],
) -> None:
    for profile in PROFILES:
        for path in paths:
            found = profile.segment(path)
            assert found.chapter is None or 0 <= found.chapter < 100
            assert found.sequence is None or 0 <= found.sequence < 10**10
            assert profile.segment(b"100MEDIA/" + path.rpartition(b"/")[2]) == found
            if b"." not in path and 0 < len(path.rpartition(b"/")[2]) < 240:
                assert profile.segment(path + b"_IMP") == profile.segment(path + b"_LOCK")


@given(PATHS, st.randoms())
def test_facts_choice_and_order_do_not_hang_on_the_order_of_the_listing(
    paths: list[bytes], random: Random
) -> None:
    unique = list(dict.fromkeys(paths))
    shuffled = random.sample(unique, len(unique))
    profile = choose(PROFILES, unique)
    assert choose(PROFILES, shuffled) is profile
    facts = profile.read(unique)
    assert profile.read(shuffled) == facts

    def clips(of: list[bytes]) -> list[FoundClip]:
        return [FoundClip(path=p, size=0, mtime_ns=0, dev=0, ino=0) for p in of]

    taken = order(clips(unique), facts)
    assert taken == order(clips(shuffled), facts)
    assert sorted(c.path for c in taken) == sorted(unique)
    heads = [facts[c.path].marked for c in taken if facts[c.path].belongs_to is None]
    assert heads == sorted(heads, reverse=True)
    for before, clip in zip([None, *taken], taken, strict=False):
        owner = facts[clip.path].belongs_to
        if owner is not None:
            assert before is not None
            assert owner in {before.path, facts[before.path].belongs_to}


@given(st.binary(max_size=400))
def test_any_bytes_are_a_profile_or_the_one_error(raw: bytes) -> None:
    for start in (b"", b'format=1\nname="x"\nmaker="m"\ntitle={en="a",zh="b"}\n'):
        try:
            profile = parse_profile(start + raw, PROFILES)
        except ProfileError:
            continue
        profile.read([b"a.mp4"])


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=5,
    ),
    st.sampled_from(
        ["names", "marks", "kinds", "side", "title", "extends", "recognise", "segments"]
    ),
    st.sampled_from(
        [
            *("patterns", "words", "folders", "video", "extensions", "prefixes", "en"),
            *("chapters", "tolerance_ms", "lengths_s"),
        ]
    ),
)
def test_any_value_under_any_key_is_a_profile_or_the_one_error(
    value: object, table: str, key: str
) -> None:
    text = json.dumps(value).replace("null", '""').replace(": ", " = ")
    raw = f'format=1\nname="x"\nmaker="m"\ntitle={{en="a",zh="b"}}\n{table}.{key} = {text}\n'
    try:
        parse_profile(raw.encode(), PROFILES)
    except ProfileError:
        return


@given(st.lists(TOKENS, max_size=12).map("".join), PATHS)
def test_any_pattern_compiles_or_is_refused_and_reads_any_name(
    pattern: str, paths: list[bytes]
) -> None:
    try:
        compiled = compile_pattern(pattern, ("IMP", "重点"))
    except ProfileError:
        return
    for path in paths:
        compiled.search(path.decode(errors="surrogateescape"))


@pytest.mark.parametrize(
    "name",
    [
        b"DCAM_" * 13_000,
        b"DCAM_1_2_" + b"20260117_" * 7000,
        b"1" * 64_000,
        b"_-. " * 16_000,
        b"a/" * 32_000 + b"DCAM",
        b"DCAM_1_2" + b"/" * 64_000,
        b"\xff" * 64_000,
    ],
)
def test_a_hostile_name_of_64_kb_is_looked_at_in_its_last_255_bytes_only(name: bytes) -> None:
    for profile in PROFILES:
        (facts,) = profile.read([name]).values()
        tail = name.rpartition(b"/")[2][-255:]
        (short,) = profile.read([name.rpartition(b"/")[0] + b"/" + tail]).values()
        assert facts == short


@given(st.binary(max_size=60))
def test_any_path_is_shown_as_text_that_can_be_encoded(path: bytes) -> None:
    text, exact = display(path)
    text.encode()
    assert (exact is None) == (text.encode() == path)
