"""What outsiders said of the ledger: timestamps and cosignatures, and the settings' word on who may.

Holds: the programs that check certificates are loaded only where the ledger has a timestamp. Settings are no
evidence: without them, or with others, what is checked is weighed as a warning at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.audit.chain import LedgerFacts
from archive.audit.cosigned import check_cosigned
from archive.audit.hashing import object_path
from archive.audit.report import Finding, Notice, Times
from archive.durable import read_small
from archive.settings.model import Settings, WitnessPolicy

if TYPE_CHECKING:
    from archive.audit.bucket import Bucket

_MOST = 64 << 20  # bytes: no token or list of revoked certificates is as large


@dataclass(slots=True)
class OutsideFacts:
    """What they amount to."""

    timestamps: int = 0
    times: Times = field(default_factory=Times)
    cosignatures: int = 0
    objects: set[bytes] = field(default_factory=set)  # what timestamps are kept in
    findings: list[Finding] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


class Outside:
    """One archive's."""

    def __init__(self, root: Path, settings: Settings | None, bucket: Bucket | None) -> None:
        """Prepare; `settings` is None where they cannot be read, `bucket` where objects are files."""
        self._root = root
        self._settings = settings
        self._bucket = bucket

    def check(
        self,
        cosigned: bytes | None,
        ledger: LedgerFacts,
        *,
        now: datetime,
        progress: Callable[[int, int], None],
    ) -> OutsideFacts:
        """Check what there is; `cosigned` was read before the entries were."""
        facts = OutsideFacts()
        policy = WitnessPolicy() if self._settings is None else self._settings.witnesses
        held = check_cosigned(cosigned, policy, ledger, now=now)
        facts.cosignatures = held.checked
        facts.findings += held.findings
        facts.notices += held.notices
        if any(b'"type":"checkpoint.timestamped"' in raw for _, raw in ledger.said):
            self._check_tokens(facts, ledger, now, progress)
        return facts

    def _check_tokens(
        self,
        facts: OutsideFacts,
        ledger: LedgerFacts,
        now: datetime,
        progress: Callable[[int, int], None],
    ) -> None:
        # Late: X.509 takes a fifth of a second to import, in which objects are being hashed.
        from archive.audit.tokens import check_tokens, objects_of

        own = self._file(self._root / "authority" / "ca.pem")
        tokens = check_tokens(
            ledger,
            self.object_bytes,
            own_ca=own,
            pinned=self._pinned(),
            now=now,
            progress=progress,
        )
        facts.objects = set(objects_of(ledger.said))
        facts.timestamps, facts.times = tokens.checked, tokens.times
        facts.findings += tokens.findings
        facts.notices += tokens.notices

    def _pinned(self) -> Mapping[str, bytes]:
        if self._settings is None:
            return {}
        found = {a.name: self._file(a.ca) for a in self._settings.timestamps.authorities}
        return {name: pem for name, pem in found.items() if pem is not None}

    def _file(self, path: Path) -> bytes | None:
        """None where there is none for us. Raises OSError: the medium failed, and tokens cannot be judged by it."""
        try:
            return read_small(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            return None

    def object_bytes(self, digest: bytes) -> bytes | None:
        """An object's bytes, where they are what its name says; what is wrong with others is said by who hashes."""
        data = b""
        with suppress(OSError):
            if self._bucket is None:
                with (self._root / object_path(digest)).open("rb") as file:
                    data = file.read(_MOST)
            else:
                data = self._in_bucket(self._bucket, digest)
        return data if hashlib.sha256(data).digest() == digest else None

    def _in_bucket(self, bucket: Bucket, digest: bytes) -> bytes:
        """Raises OSError."""
        from archive.audit.bucket import failing_as_a_disk

        with failing_as_a_disk(), bucket.open(digest) as file:
            return file.read(_MOST) or b""
