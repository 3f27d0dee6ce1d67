"""Publication from the command line; and the public site as the process that it is."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime

import pytest

from archive.opening import open_archive
from oversight.publication import steps
from oversight.publication.errors import SamePublisherError
from oversight.publication.steps import Checking
from tests.cli.command import Command
from tests.unit.oversight.publication.press import CHECKER, HEAD, Press


def test_r13_a_decision_is_checked_published_and_withdrawn(archive: Command) -> None:
    with open_archive(archive.root, write=True) as opened:
        press = Press(archive=opened)
        number = press.case()
        id_ = press.proposed(number, facts="电话13800138000").id
    assert "found a phone number at facts:2-13" in archive("publication", "show", id_).text
    clean = archive.json("publication", "check", id_, "--cut-found")
    assert (clean["state"], clean["redactions"]) == ("checked", 1)
    assert "O044" in archive("publication", "approve", id_, status=4).err
    with open_archive(archive.root, write=True) as opened:
        with pytest.raises(SamePublisherError):  # whoever checked at the machine may be anybody
            steps.approve(opened, id_, actor=HEAD)
        steps.check(opened, id_, Checking(), actor=CHECKER)
        steps.approve(opened, id_, actor=HEAD)
    archive("publication", "withdraw", id_, "--why", "error", "--reason", "有误")
    (found,) = archive.json("publication", "list", "--state", "withdrawn")["publications"]
    assert (found["case"], found["withdrawn"]["reason"]) == (number, "有误")
    year = str(datetime.now(UTC).astimezone(opened.settings.zone).year)
    rows = archive.json("report", "rows", year, "withdrawn")
    assert [row["case"] for row in rows["cases"]] == [number]
    assert archive("report", "annual", year, "--csv").out.startswith(b"\xef\xbb\xbf")


def test_the_public_site_is_a_process_of_its_own_that_needs_only_its_folder(
    archive: Command,
) -> None:
    assert "O047" in archive("publication", "serve", "--port", "0", status=5).err
    archive("publication", "write")
    folder = archive.root / "public"
    away = archive.root.parent / "no-archive"
    command = [sys.executable, "-P", "-m", "muniment", "--root", str(away), "--lang", "en"]
    serve = subprocess.Popen(
        [*command, "publication", "serve", "--port", "0", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=archive.root.parent,
    )
    try:
        assert serve.stdout is not None
        found = re.search(rb"http://127\.0\.0\.1:[0-9]+/", serve.stdout.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found[0].decode()}healthz", timeout=20) as answer:  # noqa: S310 - ours
            assert answer.read().startswith(b"ok ")
    finally:
        serve.send_signal(signal.SIGTERM)
        serve.communicate(timeout=20)
    assert serve.returncode == 0
    assert not away.exists()
