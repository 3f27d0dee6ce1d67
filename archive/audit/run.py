"""An audit begins: what ROOT is, what the store holds, and the first objects are being hashed.

The rest is `whole.py`'s, and is loaded meanwhile: that takes as long as a tenth of a second, in which both cores have
better things to do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archive import settings
from archive.audit.errors import AuditFailedError
from archive.audit.hashing import Hasher
from archive.audit.inventory import take_inventory
from archive.audit.modes import Full, Mode
from archive.audit.report import AuditReport, Progress
from archive.errors import NotAnArchiveError, SettingsError
from archive.settings.model import S3Settings
from archive.store.s3.errors import S3Error

if TYPE_CHECKING:
    from archive.audit.bucket import Bucket

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
    sm3, s3, found = False, None, None
    with suppress(
        NotAnArchiveError, SettingsError
    ):  # not evidence: what is wrong in it stops no audit
        found = settings.load(root)
        sm3, s3 = found.sm3, found.s3
    try:
        bucket = None if s3 is None else _bucket(s3)
        with Hasher(root, bucket) as hasher:
            inventory = take_inventory(root, bucket)
            if bucket is None and (mode is None or isinstance(mode, Full)):
                # An early start; what entries say decides in the end what is to be hashed.
                hasher.begin(inventory.sizes(), sm3=lambda _: sm3)
            from archive.audit.whole import WholeAudit

            whole = WholeAudit(root, mode or Full(), progress or (lambda _: None), found)
            return whole.run(inventory, hasher)
    except S3Error as e:
        raise AuditFailedError(f"the bucket cannot be looked at: {e}") from e
    except OSError as e:
        raise AuditFailedError(f"the archive cannot be read: {e}") from e


def _bucket(s3: S3Settings) -> Bucket:
    # boto3 takes a third of a second to import: who has no S3 store does not pay.
    from archive.audit.bucket import Bucket

    return Bucket.of(s3)
