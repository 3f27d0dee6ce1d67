"""An audit checks every timestamp again: each kind of damage is found, named, and nothing else is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.audit import AuditReport, Sample
from archive.events import Event
from archive.keys.loading import StationKeys
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.opening import open_archive
from archive.timestamps.names import POLICY_UNSYNCHRONISED
from archive.timestamps.renewal import earlier
from archive.timestamps.revocation import Revocation
from archive.timestamps.stamping import Renews, Stamp, keep, message_of
from tests.fakes.authorities import DAY, NOW, POLICY, Forger, Holder, crl_of, new_ca, new_leaf
from tests.fakes.ledgers import signer
from tests.integrity.audit.looking import audit, codes, warned

ROOT = new_ca()
OTHER = new_ca("Another root")
LEAF = new_leaf(ROOT)


def stamp_of(note: bytes, *, leaf: Holder = LEAF, renews: Renews | None = None) -> Stamp:
    """A right token of an outside authority over a checkpoint."""
    text = parse_note(note).text
    imprint = hashlib.sha256(message_of(text, renews)).digest()
    return Stamp(
        authority="court",
        own=False,
        time=NOW,
        size=parse_checkpoint(text).size,
        checkpoint=note,
        token=Forger(signer=leaf).token(imprint),
        chain=leaf.pem,
        ca=ROOT.pem,
        ca_path="",
        revocation=(Revocation(kind="crl", der=crl_of(ROOT)),),
        unchecked=None,
        policy=POLICY,
        serial=77,
        synchronised=None,
        accuracy_ms=None,
        imprint=imprint.hex(),
    )


def pin(root: Path) -> None:
    """Put the authority into the settings, once."""
    if (root / "court.pem").exists():
        return
    (root / "court.pem").write_bytes(ROOT.pem)
    with (root / "muniment.toml").open("a") as settings:
        settings.write(
            '\n[[timestamps.authority]]\nname = "court"\nurl = "http://127.0.0.1:1/"\nca = "court.pem"\n'
        )


def kept(root: Path, change: Callable[[Stamp], Stamp], **more: Any) -> AuditReport:
    """Record a right token with one thing changed, by somebody who holds the key; the audit after it."""
    pin(root)
    with open_archive(root, write=True) as archive:
        keep(archive, [change(stamp_of(archive.ledger.publish()))], **more)
    return audit(root)


def test_right_tokens_are_counted_and_said_whose_they_are(root: Path) -> None:
    report = kept(root, lambda stamp: stamp)
    assert (codes(report), warned(report), report.timestamps_checked) == ([], [], 2)
    assert (report.timestamps.own, report.timestamps.outside) == (1, 1)
    assert report.timestamps.last_outside == NOW.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert report.to_json()["timestamps"]["own"] == 1


def _other_note(stamp: Stamp) -> Stamp:
    checkpoint = parse_checkpoint(parse_note(stamp.checkpoint).text)
    return stamp_of(signer().sign(checkpoint))


def _other_root(stamp: Stamp) -> Stamp:
    return replace(stamp, size=stamp.size - 1)


def _of_another(stamp: Stamp) -> Stamp:
    other = Forger(signer=LEAF).token(hashlib.sha256(b"something else").digest())
    return replace(stamp, token=other)


def _expired(stamp: Stamp) -> Stamp:
    return stamp_of(stamp.checkpoint, leaf=new_leaf(ROOT, ends=NOW - DAY))


def _may_not_stamp(stamp: Stamp) -> Stamp:
    return stamp_of(stamp.checkpoint, leaf=new_leaf(ROOT, critical=False))


def _revoked(stamp: Stamp) -> Stamp:
    return replace(stamp, revocation=(Revocation(kind="crl", der=crl_of(ROOT, LEAF)),))


def _passed_off(stamp: Stamp) -> Stamp:
    """Ours, under an outsider's name."""
    imprint = bytes.fromhex(stamp.imprint)
    token = Forger(signer=LEAF).token(imprint, policy=POLICY_UNSYNCHRONISED)
    return replace(stamp, token=token, policy=POLICY_UNSYNCHRONISED)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: replace(s, imprint="00" * 32), "timestamp_wrong"),
        (_of_another, "timestamp_wrong"),
        (_other_note, "timestamp_wrong"),
        (_other_root, "timestamp_wrong"),
        (lambda s: replace(s, token=s.token[:-1] + bytes([s.token[-1] ^ 1])), "timestamp_wrong"),
        (lambda s: replace(s, token=b"<html>"), "timestamp_wrong"),
        (lambda s: replace(s, time=NOW - timedelta(days=400)), "timestamp_wrong"),
        (lambda s: replace(s, serial=78), "timestamp_wrong"),
        (lambda s: replace(s, policy="1.2.3"), "timestamp_wrong"),
        (_passed_off, "timestamp_wrong"),
        (lambda s: replace(s, ca=OTHER.pem), "timestamp_chain"),
        (_expired, "timestamp_chain"),
        (_may_not_stamp, "timestamp_chain"),
        (lambda s: replace(s, revocation=(Revocation(kind="crl", der=b"x"),)), "timestamp_chain"),
        (_revoked, "timestamp_revoked"),
    ],
)
def test_what_is_wrong_with_a_token_is_one_finding(
    root: Path, change: Callable[[Stamp], Stamp], code: str
) -> None:
    report = kept(root, change)
    assert codes(report) == [code]
    assert "entry 3" in report.findings[0].detail
    assert report.timestamps_checked == 2


def test_an_entry_without_a_token_is_a_finding(root: Path) -> None:
    with open_archive(root, write=True) as archive:
        station = archive.settings.station
        archive.record([Event(type="checkpoint.timestamped", subject=station, actor=station)])
    assert codes(audit(root)) == ["timestamp_wrong"]


def test_a_token_over_a_history_that_this_ledger_never_had_is_a_finding(root: Path) -> None:
    forged = Checkpoint(origin="test.invalid/ledger", size=2, root=bytes(32))
    ours = StationKeys(root).signer().sign(forged)
    assert codes(kept(root, lambda _stamp: stamp_of(ours))) == ["timestamp_wrong"]
    later = StationKeys(root).signer().sign(replace(forged, size=9))
    assert codes(kept(root, lambda _stamp: stamp_of(later))) == ["timestamp_wrong"] * 2


def test_a_renewal_has_to_be_over_the_tokens_before_it(root: Path) -> None:
    pin(root)
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        renews = earlier(archive.catalogue.timestamps())
        note = archive.ledger.publish()
        keep(archive, [stamp_of(note, renews=renews)], renews=renews)
    assert audit(root).ok
    with open_archive(root, write=True) as archive:
        for wrong in (replace(renews, digest="00" * 32), replace(renews, tokens=9)):
            keep(archive, [stamp_of(note, renews=wrong)], renews=wrong)
    assert codes(audit(root)) == ["timestamp_wrong", "timestamp_wrong"]


def test_a_lost_or_changed_object_is_said_once_and_in_every_mode(root: Path) -> None:
    pin(root)
    with open_archive(root, write=True) as archive:
        stamp = stamp_of(archive.ledger.publish())
        keep(archive, [stamp])
    digest = stamp.digest
    path = root / "store" / "sha256" / digest[:2] / digest[2:4] / digest
    sampled = Sample(percent=0.01, seed="1")
    path.chmod(0o600)
    path.write_bytes(stamp.token[:-1] + bytes([stamp.token[-1] ^ 1]))
    path.chmod(0o444)
    for report in (audit(root), audit(root, mode=sampled)):
        assert (codes(report), report.timestamps_checked) == (["object_changed"], 1)
    path.unlink()
    assert codes(audit(root, mode=sampled)) == ["object_missing"]


def test_revocation_that_nothing_speaks_about_is_a_warning(root: Path) -> None:
    report = kept(root, lambda stamp: replace(stamp, revocation=()))
    assert (codes(report), warned(report)) == ([], ["revocation_unchecked"])
    assert "court" in report.warnings[0].detail


def test_another_root_than_the_one_that_is_set_is_a_warning(root: Path) -> None:
    leaf = new_leaf(OTHER)
    crl = Revocation(kind="crl", der=crl_of(OTHER))

    def other(stamp: Stamp) -> Stamp:
        stamp = stamp_of(stamp.checkpoint, leaf=leaf)
        return replace(stamp, ca=OTHER.pem, revocation=(crl,))

    report = kept(root, other)
    assert (codes(report), warned(report)) == ([], ["timestamp_unpinned"])


@pytest.mark.parametrize(("minutes", "said"), [(3, []), (17, ["timestamp_apart"])])
def test_a_time_far_from_its_entrys_is_a_warning(root: Path, minutes: int, said: list[str]) -> None:
    def off(stamp: Stamp) -> Stamp:
        time = stamp.time - timedelta(minutes=minutes)
        token = Forger(signer=LEAF).token(bytes.fromhex(stamp.imprint), moment=time)
        return replace(stamp, time=time, token=token)

    report = kept(root, off)
    assert (codes(report), warned(report)) == ([], said)


def test_the_agencys_own_authority_of_another_root_is_a_warning(root: Path) -> None:
    (root / "authority" / "ca.pem").write_bytes(OTHER.pem)
    assert warned(audit(root)) == ["timestamp_unpinned"]


def test_what_ages_is_told_a_year_ahead_until_a_renewal_lies_over_it(root: Path) -> None:
    short = new_leaf(ROOT, ends=NOW + 300 * DAY)
    report = kept(root, lambda stamp: stamp_of(stamp.checkpoint, leaf=short))
    assert (codes(report), warned(report)) == ([], ["timestamp_ageing"])
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        renews = earlier(archive.catalogue.timestamps())
        keep(archive, [stamp_of(archive.ledger.publish(), renews=renews)], renews=renews)
    report = audit(root)
    assert (codes(report), warned(report)) == ([], [])
