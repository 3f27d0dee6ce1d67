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
    TIMESTAMP_WRONG = "timestamp_wrong"
    TIMESTAMP_CHAIN = "timestamp_chain"
    TIMESTAMP_REVOKED = "timestamp_revoked"
    COSIGNED_DAMAGED = "cosigned_damaged"
    COSIGNED_DIFFERS = "cosigned_differs"
    COSIGNATURE_WRONG = "cosignature_wrong"
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
    OBJECT_DISPOSED = "object_disposed"
    DISPOSAL_UNFOUNDED = "disposal_unfounded"
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
    digest: str = ""  # of the object that it is about, hex; empty: about none that an entry names


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """An object that an entry says is damaged, and none since that it is sound."""

    digest: str
    subject: str  # of that entry
    index: int  # of that entry
    mended: bool  # this audit hashed all of it, and it was right


@unique
class NoticeCode(StrEnum):
    """Every word that a warning may carry."""

    TIMESTAMP_AGEING = "timestamp_ageing"
    TIMESTAMP_UNPINNED = "timestamp_unpinned"
    TIMESTAMP_APART = "timestamp_apart"
    REVOCATION_UNCHECKED = "revocation_unchecked"
    COSIGNED_MISSING = "cosigned_missing"
    COSIGNED_QUORUM = "cosigned_quorum"
    COSIGNED_OLD = "cosigned_old"
    COVERAGE_OVERDUE = "coverage_overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that is as it has to be and that somebody should know: a warning, no finding."""

    code: NoticeCode
    where: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was hashed at least once in the last 90 days, as entries say; this audit included."""

    objects: int = 0  # named by entries
    objects_hashed: int = 0
    bytes: int = 0
    bytes_hashed: int = 0
    objects_overdue: int = 0  # named longer than 90 days ago, and not hashed since
    # RFC 3339 UTC: the oldest last check of those that this audit did not read; None: there is none.
    oldest: str | None = None
    unchecked: int = 0  # objects never hashed again since they were written

    def to_json(self) -> dict[str, Any]:
        """The counts, and what they are in hundredths; rounded down, so that 100 is all."""
        return {
            "objects_percent": _percent(self.objects_hashed, self.objects),
            "bytes_percent": _percent(self.bytes_hashed, self.bytes),
            **asdict(self),
        }


def _percent(part: int, whole: int) -> float:
    return 100.0 if whole == 0 else part * 10_000 // whole / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The timestamps that were checked, and whose they are."""

    outside: int = 0
    own: int = 0  # issued by this agency itself
    last_outside: str | None = None  # RFC 3339 UTC
    last_own: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an audit is."""

    stage: str  # "entries" | "tiles" | "timestamps" | "objects" | "catalogue"
    done: int
    total: int  # bytes for objects and entries, files for tiles, tokens for timestamps


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
    timestamps: Times = field(default_factory=Times)
    cosignatures_checked: int = 0
    interrupted: int = 0  # writes and tails that the next writing command takes in or seals
    size: int = 0  # of the ledger audited
    root: str = ""  # hex, at that size
    unsealed: int | None = None  # objects that wait for the sealer; None: store.immutable is off
    coverage_90_days: Coverage = field(default_factory=Coverage)
    warnings: tuple[Notice, ...] = ()
    open: tuple[OpenFinding, ...] = ()  # on record before this audit
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
        return {
            "ok": self.ok,
            **asdict(self),
            "coverage_90_days": self.coverage_90_days.to_json(),
            "warnings": [asdict(notice) for notice in self.warnings],
            "findings": findings,
        }
