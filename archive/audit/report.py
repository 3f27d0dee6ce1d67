"""What an audit says: findings with stable codes, and what was counted. Values only.

A code is a word that scripts rely on: it is never renamed and never used for something else.
docs/audit.md says of each what it means and what to do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum, unique
from typing import Any


@unique
class Code(StrEnum):
    """Every word that a finding may carry."""

    ENTRIES_MISSING = "entries_missing"
    ENTRIES_HEADER = "entries_header"
    ENTRIES_TRUNCATED = "entries_truncated"
    ENTRIES_DAMAGED = "entries_damaged"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_MISSING = "entry_missing"
    ENTRY_MALFORMED = "entry_malformed"
    ENTRY_SIZE_DIFFERS = "entry_size_differs"
    CHAIN_BROKEN = "chain_broken"
    SUBJECT_CHAIN_BROKEN = "subject_chain_broken"
    COMMIT_DAMAGED = "commit_damaged"
    LEDGER_ROLLED_BACK = "ledger_rolled_back"
    LEDGER_FORKED = "ledger_forked"
    LEDGER_FOREIGN_FILE = "ledger_foreign_file"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_DAMAGED = "checkpoint_damaged"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    TILE_MISSING = "tile_missing"
    TILE_CHANGED = "tile_changed"
    TILE_FOREIGN = "tile_foreign"
    BUNDLE_MISSING = "bundle_missing"
    BUNDLE_CHANGED = "bundle_changed"
    VKEY_MISSING = "vkey_missing"
    VKEY_DAMAGED = "vkey_damaged"
    KEY_MISMATCH = "key_mismatch"
    KEY_EXPOSED = "key_exposed"
    KEY_UNKNOWN = "key_unknown"
    KEY_HISTORY = "key_history"
    HIGHEST_SIGNED_MISSING = "highest_signed_missing"
    HIGHEST_SIGNED_DAMAGED = "highest_signed_damaged"
    OBJECT_MISSING = "object_missing"
    OBJECT_CHANGED = "object_changed"
    OBJECT_SIZE_DIFFERS = "object_size_differs"
    OBJECT_SM3_DIFFERS = "object_sm3_differs"
    OBJECT_UNREADABLE = "object_unreadable"
    OBJECT_WRITABLE = "object_writable"
    OBJECT_NOT_A_FILE = "object_not_a_file"
    OBJECT_UNLOCKED = "object_unlocked"
    OBJECT_HIDDEN = "object_hidden"
    OBJECT_OTHER_VERSION = "object_other_version"
    FOREIGN_FILE = "foreign_file"
    TEXT_ROW_MISSING = "text_row_missing"
    CATALOGUE_DAMAGED = "catalogue_damaged"
    CATALOGUE_DIFFERS = "catalogue_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it has to be."""

    code: Code
    where: str  # the file, relative to ROOT
    detail: str
    subject: str = ""  # id of what the wrong bytes are about, where that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an audit is."""

    stage: str  # "entries" | "tiles" | "objects" | "catalogue"
    done: int
    total: int  # bytes for objects and entries, files for tiles


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was checked and what was found. `ok` is: nothing was found."""

    mode: str
    coverage: dict[str, Any] = field(default_factory=dict)  # by mode: percent and seed, or since
    objects_total: int = 0  # named by entries, or an interrupted write
    objects_checked: int = 0  # read to the end and hashed
    bytes_checked: int = 0
    entries_checked: int = 0
    tiles_checked: int = 0  # hash tiles and entry bundles
    signatures_checked: int = 0
    timestamps_checked: int = 0
    interrupted: int = 0  # writes and tails that the next writing command takes in or seals
    size: int = 0  # of the ledger audited
    root: str = ""  # hex, at that size
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """The members that the contract names, and ours beside them."""
        findings = [
            {"code": str(f.code), "subject": f.subject, "where": f.where, "detail": f.detail}
            for f in self.findings
        ]
        return {"ok": self.ok, **asdict(self), "findings": findings}
