"""What an archive promises after any fault, in one place.

`check` comes right after the fault, before any other command, and writes nothing. `settle` is one ordinary docking
more, with nobody's help. Both raise AssertionError for a promise that is broken. What was shown is judged by a
stranger who knows nothing of the product (tests/fakes/outsider.py). Not here: how a fault is made.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from archive.audit import Full, audit
from archive.audit.report import AuditReport
from archive.ledger.reader import LedgerReader
from archive.opening import Archive, open_archive
from archive.texts import TextRef
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.receipt import Receipt
from tests.fakes.comparing import ComparedHere
from tests.fakes.outsider import BrokenLogError, SeenLog, check_log, tree_root

SECURED: Final = frozenset({"ingested", "known", "quarantined"})
HALF_MADE: Final = (".new", ".tmp", ".part", ".partial", ".making", "-journal")
_ACTOR: Final = "local-0"


class Promises:
    """The promises of one archive to one recorder; several may watch one archive.

    Args:
        root: of the archive.
        sources: what is on the recorder: path, as a receipt shows it -> content. May grow.
        serial: given by hand at its dockings; None: the folder's name stands for it.
    """

    def __init__(
        self, root: Path, sources: Mapping[str, bytes], *, serial: str | None = None
    ) -> None:
        self.root = root
        self.sources = sources
        self._serial = serial
        self._clips: dict[str, str] = {}  # acknowledged: clip -> path
        self._shown: set[tuple[int, bytes]] = set()  # size and root of every checkpoint ever shown

    def acknowledged(self, receipt: Mapping[str, Any]) -> None:
        """Somebody was told this: JSON of `dock --json` or the parts of it that were printed."""
        for clip in receipt.get("clips", ()):
            if clip["status"] in SECURED:
                self._clips[clip["clip"]] = clip["path"]
        if checkpoint := receipt.get("checkpoint"):
            self._shown.add(_size_and_root(checkpoint.encode()))

    def shown(self) -> None:
        """Remember the checkpoint that is published now, as a stranger would who polls the folder."""
        self._shown.add(_size_and_root((self.root / "ledger/checkpoint").read_bytes()))

    def check(self) -> AuditReport:
        """Right after the fault: the audit is clean, nothing acknowledged is lost, nothing shown is taken back."""
        report = audited(self.root)
        assert report.ok, report.findings
        seen = self._stranger()
        assert seen.size <= report.size
        self._check_acknowledged()
        return report

    def settle(self, source: Path) -> Receipt:
        """One more ordinary docking of what is on the recorder now: it takes the rest, and nothing is left over."""
        with open_archive(self.root, write=True) as archive, FolderRecorder(source) as recorder:
            receipt = dock(
                archive,
                recorder,
                serial=self._serial,
                officer=None,
                case=None,
                reread=False,
                actor=_ACTOR,
            )
        assert receipt.whole, receipt
        self._clips |= {c.clip: c.path for c in receipt.clips if c.clip is not None}
        self._shown.add(_size_and_root(receipt.checkpoint.encode()))
        with open_archive(self.root, write=False) as archive:
            self._check_once_each(archive, receipt.recorder_id)
        assert not (left := leftovers(self.root)), left
        report = self.check()
        assert report.interrupted == 0, report
        return receipt

    def gone_is_held(self, source: Path) -> None:
        """What is no longer on the recorder is in the archive, byte for byte."""
        gone = [path for path in self.sources if not (source / path).exists()]
        with open_archive(self.root, write=False) as archive:
            entries = list(archive.reader.entries())
            held = {e.data["original"]["object"] for e in entries if e.type == "clip.verified"}
            for path in gone:
                digest = hashlib.sha256(self.sources[path]).hexdigest()
                assert digest in held, f"{path} is gone from the recorder and was never read back"
                with archive.store.open(digest) as file:
                    assert file.read() == self.sources[path]

    # Parts of the above

    def _stranger(self) -> SeenLog:
        """The published log is whole, and everything shown before is a prefix of it."""
        seen = self._seen_log()
        hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in seen.entries]
        for size, root in self._shown:
            assert size <= seen.size, f"a checkpoint of {size} entries was shown, now {seen.size}"
            assert tree_root(hashes[:size]) == root, f"another history was shown at {size} entries"
        self._shown.add((seen.size, seen.root))
        return seen

    def _seen_log(self) -> SeenLog:
        """Checked with a key that the archive shows: while one takes another's place it may still be the older."""
        vkeys = (self.root / "keys/ledger.vkey").read_text().splitlines()
        retired = self.root / "keys/retired.vkeys"
        if retired.exists():
            vkeys += retired.read_text().splitlines()[::-1]
        while True:
            try:
                return check_log(self.root / "ledger", vkeys.pop(0))
            except BrokenLogError:
                if not vkeys:
                    raise

    def _check_acknowledged(self) -> None:
        """Every clip that somebody was told of has its entry and its bytes."""
        if not self._clips:
            return
        entries = LedgerReader(self.root).entries()
        held = {
            e.subject: e.data["original"]["object"] for e in entries if e.type == "clip.ingested"
        }
        with open_archive(self.root, write=False) as archive:
            for clip, path in self._clips.items():
                assert clip in held, (
                    f"{path} was acknowledged as {clip}; the ledger has no such clip"
                )
                with archive.store.open(held[clip]) as file:
                    assert file.read() == self.sources[path], f"{path}: other bytes are held"

    def _check_once_each(self, archive: Archive, recorder: str) -> None:
        counts: Counter[str] = Counter()
        for entry in archive.reader.entries():
            if entry.type == "clip.ingested" and entry.data["recorder"] == recorder:
                row = archive.texts.read(TextRef.from_data(entry.data["text"]))
                assert row is not None
                counts[row["path"]] += 1
        assert counts == dict.fromkeys(self.sources, 1), "a source file is not exactly one clip"


def audited(root: Path) -> AuditReport:
    """A full audit; the catalogue is compared by this process and not by one of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archive.audit.whole.CatalogueCheck", ComparedHere)
        return audit(root, mode=Full())


def leftovers(root: Path) -> list[str]:
    """Whatever is half made below ROOT; nothing of that may outlive a whole docking."""
    return sorted(str(path.relative_to(root)) for path in _half_made(root))


def copied(root: Path, to: Path) -> Path:
    """A copy in which one file with two names is one file with two names again (`cp -a`)."""
    first: dict[int, Path] = {}

    def copy(source: str, target: str) -> None:
        inode = Path(source).stat().st_ino
        if inode in first:
            Path(target).hardlink_to(first[inode])
        else:
            shutil.copy2(source, target)
            first[inode] = Path(target)

    return Path(shutil.copytree(root, to, symlinks=True, copy_function=copy))


def _half_made(root: Path) -> Iterator[Path]:
    yield from (root / "store/incoming").glob("*")
    store = root / "store"
    yield from (root / "keys").glob("next-*")
    for path in root.rglob("*"):
        if store not in path.parents and path.name.endswith(HALF_MADE):
            yield path


def _size_and_root(note: bytes) -> tuple[int, bytes]:
    """Of a signed note (C2SP tlog-checkpoint)."""
    _, size, root = note.decode().split("\n")[:3]
    return int(size), base64.b64decode(root, validate=True)
