"""When a port's state may be believed; times are given, nothing waits."""

from __future__ import annotations

from devices.settling import Settling


def settling() -> Settling[str]:
    return Settling(settle=0.5, patience=10)


def test_a_recorder_is_believed_once_it_stood_still() -> None:
    ports = settling()
    assert ports.observe(0.0, {"1-1": ("cam", True)}) == []
    assert ports.due() == 0.5
    assert ports.observe(0.5, {"1-1": ("cam", True)}) == ["cam"]
    assert ports.due() is None


def test_a_recorder_that_comes_goes_and_comes_again_is_one() -> None:
    ports = settling()
    told = [
        ports.observe(0.0, {"1-1": ("as disk", True)}),
        ports.observe(0.3, {}),
        ports.observe(0.5, {"1-1": ("as mtp", True)}),
        ports.observe(0.9, {"1-1": ("as mtp", True)}),
        ports.observe(1.0, {"1-1": ("as mtp", True)}),
    ]
    assert told == [[], [], [], [], ["as mtp"]]


def test_a_short_gap_is_no_pull() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("cam", True)})
    assert ports.observe(1.0, {"1-1": ("cam", True)}) == ["cam"]
    assert ports.observe(1.1, {}) == ["cam"]
    assert ports.observe(1.3, {"1-1": ("cam", True)}) == ["cam"]
    assert ports.due() is None


def test_a_pull_is_believed_and_forgotten() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("cam", True)})
    ports.observe(1.0, {"1-1": ("cam", True)})
    assert ports.observe(2.0, {}) == ["cam"]
    assert ports.observe(2.5, {}) == []
    assert ports.due() is None


def test_a_port_that_never_stands_still_holds_up_no_other() -> None:
    ports = settling()
    for tick in range(20):
        told = ports.observe(tick / 10, {"1-1": (f"bad {tick}", True), "1-2": ("good", True)})
        assert told == (["good"] if tick >= 5 else [])


def test_what_is_not_whole_is_waited_for() -> None:
    ports = settling()
    assert ports.observe(0.0, {"1-1": ("disk", False)}) == []
    assert ports.observe(9.0, {"1-1": ("disk", False)}) == []
    assert ports.observe(9.1, {"1-1": ("disk with card", True)}) == []
    assert ports.due() == 9.25
    assert ports.observe(9.3, {"1-1": ("disk with card", True)}) == ["disk with card"]


def test_what_becomes_whole_at_once_stands_still_like_anything_else() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("disk", False)})
    ports.observe(0.1, {"1-1": ("disk with card", True)})
    assert ports.due() == 0.5


def test_the_same_thing_that_is_not_whole_any_more_is_waited_for() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("disk", True)})
    assert ports.observe(0.4, {"1-1": ("disk", False)}) == []
    assert ports.observe(0.9, {"1-1": ("disk", False)}) == []
    ports.observe(1.0, {"1-1": ("disk", True)})
    assert ports.observe(1.15, {"1-1": ("disk", True)}) == ["disk"]


def test_what_never_becomes_whole_is_told_in_the_end() -> None:
    ports = settling()
    ports.observe(1.0, {"1-1": ("disk", False)})
    assert ports.due() == 11.0
    assert ports.observe(10.9, {"1-1": ("disk", False)}) == []
    assert ports.observe(11.0, {"1-1": ("disk", False)}) == ["disk"]


def test_patience_begins_with_each_plug() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("disk with card", True)})
    ports.observe(1.0, {"1-1": ("disk with card", True)})
    ports.observe(20.0, {})
    assert ports.observe(20.2, {"1-1": ("disk", False)}) == ["disk with card"]
    assert ports.due() == 30.2


def test_what_changes_from_whole_to_whole_stands_still_like_anything_else() -> None:
    ports = settling()
    ports.observe(0.0, {"1-1": ("cam", True)})
    ports.observe(20.0, {"1-1": ("another", True)})
    assert ports.due() == 20.5
