"""A package while it is checked: its files, their true digests, what was parsed, what was found, what is pinned.

Holds no check itself; the checks run in the order of docs/formats/package.md and fill it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.package.verifier.entries import PackedEntry
from archive.package.verifier.found import Finding, Findings, Sentence, VerifierError, sentence
from archive.package.verifier.notes import Checkpoint, Note, NoteKey
from archive.package.verifier.reading import MOST_PARSED, Source
from archive.package.verifier.x509 import Certificate

PACKAGE = "data/package.json"
ENTRIES, TEXTS = "data/ledger/entries.jsonl", "data/ledger/text.jsonl"
CITED = "data/ledger/checkpoint"
LEDGER_KEYS, WITNESS_KEYS = "data/keys/ledger.vkeys", "data/keys/witnesses.vkeys"
REPORT = "data/report/report.html"
SEAL, CHECKPOINT, SEAL_PROOF = (
    "proofs/package.entry",
    "proofs/checkpoint",
    "proofs/package.tlog-proof",
)
SEALED_TAGS = ("bagit.txt", "bag-info.txt", "README.txt", "verify.py", "verify.html")


class Watch:
    """Somebody who looks on. This one does not."""

    def reading(self, done: int, total: int, path: str) -> None:
        """So many bytes of all have been hashed; this file is at work."""

    def checked(self, check: Sentence, found: Sequence[Finding]) -> None:
        """One check has ended; this is what it found."""


@dataclass
class Pins:
    """What whoever checks trusts already."""

    ledger: list[NoteKey] = field(default_factory=list)
    roots: list[Certificate] = field(default_factory=list)
    witnesses: list[NoteKey] = field(default_factory=list)


@dataclass
class Counted:
    """How much was checked."""

    objects: int = 0
    bytes: int = 0
    entries: int = 0
    signatures: int = 0
    timestamps: int = 0


@dataclass
class Stamp:
    """A token that holds."""

    time: str
    moment: datetime
    folder: str
    size: int  # of the checkpoint
    authority: str
    own: bool
    pinned: bool
    dates: set[str]  # clips


@dataclass
class KeyTime:
    """When a key of the ledger came in, and after how many entries it is not believed any more."""

    introduced: PackedEntry | None = None
    until: int | None = None
    retired: int | None = None  # index of the first `key.retired`
    compromised: bool = False


@dataclass
class Contents:
    """Everything known about the package so far."""

    source: Source
    pins: Pins
    watch: Watch
    findings: Findings = field(default_factory=Findings)
    counted: Counted = field(default_factory=Counted)
    not_checked: list[Sentence] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)  # of what is there
    manifest: dict[str, str] = field(default_factory=dict)
    tag_manifest: dict[str, str] = field(default_factory=dict)
    vouched: set[str] = field(default_factory=set)  # tag files that the seal names as they are
    payload_sealed: bool = False  # the manifest is the one that the seal names
    seal: PackedEntry | None = None
    checkpoint: Checkpoint | None = None  # proofs/checkpoint
    note: Note | None = None
    keys: list[NoteKey] = field(default_factory=list)  # of the ledger, oldest first
    key_times: list[KeyTime] = field(default_factory=list)  # of each
    signer: int | None = None  # which of them signed proofs/checkpoint
    trusted: int | None = None  # which of them was given and vouches for the signer
    disowned: bool = False  # the one that was given was retired as compromised
    older: set[int] = field(
        default_factory=set
    )  # sizes of checkpoints that need a consistency proof
    older_known: bool = True  # all of them could be read
    forked: set[str] = field(default_factory=set)  # checkpoints not proven to be of this ledger
    entries: dict[int, PackedEntry] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)
    package: dict[str, Any] = field(default_factory=dict)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._subjects: dict[str, list[PackedEntry]] | None = None
        self._folders: dict[str, list[str]] | None = None

    def about(self, subject: str) -> list[PackedEntry]:
        """The entries about something, in order. Asked only after all entries were read."""
        if self._subjects is None:
            self._subjects = {}
            for entry in self.entries.values():
                self._subjects.setdefault(entry.subject, []).append(entry)
        return self._subjects.get(subject, [])

    def files_in(self, folder: str) -> list[str]:
        """Paths of the files that lie in a folder itself, by name."""
        if self._folders is None:
            self._folders = {}
            for path in sorted(self.source.files):
                self._folders.setdefault(path.rpartition("/")[0], []).append(path)
        return self._folders.get(folder, [])

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self.source.files

    def read(self, path: str, most: int = MOST_PARSED) -> bytes | None:
        """A small file; None, and a finding, where it cannot be had."""
        if not self.has(path):
            self.found("file_missing", path, sentence("file.missing"))
            return None
        try:
            return self.source.read(path, most)
        except VerifierError as e:
            self.found("file_changed", path, e)
            return None

    def found(self, code: str, where: str, said: Sentence | VerifierError, clip: str = "") -> None:
        """Note a finding."""
        text = said.sentence if isinstance(said, VerifierError) else said
        self.findings.add(code, where, text, clip)

    def is_sealed(self, path: str) -> bool:
        """Whether this file of the payload is what `package.made` sealed."""
        return (
            self.payload_sealed
            and path in self.manifest
            and self.digests.get(path) == self.manifest[path]
        )

    def step(self, check: Sentence, work: Callable[[], None]) -> None:
        """Do one check and tell whoever looks on how it ended."""
        before = len(self.findings)
        work()
        self.watch.checked(check, self.findings.all[before:])

    def clips(self) -> list[dict[str, Any]]:
        """The clips that package.json lists, each an object with a `clip`."""
        clips = self.package.get("clips")
        if not isinstance(clips, list):
            return []
        return [c for c in clips if isinstance(c, dict) and isinstance(c.get("clip"), str)]
