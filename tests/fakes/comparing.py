"""The audit's comparison of the catalogue, done by the caller instead of by a process of its own.

What is compared, with what, and what is found are the product's; only the process is not there. For tests that
audit hundreds of archives and ask what the audit finds; the process has tests of its own (tests/unit/audit).
What that process would only report as "not checked" is raised here, so that a test fails.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from archive.audit.compare import compare
from archive.audit.report import Code
from archive.audit.shadow import CATALOGUE, CatalogueCheck, Compared


class ComparedHere(CatalogueCheck):
    """Begins when it is asked for the result."""

    def __enter__(self) -> Self:
        return self

    def result(self) -> Compared:
        """Compare now.

        Raises:
            ArchiveError, OSError: it cannot be done.
        """
        if not (self._root / CATALOGUE).exists():
            return Compared()
        with TemporaryDirectory(dir=self._root.parent) as folder:
            findings = compare(self._root, Path(folder), self._size)
        if self._grows():
            findings = [f for f in findings if f.code is not Code.LEDGER_ROLLED_BACK]
        return Compared(findings=findings)
