"""Random flips in every kind of file of an archive: found by the audit, in its place; or harmless, and why.

Never a false "ok", never an error of ours. What is evidence is found where it is. What is none decides nothing: the
next docking works all the same, or refuses with a word, and what it says is true.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from api.errors import AccountsError, ApiError
from api.identity.accounts import Accounts
from archive.audit import AuditReport, audit
from archive.errors import ArchiveError
from archive.keys.loading import StationKeys
from archive.opening import open_archive
from archive.package.verifier.checking import check_package
from archive.timestamps.errors import NoTimeError
from archive.timestamps.stamping import stamp_newest
from devices.folder import FolderRecorder
from ingest.docking import dock
from muniment.answer import Asked
from muniment.commands.making import rebuild
from tests.fault.lab.promises import audited, copied
from tests.fault.lab.runs import Lab
from tests.fault.rot.everything import (
    HALF,
    HALF_BYTES,
    SERIAL,
    Everything,
    make_everything,
)
from tests.fault.rot.flips import Flip, flipped, written

AREA: Final = "rot"
HOW: Final = "one bit, zeros, a swapped block, a cut or more bytes, at a random place"
# What these hold decides nothing that anybody relies on, and why.
IDLE: Final = {
    "cases.lock": "only its lock is used",
    "ledger/lock": "only its lock is used",
    "ledger/publish.lock": "only its lock is used",
    "ledger/reserve": "only its room is used",
    "witnesses.state": "a memory that may be lost",
    "writer.state": "a memory that is compared with the entries",
    "transfer cut off": "the journal's hashes decide what is kept of it",
    "timestamp authority": "tokens that were given are objects; a key that cannot be used gives none",
    "muniment.toml": "settings are no evidence",
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    return make_everything(tmp_path_factory.mktemp("rot"))


@pytest.fixture(scope="module")
def bare(everything: Everything, tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """Without its catalogue, which is only a view: the others' findings need none."""
    root = copied(everything.root, tmp_path_factory.mktemp("bare") / "root")
    (root / "catalogue.db").unlink()
    return Everything(root=root, recorder=everything.recorder, package=everything.package)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One run: which file, and what became of it."""

    seed: int
    where: str
    path: Path
    flip: Flip


def drawn(lab: Lab, every: Everything, kind: str, *, short: int, long: int) -> Iterator[Drawn]:
    names = every.kinds()[kind]
    for seed in lab.seeds(short=short, long=long):
        draw = random.Random(f"{kind} {seed}")  # noqa: S311 - it has to be the same again
        where = draw.choice(names)
        path = every.root / where
        yield Drawn(seed, where, path, Flip.drawn(draw, path.stat().st_size))


def judge(run: Drawn, report: AuditReport, root: Path, good: object) -> str:
    """What was seen; raises where the audit calls right what is not."""
    if any(finding.where == run.where for finding in report.findings):
        return "found, in its place"
    torn = run.where.startswith("ledger/entries/") and run.flip.kind == "longer"
    if torn and report.ok and report.interrupted:
        return "bytes after the last signed line: counted as an interrupted write"
    if run.where.endswith(".cosigned") and any(w.where == run.where for w in report.warnings):
        return "a cosignature that is none any more: a warning, and witnesses are asked again"
    if run.where == "keys/ledger.key" and report.ok and signing(root) == good:
        return "beside the key's own bytes: the key is the same"
    raise AssertionError((run, report.findings, report.warnings))


def signing(root: Path) -> object:
    """The key that signs."""
    return StationKeys(root).signer().verifier


def test_what_is_evidence_is_found_where_it_is(bare: Everything, lab: Lab) -> None:
    assert audit(bare.root).ok
    good = signing(bare.root)
    kinds = bare.kinds()
    assert {k for k in kinds if k.startswith("object: ")} >= {
        *("object: original", "object: rendition", "object: text", "object: token"),
        *("object: chain", "object: ca", "object: revocation", "object: checkpoint"),
    }
    for kind in kinds:
        if kind in IDLE or kind == "accounts.db":
            continue
        with lab.row(area=AREA, fault=f"flips: {kind}", how=HOW) as row:
            for run in drawn(lab, bare, kind, short=1, long=60):
                with flipped(run.path, run.flip):
                    row.saw(judge(run, audit(bare.root), bare.root, good))
    assert audit(bare.root).ok


def test_a_catalogue_is_compared_and_made_again(
    everything: Everything, lab: Lab, tmp_path: Path
) -> None:
    root = copied(everything.root, tmp_path / "root")
    every = Everything(root=root, recorder=everything.recorder, package=everything.package)
    good = (root / "catalogue.db").read_bytes()
    with lab.row(area=AREA, fault="flips: catalogue.db", how=HOW) as row:
        for run in drawn(lab, every, "catalogue.db", short=3, long=60):
            written(run.path, run.flip.of(good))
            report = audited(root)
            assert {f.where for f in report.findings} <= {"catalogue.db"}, run
            row.saw(
                "beside what it holds: it says the same"
                if report.ok
                else "found, and rebuilt the same from ledger and store"
            )
            assert not report.ok or rows(root) == rows(everything.root), run
            if not report.ok:
                rebuild(Asked(root=root, json=True, language="en"))
                assert audited(root).ok, run
                (root / "catalogue.db").unlink()
            for left in root.glob("catalogue.db-*"):
                left.unlink()
            (root / "catalogue.db").write_bytes(good)


def test_text_of_a_catalogue_that_is_no_text_is_damage(
    everything: Everything, tmp_path: Path
) -> None:
    root = copied(everything.root, tmp_path / "root")
    path = root / "catalogue.db"
    with closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT parameters FROM renditions LIMIT 1").fetchone()
    good, held = path.read_bytes(), str(text).encode()
    assert held in good
    path.write_bytes(good.replace(held, b"\xff" + held[1:], 1))
    (finding,) = audited(root).findings
    assert (finding.where, "UTF-8" in finding.detail) == ("catalogue.db", True)


def rows(root: Path) -> list[tuple[object, ...]]:
    """What a catalogue says of clips and open findings, as a search reads it."""
    connection = sqlite3.connect(f"file:{root / 'catalogue.db'}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT * FROM clips ORDER BY clip").fetchall()
    finally:
        connection.close()


def test_what_is_no_evidence_decides_nothing(
    everything: Everything, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a settings file may name any place now
    for kind, why in IDLE.items():
        with lab.row(area=AREA, fault=f"flips: {kind}", how=f"{HOW}; then a docking") as row:
            for run in drawn(lab, everything, kind, short=1, long=25):
                root = copied(everything.root, tmp_path / "root")
                written(root / run.where, run.flip.of(run.path.read_bytes()))
                row.saw(docked(root, everything, run, why))
                shutil.rmtree(root)


def docked(root: Path, everything: Everything, run: Drawn, why: str) -> str:
    """One docking of what was cut off, and one stamp: whole and true, or refused with a word."""
    try:
        with (
            open_archive(root, write=True) as archive,
            FolderRecorder(everything.recorder) as recorder,
        ):
            receipt = dock(
                archive,
                recorder,
                serial=SERIAL,
                officer=None,
                case=None,
                reread=False,
                actor="local-0",
            )
    except ArchiveError as refused:
        if run.where != "muniment.toml":
            raise
        return f"refused before anything was done: {refused.code}"
    (half,) = (c for c in receipt.clips if c.path == HALF)
    assert (half.status, half.sha256) == ("ingested", hashlib.sha256(HALF_BYTES).hexdigest()), run
    if run.where.startswith("authority/"):
        with open_archive(root, write=True) as archive, suppress(NoTimeError):
            stamp_newest(archive, force=True)
    report = audited(root)
    assert report.ok or run.where == "muniment.toml", (run, report.findings)
    return f"a docking after it was whole ({why})"


def test_accounts_are_no_evidence_and_never_an_error_of_ours(
    everything: Everything, lab: Lab, tmp_path: Path
) -> None:
    good, path = (everything.root / "accounts.db").read_bytes(), tmp_path / "accounts.db"
    with lab.row(
        area=AREA, fault="flips: accounts.db", how=f"{HOW}; then somebody signs in"
    ) as row:
        for run in drawn(lab, everything, "accounts.db", short=3, long=150):
            path.write_bytes(run.flip.of(good))
            row.saw(signed_in(path))
            for left in tmp_path.glob("accounts.db*"):
                left.unlink()
    assert audit(everything.root).ok


def signed_in(path: Path) -> str:
    try:
        accounts = Accounts(path)
    except AccountsError:
        return "refused: P033; made again by hand, the ledger says who had which rights"
    try:
        account = accounts.by_name("chief")
        accounts.open_session(account)
    except AccountsError:
        return "refused: P033; made again by hand, the ledger says who had which rights"
    except ApiError:
        return "this account is not there any more"
    finally:
        accounts.close()
    return "signed in (other bytes of the file)"


def test_a_package_that_was_handed_out_is_found_out(everything: Everything, lab: Lab) -> None:
    assert check_package(everything.package)["ok"]
    size = everything.package.stat().st_size
    with lab.row(area=AREA, fault="flips: a package that was handed out", how=HOW) as row:
        for seed in lab.seeds(short=4, long=300):
            draw = random.Random(seed)  # noqa: S311 - as above
            flip = Flip.drawn(draw, size)
            with flipped(everything.package, flip):
                answer = check_package(everything.package)
            assert not answer["ok"], (seed, flip)
            row.saw("`verify` says no")
