"""The profile format: what a TOML file may say, and what it is told when it may not."""

from __future__ import annotations

import pytest

from devices.errors import ProfileError
from devices.profiles import load_profiles, parse_profile
from devices.profiles.patterns import compile_pattern

HEAD = 'format = 1\nname = "x"\nmaker = "m"\ntitle = {en = "X", zh = "甲"}\n'
GENERIC = load_profiles()[-1]


def test_the_smallest_profile() -> None:
    profile = parse_profile(HEAD.encode())
    assert (profile.name, profile.maker, profile.title_zh) == ("x", "m", "甲")
    assert profile.read([b"a.mp4"])[b"a.mp4"].kind == "unknown"


def test_a_profile_that_extends_another_has_its_rules_after_its_own() -> None:
    text = HEAD + (
        'extends = "generic"\n[names]\npatterns = ["CAM-{badge}-{seq}"]\n'
        '[marks]\nwords = ["KEY"]\n[kinds]\nvideo = ["XYZ"]\n'
    )
    profile = parse_profile(text.encode(), [GENERIC])
    facts = profile.read([b"CAM-77-1.xyz", b"20260117_101112_IMP.jpg", b"a_key.mp4"])
    assert (facts[b"CAM-77-1.xyz"].badge, facts[b"CAM-77-1.xyz"].kind) == ("77", "video")
    assert facts[b"20260117_101112_IMP.jpg"].marked
    assert facts[b"20260117_101112_IMP.jpg"].start_raw == "20260117_101112"
    assert facts[b"a_key.mp4"].marked
    assert profile.fits(b"CAM-77-1.xyz") == (True, False)
    assert profile.fits(b"20260117_101112.mp4") == (False, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "format is not 1"),
        ("format = 2", "format is not 1"),
        ("format = true", "format is not 1"),
        ("format = 1.0", "format is not 1"),
        ("format", "no TOML"),
        ("x = " + "[" * 5000, "no TOML"),
        ("x = 1" + "0" * 5000, "no TOML"),
        (HEAD.replace('"x"', '"X Y"'), "its name"),
        (HEAD.replace('"x"', '""'), "name is not a text"),
        (HEAD.replace('zh = "甲"', "zh = 1"), "title.zh is not a text"),
        (HEAD + "colour = 1", "colour is no key"),
        (HEAD + "[marks]\nword = []", "marks.word is no key"),
        (HEAD + "marks = 1", "marks is not a table"),
        (HEAD + "[marks]\nwords = 'IMP'", "marks.words is not a list"),
        (HEAD + "[marks]\nwords = [1]", "marks.words holds"),
        (HEAD + "[marks]\nwords = ['']", "marks.words holds"),
        (HEAD + "[marks]\nwords = [" + "'a'," * 201 + "]", "up to 200"),
        (HEAD + "[kinds]\nfilm = []", "kinds.film is no key"),
        (HEAD + "[side.prefixes]\nGL = 'GX'", "prefixes.GL is not a list"),
        (HEAD + "extends = 'nobody'", "not there"),
        (HEAD + "[segments]\nchapter = []", "segments.chapter is no key"),
        (HEAD + "[segments]\nchapters = ['GX{chapter}']", "no {number}"),
        (HEAD + "[segments]\nchapters = ['{x}']", "no such field"),
        (HEAD + "[names]\npatterns = ['GX{number}']", "in segments.chapters only"),
        (HEAD + "[folders]\npatterns = ['GX{chapter}']", "in segments.chapters only"),
        (HEAD + "[segments]\ntolerance_ms = 60001", "segments.tolerance_ms is not an integer"),
        (HEAD + "[segments]\ntolerance_ms = -1", "segments.tolerance_ms is not an integer"),
        (HEAD + "[segments]\ntolerance_ms = true", "segments.tolerance_ms is not an integer"),
        (HEAD + "[segments]\nlengths_s = 300", "segments.lengths_s is not a list"),
        (HEAD + "[segments]\nlengths_s = [0]", "segments.lengths_s holds"),
        (HEAD + "#" * 70000, "more than 65536 bytes"),
    ],
)
def test_a_profile_that_breaks_the_format_says_where(text: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason) as e:
        parse_profile(text.encode(), [GENERIC])
    assert (e.value.code, e.value.retryable) == ("D002", False)


def test_the_rules_for_segments_come_before_those_of_the_profile_that_is_extended() -> None:
    text = HEAD + (
        'extends = "generic"\n[segments]\nchapters = ["V{number}-{chapter}"]\n'
        "tolerance_ms = 500\nlengths_s = [300, 600]\n"
    )
    profile = parse_profile(text.encode(), [GENERIC])
    assert (profile.segments.tolerance_ms, profile.segments.lengths_s) == (500, (300, 600))
    assert profile.segment(b"V0007-03.mp4").chapter == 3
    assert profile.segment(b"V0007-03_IMP.mp4").series == profile.segment(b"v0007-04.mp4").series
    child = parse_profile(text.replace('"x"', '"y"').replace("generic", "x").encode(), [profile])
    assert len(child.segments.chapters) == 2
    plain = parse_profile((HEAD + 'extends = "x"').encode(), [profile])
    assert plain.segments == profile.segments
    assert parse_profile(HEAD.encode()).segments.tolerance_ms == 2000


def test_a_profile_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(ProfileError):
        parse_profile(HEAD.encode("gbk"))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "1 to 200"),
        ("x" * 201, "1 to 200"),
        ("{colour}", "no such field"),
        ("{date", "no such field"),
        ("a}", "no such field"),
        ("a*b", "start or the end"),
        ("[[a]]", "brackets"),
        ("a]", "brackets"),
        ("[a", "not closed"),
        ("{date}{date}", "twice"),
        ("*", "says nothing"),
        ("[]", "says nothing"),
        ("*{device}_", "cannot follow"),
        ("{device}{badge}", "followed by fixed text"),
        ("{device}*", "followed by fixed text"),
        ("{device}[{seq}]_", "followed by fixed text"),
        ("{device}[]{seq}", "followed by fixed text"),
    ],
)
def test_a_pattern_that_breaks_a_rule_says_which(pattern: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        compile_pattern(pattern, ("IMP",))


def test_a_mark_needs_words() -> None:
    with pytest.raises(ProfileError, match="the profile none"):
        compile_pattern("a_{mark}", ())


@pytest.mark.parametrize(
    ("pattern", "name", "fields"),
    [
        ("{device}", "any thing_at-all", {"device": "any thing_at-all"}),
        ("{device}[_{mark}]-{seq}", "k9-12", {"device": "k9", "mark": None, "seq": "12"}),
        ("{device}[_{mark}]-{seq}", "k9_imp-12", {"device": "k9", "mark": "imp", "seq": "12"}),
        ("{device}[_{mark}]", "k9_IMP", {"device": "k9", "mark": "IMP"}),
        ("[_]{badge}^x", "_7^x", {"badge": "7"}),
        ("a.b{seq}", "axb1", None),
        ("{device}_x", "a\nb_x", None),
        ("{seq}", "1\n", None),
        ("{date}{time}", "20260117101112", {"date": "20260117", "time": "101112"}),
        ("{date}_{time}", "2026-01-17_10:11:12", {"date": "2026-01-17", "time": "10:11:12"}),
    ],
)
def test_what_a_pattern_takes(pattern: str, name: str, fields: dict[str, str] | None) -> None:
    match = compile_pattern(pattern, ("IMP",)).search(name)
    found = match and {k: v for k, v in match.groupdict().items() if not k.startswith("_")}
    assert found == fields
