"""The whole audit, in the order that makes it right beside a running docking.

1. the store is listed: objects, then `incoming/` (`run.py`);
2. the published checkpoint, `keys/highest-signed`, then the entries file as long as it is then;
3. tiles, what outsiders said, objects' bytes and the catalogue, against those entries.

Nothing below ROOT is written, and nothing is locked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from archive.audit.chain import Chain, LedgerFacts
from archive.audit.columns import ENTRIES
from archive.audit.cosigned import WHERE as COSIGNED
from archive.audit.covering import coverage
from archive.audit.damaged import Opened, open_findings
from archive.audit.errors import CatalogueNotCheckedError
from archive.audit.founded import Founding
from archive.audit.hashing import Hasher
from archive.audit.hints import Hints
from archive.audit.inventory import Inventory
from archive.audit.keys import Signed, believable, compare_signed, read_signed
from archive.audit.modes import TURNS, Mode, Sample, Since, Turn
from archive.audit.objects import ObjectFacts, check_objects
from archive.audit.outside import Outside, OutsideFacts
from archive.audit.removed import forget_removed
from archive.audit.report import (
    AuditReport,
    Code,
    Coverage,
    Finding,
    Notice,
    NoticeCode,
    OpenFinding,
    Progress,
)
from archive.audit.shadow import CatalogueCheck, Compared
from archive.audit.slices import read_exactly, read_slices
from archive.audit.tiles import TileFacts, check_tiles
from archive.durable import naming, read_small
from archive.ledger.batches import FIRST_FILE, header
from archive.ledger.note import Checkpoint
from archive.settings.model import Settings
from archive.store.sealing.flags import unsealed


@dataclass(slots=True)
class _Entries:
    facts: LedgerFacts
    chain: Chain
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Rest:
    tiles: TileFacts
    outside: OutsideFacts
    objects: ObjectFacts
    covered: Coverage
    compared: Compared
    open: tuple[OpenFinding, ...]


class WholeAudit:
    """One audit of one archive."""

    def __init__(
        self,
        root: Path,
        mode: Mode,
        progress: Callable[[Progress], None],
        settings: Settings | None = None,
    ) -> None:
        """Prepare; `progress` is told how far it is, from this thread."""
        self._settings = settings
        self._root = root
        self._mode = mode
        self._progress = progress
        self._path = root / ENTRIES
        self._seen = 0  # length of the entries file that was read

    def run(self, inventory: Inventory, hasher: Hasher) -> AuditReport:
        """Check.

        Args:
            inventory: of the store, taken just now.
            hasher: may have begun with it.

        Raises:
            AuditFailedError: this machine ran out of something.
            CatalogueNotCheckedError: all but the catalogue was checked; `report` holds it.
            OSError: the archive cannot be read.
        """
        cosigned = self._cosigned()  # first: what was cosigned was published before
        signed = read_signed(self._root)
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return self._without_entries(signed)
        try:
            with naming(self._path):
                entries = self._read_entries(fd, signed)
            rest = self._check_rest(entries, signed, cosigned, inventory, hasher)
        finally:
            os.close(fd)
        report = self._report(signed, entries, inventory, rest)
        compared = rest.compared
        if compared.failure or (compared.unbuildable and report.ok):
            raise CatalogueNotCheckedError(compared.failure or compared.unbuildable, report=report)
        return report

    def _check_rest(
        self,
        entries: _Entries,
        signed: Signed,
        cosigned: bytes | None,
        inventory: Inventory,
        hasher: Hasher,
    ) -> _Rest:
        """All that entries are the measure of. Raises AuditFailedError, OSError."""
        ledger, chain, now = entries.facts, entries.chain, datetime.now(UTC)
        outsiders = Outside(self._root, self._settings, inventory.bucket)
        founded = Founding(ledger.names, chain.lines, outsiders.object_bytes).check(ledger.said)
        ledger.findings += founded.findings
        gone = forget_removed(ledger.names, founded.said)
        tree, known = ledger.levels, _there(open_findings(ledger.said), gone)
        with CatalogueCheck(self._root, size=tree.size, grows=self._grows) as catalogue:
            tiles = check_tiles(
                self._root / "ledger",
                tree,
                published=signed.checkpoint.size if signed.checkpoint else 0,
                lines=chain.lines,
                grows=self._grows,
                progress=lambda done, total: self._say("tiles", done, total),
            )
            inventory.read_names(self._root, tree.size)
            outside = outsiders.check(
                cosigned,
                ledger,
                now=now,
                progress=lambda done, total: self._say("timestamps", done, total),
            )
            objects = check_objects(
                self._root,
                ledger,
                inventory,
                hasher,
                mode=self._mode,
                always=outside.objects,
                open_=known,
                gone=gone,
                over=founded.over & gone,
                subject_of=chain.subject_of,
                progress=lambda done, total: self._say("objects", done, total),
            )
            covered = coverage(
                ledger.names,
                ledger.said,
                hashed=objects.wanted,
                lost=objects.lost,
                size=tree.size,
                time_of=chain.time_of,
                now=now,
            )
            self._say("catalogue", 0, 1)
            compared = catalogue.result()
        return _Rest(tiles, outside, objects, covered, compared, _open(known, objects))

    def _report(
        self, signed: Signed, entries: _Entries, inventory: Inventory, rest: _Rest
    ) -> AuditReport:
        """All of it. Raises OSError."""
        ledger, outside, objects = entries.facts, rest.outside, rest.objects
        tree = ledger.levels
        compared_signed = compare_signed(self._root, signed, ledger)  # which counts, too
        return AuditReport(
            mode=self._mode.name,
            coverage=self._coverage(),
            objects_total=objects.total,
            objects_checked=objects.checked,
            bytes_checked=objects.bytes,
            entries_checked=tree.size,
            tiles_checked=rest.tiles.checked,
            signatures_checked=ledger.signatures + signed.signatures,
            timestamps_checked=outside.timestamps,
            timestamps=outside.times,
            cosignatures_checked=outside.cosignatures,
            unsealed=self._unsealed(),
            coverage_90_days=rest.covered,
            warnings=(*outside.notices, *_overdue(rest.covered)),
            interrupted=ledger.interrupted + signed.interrupted + objects.interrupted,
            size=tree.size,
            root=tree.root.hex(),
            open=rest.open,
            findings=_ordered(
                [
                    *signed.findings,
                    *entries.findings,
                    *ledger.findings,
                    *compared_signed,
                    *self._foreign_entries(),
                    *rest.tiles.findings,
                    *inventory.findings,
                    *outside.findings,
                    *objects.findings,
                    *rest.compared.findings,
                ]
            ),
        )

    def _read_entries(self, fd: int, signed: Signed) -> _Entries:
        findings: list[Finding] = []
        start = self._check_header(fd, signed, findings)
        self._seen = stop = os.fstat(fd).st_size
        chain = Chain(
            start=start,
            read=lambda at, most: read_exactly(fd, at, min(most, max(0, stop - at))),
            hints=Hints(self._root / "ledger"),
            published=max((c.size for c in signed.known()), default=None),
            known=signed.keys,
        )
        for piece in read_slices(fd, start, stop, signed.keys):
            chain.take(piece)
            self._say("entries", piece.end, stop)
        tree = chain.facts.levels
        believable(signed, Checkpoint(origin="", size=tree.size, root=tree.root))
        facts = chain.finish(signed=signed.known(), grows=self._grows())
        if signed.verifier is None:
            facts.signatures = 0
        return _Entries(facts, chain, findings)

    def _check_header(self, fd: int, signed: Signed, findings: list[Finding]) -> int:
        """Where the first entry begins."""
        line = os.pread(fd, 1 << 12, 0)
        end = line.find(b"\n{") + 1 or line.find(b"\n") + 1
        if signed.verifier is None:
            return end
        expected = header(signed.verifier.name)
        if line.startswith(expected):
            return len(expected)
        findings.append(
            Finding(
                code=Code.ENTRIES_HEADER,
                where=ENTRIES,
                detail="the first line is not that of this format and origin",
            )
        )
        # The same number of bytes, if one was changed: then entries begin where they did.
        return len(expected) if line[len(expected) :].startswith(b"{") else end

    def _foreign_entries(self) -> list[Finding]:
        folder = self._path.parent
        return [
            Finding(
                code=Code.LEDGER_FOREIGN_FILE,
                where=f"ledger/entries/{path.name.encode('utf-8', 'backslashreplace').decode()}",
                detail="no file of this name belongs here",
            )
            for path in sorted(folder.iterdir())
            if path.name != FIRST_FILE
        ]

    def _without_entries(self, signed: Signed) -> AuditReport:
        missing = Finding(
            code=Code.ENTRIES_MISSING,
            where=ENTRIES,
            detail="the ledger is gone; objects and tiles cannot be judged without it",
        )
        return AuditReport(
            mode=self._mode.name,
            coverage=self._coverage(),
            signatures_checked=signed.signatures,
            findings=_ordered([missing, *signed.findings]),
        )

    def _coverage(self) -> dict[str, str | float]:
        if isinstance(self._mode, Sample):
            return {"percent": self._mode.percent, "seed": self._mode.seed}
        if isinstance(self._mode, Turn):
            first, count, since = self._mode.first, self._mode.count, self._mode.since
            return {"turn": first, "turns": count, "of": TURNS, "since": since}
        return {"since": self._mode.index} if isinstance(self._mode, Since) else {}

    def _cosigned(self) -> bytes | None:
        with suppress(FileNotFoundError):
            return read_small(self._root / COSIGNED)
        return None

    def _unsealed(self) -> int | None:
        """Objects that wait for the sealer. Raises OSError."""
        if self._settings is None or not self._settings.immutable or self._settings.s3 is not None:
            return None
        return sum(1 for _ in unsealed(self._root))

    def _grows(self) -> bool:
        return self._path.stat().st_size != self._seen

    def _say(self, stage: str, done: int, total: int) -> None:
        self._progress(Progress(stage=stage, done=done, total=total))


def _there(known: dict[bytes, Opened], gone: set[bytes]) -> dict[bytes, Opened]:
    """Open findings on what is to be there: one on what went lawfully can never be closed."""
    return {digest: opened for digest, opened in known.items() if digest not in gone}


def _open(known: dict[bytes, Opened], objects: ObjectFacts) -> tuple[OpenFinding, ...]:
    return tuple(
        OpenFinding(
            digest=digest.hex(),
            subject=opened.subject,
            index=opened.index,
            mended=digest in objects.mended,
        )
        for digest, opened in known.items()
    )


def _overdue(covered: Coverage) -> list[Notice]:
    if not covered.objects_overdue:
        return []
    detail = f"{covered.objects_overdue} objects were not read for 90 days: run `muniment audit --record`"
    return [Notice(code=NoticeCode.COVERAGE_OVERDUE, where="store/", detail=detail)]


def _ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """The same archive gives the same report."""
    return tuple(
        sorted(dict.fromkeys(findings), key=lambda f: (f.where, f.code, f.subject, f.detail))
    )
