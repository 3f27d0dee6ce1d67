"""The catalogue against one that is projected anew beside the archive, in a process of its own.

The other process hashes nothing and yields to those that do (`nice`), so that the catalogue is
compared while objects are read. It needs room in the temporary folder; where it cannot have that, the
catalogue is *not checked*, which is this machine's failure and never a finding.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from archive import settings
from archive.audit.report import Code, Finding
from archive.errors import ArchiveError
from archive.settings.catalogue import POSTGRES

CATALOGUE: Final = "catalogue.db"
SERVER: Final = "catalogue (PostgreSQL)"


@dataclass(slots=True)
class Compared:
    """What came of it."""

    findings: list[Finding] = field(default_factory=list)
    failure: str = ""  # why it could not be done on this machine
    unbuildable: str = ""  # why the archive itself gives no catalogue: other findings say more


class CatalogueCheck:
    """Begins when entered; `result` waits for the end."""

    def __init__(self, root: Path, *, size: int, grows: Callable[[], bool]) -> None:
        """Prepare.

        Args:
            root: of the archive.
            size: committed entries that were read.
            grows: whether entries were appended since.
        """
        self._root = root
        self._size = size
        self._grows = grows
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._failure = ""

    def __enter__(self) -> CatalogueCheck:
        if not on_server(catalogue_url(self._root)) and not (self._root / CATALOGUE).exists():
            return self  # it may be deleted; the next that needs it makes it anew
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="muniment-audit-")
            beside = Path(self._folder.name)
            if self._root.resolve() in beside.resolve().parents:
                self._failure = "the temporary folder is within the archive: set TMPDIR to another"
                return self
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "archive.audit.compare",
                    str(self._root),
                    str(beside),
                    str(self._size),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as e:
            self._failure = f"no catalogue can be made beside the archive to compare: {e.strerror}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        if self._folder is not None:
            self._folder.cleanup()

    def result(self) -> Compared:
        """Wait until it is done."""
        if self._process is None:
            return Compared(failure=self._failure)
        out, err = self._process.communicate()
        try:
            said = json.loads(out)
        except ValueError:
            reason = err.decode("utf-8", "replace").strip().rpartition("\n")[2]
            return Compared(failure=f"the catalogue could not be compared: {reason or 'killed'}")
        findings = [
            Finding(
                code=Code(found["code"]),
                where=found["where"],
                detail=found["detail"],
                subject=found["subject"],
            )
            for found in said["findings"]
        ]
        if self._grows():  # what the catalogue is ahead by was appended while we looked
            findings = [f for f in findings if f.code is not Code.LEDGER_ROLLED_BACK]
        return Compared(findings=findings, failure=said["failure"], unbuildable=said["unbuildable"])


def catalogue_url(root: Path) -> str:
    """Where the settings put the catalogue; empty: beside them, or they cannot be read."""
    try:
        return settings.load(root).catalogue_url or ""
    except ArchiveError:
        return ""


def on_server(url: str) -> bool:
    """Whether a URL is of a PostgreSQL server."""
    return url.startswith(POSTGRES)
