"""An audit begins: what ROOT is, what the store holds, and the first objects are being hashed.

The rest is `whole.py`'s, and is loaded meanwhile: that takes as long as a tenth of a second, in which both cores have
better things to do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from archive import settings
from archive.audit.errors import AuditFailedError
from archive.audit.hashing import Hasher
from archive.audit.inventory import take_inventory
from archive.audit.modes import Full, Mode
from archive.audit.report import AuditReport, Progress
from archive.errors import NotAnArchiveError, SettingsError

ProgressCall = Callable[[Progress], None]


def audit(
    root: Path, *, mode: Mode | None = None, progress: ProgressCall | None = None
) -> AuditReport:
    """Check everything an archive holds.

    Args:
        root: of the archive; may be read-only, may be in use.
        mode: whose bytes are hashed; all by default.
        progress: told how far the audit is, from this thread.

    Raises:
        NotAnArchiveError: there is none.
        NewerFormatError: this Muniment cannot say whether it is intact.
        AuditFailedError: ROOT cannot be read, or this machine ran out of something.
        CatalogueNotCheckedError: all but the catalogue was checked; `report` holds it.
    """
    if not (root / "ledger").is_dir() and not (root / "muniment.toml").is_file():
        raise NotAnArchiveError(f"{root} is not an archive: it has no ledger and no muniment.toml")
    sm3 = False
    with suppress(
        NotAnArchiveError, SettingsError
    ):  # not evidence: what is wrong in it stops no audit
        sm3 = settings.load(root).sm3
    try:
        with Hasher(root) as hasher:
            inventory = take_inventory(root)
            if mode is None or isinstance(mode, Full):
                # An early start; what entries say decides in the end what is to be hashed.
                hasher.begin(inventory.sizes(), sm3=lambda _: sm3)
            from archive.audit.whole import WholeAudit

            return WholeAudit(root, mode or Full(), progress or (lambda _: None)).run(
                inventory, hasher
            )
    except OSError as e:
        raise AuditFailedError(f"the archive cannot be read: {e}") from e
