"""`doctor s3`: the bucket of this archive, as `archive.store.s3.trial` finds it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from archive.errors import ArchiveError
from archive.settings import load
from archive.store.s3.client import S3
from archive.store.s3.trial import Tried, try_bucket
from muniment.doctor.usb import Finding
from muniment.errors import WrongUsageError

SILENT: Final = "doctor.s3.silent"  # says that nobody answered


def look(root: Path) -> Iterator[Finding]:
    """What was found, one after the other; a name is that of a sentence.

    Raises:
        WrongUsageError: this archive's objects are files.
        ArchiveError: there is no archive, or its settings cannot be read.
    """
    settings = load(root)
    if settings.s3 is None:
        raise WrongUsageError(
            "this archive keeps its objects on the local disk: there is no S3 store to look at"
        )
    try:
        for tried in try_bucket(S3(settings.s3)):
            yield _finding(tried)
    except ArchiveError as error:
        yield Finding(name="doctor.s3.bucket", detail=str(error), missing="doctor.s3.bad")


def _finding(tried: Tried) -> Finding:
    name = f"doctor.s3.{tried.name}"
    if tried.ok:
        return Finding(name=name, detail=tried.detail)
    if tried.away:
        return Finding(name=name, detail=tried.detail, missing=SILENT)
    if not tried.needed:
        return Finding(name=name, detail="doctor.s3.not_needed")
    return Finding(name=name, detail=tried.detail, missing="doctor.s3.bad")
