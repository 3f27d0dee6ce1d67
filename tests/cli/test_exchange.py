"""Exchange from the command line: two processes of two archives, with the certificates that their settings name."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import cases
from tests.cli.command import Command
from tests.unit.oversight.exchange.levels import ACTOR, make_new, two_levels


@contextmanager
def serving(root: Path, port: int) -> Iterator[None]:
    """`exchange serve`, until it is interrupted."""
    words = ["--root", str(root), "--lang", "en", "exchange", "serve", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "muniment", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root.parent,
    ) as serve:
        try:
            assert serve.stdout is not None
            assert f"https://127.0.0.1:{port}/".encode() in serve.stdout.readline()
            yield
        finally:
            serve.send_signal(signal.SIGINT)
            assert serve.wait(20) == 0


def test_a_case_waits_while_the_province_is_away_and_is_acknowledged_once_it_is_there(
    place: Path,
) -> None:
    with two_levels(place, make_new(place / "new")) as (county, province):
        cases.open_case(county.archive, actor=ACTOR, number="2026-0117", title="占道经营")
        roots, port = (county.archive.root, province.archive.root), province.port
    sender, taker = (Command(root=root, cwd=place) for root in roots)
    away = sender("exchange", "send", "2026-0117", "--to", "province", status=5)
    assert "O088" in away.err
    assert sender.json("exchange", "send", "--waiting", status=3) == {
        "acknowledged": 0,
        "waiting": 1,
    }
    [waits] = sender.json("exchange", "status")["sent"]
    assert (waits["acknowledged"], waits["failures"], waits["number"]) == (None, 1, "2026-0117")
    with serving(roots[1], port):
        sent = sender.json("exchange", "send", "2026-0117", "--to", "province")
        assert sent["message"] == waits["message"]
    [came] = taker.json("exchange", "status")["received"]
    assert (came["peer"], came["entry"]) == ("county", sent["acknowledged"])
    assert "已签收" in sender("--lang", "zh", "exchange", "status").text
    assert sender.json("exchange", "send", "--waiting") == {"acknowledged": 0, "waiting": 0}


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (("send", "2026-0117", "--to", "nobody"), "O085", 4),
        (("send", "2026-0117"), "C001", 2),
        (("send", "--waiting", "--to", "nobody"), "C001", 2),
        (("serve", "--port", "0"), "A045", 2),
    ],
)
def test_what_cannot_be_sent_or_served_is_told(
    archive: Command, words: tuple[str, ...], code: str, status: int
) -> None:
    assert code in archive("exchange", *words, status=status).err
