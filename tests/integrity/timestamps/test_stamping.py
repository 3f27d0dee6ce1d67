"""Checkpoints get time: what is recorded, what is not, who is asked again, and what is laid over old tokens."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.audit import audit
from archive.events import Event
from archive.ledger.note import parse_note
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import AuthoritySettings
from archive.timestamps import names
from archive.timestamps.checking import check_token
from archive.timestamps.names import FOLDER
from archive.timestamps.outlook import outlook
from archive.timestamps.renewal import ageing, earlier, renew_if_due
from archive.timestamps.revocation import Revocation
from archive.timestamps.stamping import due, message_of, obtain, stamp_newest
from muniment.__main__ import run
from tests.fakes.authorities import Forger, Page, answering, new_ca, new_leaf, serving

ROOT = new_ca()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine has: these servers are on loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "a"
    create_archive(root, origin="test.invalid/ledger")
    return root


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(made, tmp_path / "a")
    with open_archive(tmp_path / "a", write=True) as archive:
        yield archive


@pytest.fixture
def pages() -> dict[str, Page]:
    return {"/tsa": answering(Forger(signer=new_leaf(ROOT)))}


@pytest.fixture
def outside(archive: Archive, pages: dict[str, Page]) -> Iterator[Archive]:
    """The archive with an authority outside, and its own."""
    (archive.root / "court.pem").write_bytes(ROOT.pem)
    with serving(pages) as address:
        court = AuthoritySettings(name="court", url=f"{address}/tsa", ca=archive.root / "court.pem")
        asked = replace(archive.settings.timestamps, authorities=(court,))
        archive.settings = replace(archive.settings, timestamps=asked)
        yield archive


def happen(archive: Archive) -> None:
    """Something that calls for a token."""
    station = archive.settings.station
    archive.record([Event(type="test.done", subject=station, actor=station)])


def entry(archive: Archive, index: int) -> dict[str, Any]:
    return archive.reader.entry(index).data


def test_what_is_recorded_can_be_checked_again_from_the_store(archive: Archive) -> None:
    note = archive.ledger.publish()
    made = stamp_newest(archive, force=False)
    assert (len(made.stamps), made.refusals, made.due) == (1, (), True)
    data = entry(archive, made.entries[0])

    def kept(named: dict[str, Any]) -> bytes:
        found = archive.store.read(named["object"])
        assert len(found) == named["size"]
        return found

    assert kept(data["checkpoint"]) == note
    text = parse_note(note).text
    assert data["imprint"] == hashlib.sha256(text.encode()).hexdigest()
    assert (data["size"], data["authority"], data["own"]) == (2, "embedded", True)
    assert f"{data['size']}" == text.split("\n")[1]
    found = check_token(
        kept(data["token"]),
        imprint=bytes.fromhex(data["imprint"]),
        ca=kept(data["ca"]),
        chain=kept(data["chain"]),
        revocation=[Revocation(kind=r["kind"], der=kept(r)) for r in data["revocation"]],
        policy=data["policy"],
    )
    assert found.revocation is None
    assert found.time == datetime.fromisoformat(data["time"])
    assert str(found.serial) == data["serial"]
    assert data["synchronised"] is (data["policy"] == names.POLICY_SYNCHRONISED)
    assert (data["accuracy_ms"] is None) is not data["synchronised"]
    assert audit(archive.root).ok


def test_tokens_beget_no_tokens(archive: Archive) -> None:
    assert stamp_newest(archive, force=False).entries == (2,)
    assert not stamp_newest(archive, force=False).due
    assert stamp_newest(archive, force=True).entries == (3,)
    assert not stamp_newest(archive, force=False).due
    happen(archive)
    assert stamp_newest(archive, force=False).entries == (5,)


def test_obtaining_records_nothing(archive: Archive) -> None:
    note = archive.ledger.publish()
    stamps, refusals = obtain(archive, note)
    assert [stamp.checkpoint for stamp in stamps] == [note]
    assert refusals == []
    assert archive.reader.size() == 2


def test_the_catalogue_knows_the_newest_tokens_and_what_they_cover(outside: Archive) -> None:
    stamp_newest(outside, force=False)
    happen(outside)
    stamp_newest(outside, force=False)
    outside.catalogue.catch_up()
    catalogue = outside.catalogue
    assert {a: row.index for a, row in catalogue.newest_timestamps().items()} == {
        "court": 5,
        "embedded": 6,
    }
    newest = catalogue.newest_outside_timestamp()
    assert newest is not None
    assert newest.index == 5
    assert catalogue.covered_by_timestamps() == {"court": 5, "embedded": 5}


def test_an_authority_that_was_away_is_asked_again_and_only_that_one(
    outside: Archive, pages: dict[str, Page]
) -> None:
    away = pages.pop("/tsa")
    made = stamp_newest(outside, force=False)
    assert [stamp.authority for stamp in made.stamps] == ["embedded"]
    assert [(r.authority, r.code) for r in made.refusals] == [("court", "type")]
    assert due(outside) == ["court"]
    pages["/tsa"] = away
    made = stamp_newest(outside, force=False)
    assert [(stamp.authority, stamp.own) for stamp in made.stamps] == [("court", False)]
    assert made.stamps[0].synchronised is None
    assert due(outside) == []


def test_without_an_answer_nothing_is_recorded(outside: Archive, pages: dict[str, Page]) -> None:
    pages.clear()
    only = replace(outside.settings.timestamps, embedded=False)
    outside.settings = replace(outside.settings, timestamps=only)
    made = stamp_newest(outside, force=False)
    assert (made.stamps, made.entries, made.due) == ((), (), True)
    assert outside.reader.size() == 2


def test_an_archive_without_an_authority_gets_one_at_its_first_token(archive: Archive) -> None:
    shutil.rmtree(archive.root / FOLDER)
    made = stamp_newest(archive, force=False)
    assert [stamp.authority for stamp in made.stamps] == ["embedded"]
    assert (archive.root / FOLDER / "ca.pem").read_bytes() == made.stamps[0].ca


def test_since_when_there_is_no_outside_time_is_known(
    outside: Archive, pages: dict[str, Page]
) -> None:
    now = datetime.now(UTC)
    outside.catalogue.catch_up()
    nothing = outlook(outside, now)
    assert (nothing.outside, nothing.since, nothing.newest) == (False, None, None)
    made = stamp_newest(outside, force=False)
    outside.catalogue.catch_up()
    assert outlook(outside, now).outside
    pages.clear()
    happen(outside)
    stamp_newest(outside, force=False)
    outside.catalogue.catch_up()
    assert outlook(outside, now).outside  # one round that failed may be chance
    later = outlook(outside, now + timedelta(hours=3))
    assert not later.outside
    assert later.since is not None
    assert datetime.fromisoformat(later.since) == made.stamps[0].time
    assert later.own


def test_a_quiet_night_is_no_lack_of_outside_time(outside: Archive) -> None:
    stamp_newest(outside, force=False)
    outside.catalogue.catch_up()
    assert outlook(outside, datetime.now(UTC) + timedelta(days=3)).outside


# Renewal


def test_nothing_ages_in_an_archive_of_today(archive: Archive) -> None:
    now = datetime.now(UTC)
    stamp_newest(archive, force=False)
    assert ageing(archive, now) == []
    assert renew_if_due(archive, now) is None


def test_old_tokens_are_told_a_year_ahead_and_a_new_one_laid_over_all(
    outside: Archive, pages: dict[str, Page]
) -> None:
    now = datetime.now(UTC)
    short = new_leaf(ROOT, ends=(now + timedelta(days=300)).replace(microsecond=0))
    pages["/tsa"] = answering(Forger(signer=short))
    stamp_newest(outside, force=False)
    (old,) = ageing(outside, now)
    assert (old.authority, old.own, old.tokens, old.first) == ("court", False, 1, 2)
    assert old.ends == short.certificate.not_valid_after_utc

    made = renew_if_due(outside, now)
    assert made is not None
    tokens = outside.catalogue.timestamps()[:2]
    digest = hashlib.sha256(b"".join(bytes.fromhex(row.token or "") for row in tokens))
    for index, stamp in zip(made.entries, made.stamps, strict=True):
        data = entry(outside, index)
        assert data["renews"] == {"tokens": 2, "digest": digest.hexdigest()}
        text = parse_note(stamp.checkpoint).text
        over = hashlib.sha256(text.encode() + digest.hexdigest().encode() + b"\n").hexdigest()
        assert data["imprint"] == stamp.imprint == over
        assert message_of(text, earlier(tokens)).startswith(text.encode())
    assert {stamp.authority for stamp in made.stamps} == {"court", "embedded"}
    # The agency's own lasts longer and covers the old one; the court's renewal itself ages.
    assert [(item.authority, item.first) for item in ageing(outside, now)] == [("court", 4)]
    assert renew_if_due(outside, now) is None
    assert audit(outside.root).ok


def test_a_short_key_ages_before_its_certificate(outside: Archive, pages: dict[str, Page]) -> None:
    ends = datetime(2040, 1, 1, tzinfo=UTC)
    pages["/tsa"] = answering(Forger(signer=new_leaf(ROOT, short=True, ends=ends)))
    stamp_newest(outside, force=False)
    (old,) = ageing(outside, datetime(2030, 6, 1, tzinfo=UTC))
    assert (old.authority, old.ends) == ("court", datetime(2031, 1, 1, tzinfo=UTC))


# The command


def command(root: Path, capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = run(["--root", str(root), *words])
    return status, capfd.readouterr().out


def test_the_command_says_all_that_a_stranger_needs(
    archive: Archive, capfd: pytest.CaptureFixture[str]
) -> None:
    root = archive.root
    archive.close()
    status, out = command(root, capfd, "timestamp", "--json")
    said = json.loads(out)
    assert status == 0
    assert {"size", "checkpoint", "imprint", "authority", "time", "token", "ca"} <= said.keys()
    assert said["own"] is True
    text = parse_note(said["checkpoint"].encode()).text
    assert said["imprint"] == hashlib.sha256(text.encode()).hexdigest()
    assert [stamp["token"] for stamp in said["stamps"]] == [said["token"]]
    done = subprocess.run(
        [
            *("openssl", "ts", "-verify", "-token_in", "-in", said["file"]),
            *("-digest", said["imprint"], "-CAfile", said["ca"]),
        ],
        check=True,
        capture_output=True,
    )
    assert b"Verification: OK" in done.stdout
    for language, label in (("zh", "本机关自签"), ("en", "issued by this agency itself")):
        status, out = command(root, capfd, "--lang", language, "timestamp")
        assert status == 0
        assert label in out


def test_the_command_ends_with_5_where_nobody_answers(
    archive: Archive, capfd: pytest.CaptureFixture[str]
) -> None:
    root = archive.root
    archive.close()
    settings = root / "muniment.toml"
    settings.write_text(settings.read_text().replace("embedded = true", "embedded = false"))
    status, out = command(root, capfd, "timestamp", "--json")
    assert status == 5
    assert json.loads(out)["error"]["code"] == "A096"
    where = (
        '\n[[timestamps.authority]]\nname = "court"\nurl = "http://127.0.0.1:9/"\nca = "c.pem"\n'
    )
    settings.write_text(settings.read_text() + where)
    (root / "c.pem").write_bytes(ROOT.pem)
    status, out = command(root, capfd, "timestamp", "--json")
    said = json.loads(out)
    assert status == 5
    assert [refused["authority"] for refused in said["refused"]] == ["court"]
    assert said["refused"][0]["code"] == "unreachable"
    assert said["stamps"] == []


def test_the_command_ends_with_3_where_one_of_several_gives_nothing(
    archive: Archive, capfd: pytest.CaptureFixture[str]
) -> None:
    root = archive.root
    archive.close()
    with (root / "muniment.toml").open("a") as file:
        file.write(
            '\n[[timestamps.authority]]\nname = "court"\nurl = "http://127.0.0.1:9/"\nca = "c.pem"\n'
        )
    (root / "c.pem").write_bytes(ROOT.pem)
    status, out = command(root, capfd, "timestamp", "--json")
    said = json.loads(out)
    assert status == 3
    assert [stamp["authority"] for stamp in said["stamps"]] == ["embedded"]
    assert [refused["authority"] for refused in said["refused"]] == ["court"]
