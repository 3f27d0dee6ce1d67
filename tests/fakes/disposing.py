"""A small real archive with clips that can be disposed of, and the moments at which they can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import holds
from archive.durable import Disk
from archive.events import Event
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import S3Settings
from devices.folder import FolderRecorder
from ingest.docking import dock
from oversight.disposal.carrying import Carried, carry_out
from oversight.disposal.deciding import approve, propose
from oversight.rules.book import RuleBook
from oversight.rules.reading import national

ACTOR, OTHER = (f"account-{'0' * 25}{n}" for n in (8, 9))  # of two people
WHY = "保存期限届满"
ORIGIN = "station.example/disposal"


def book() -> RuleBook:
    return RuleBook([national()])


def later(days: int = 400) -> datetime:
    """When ordinary footage that came in just now is past its time."""
    return datetime.now(UTC) + timedelta(days=days)


def new_archive(root: Path, *, disk: Disk | None = None, s3: S3Settings | None = None) -> Archive:
    create_archive(root, origin=ORIGIN, s3=s3)
    return with_people(open_archive(root, write=True, disk=disk))


def with_people(archive: Archive) -> Archive:
    """The same with two accounts."""
    data = {"role": "archivist", "unit": None, "officer": None}
    archive.record(
        [
            Event(
                type="account.added",
                subject=account,
                actor="local-0",
                data=data,
                text={"name": who},
            )
            for account, who in ((ACTOR, "one"), (OTHER, "two"))
        ]
    )
    return archive


def ingest(
    archive: Archive, folder: Path, files: dict[str, bytes], *, serial: str = "A1"
) -> dict[str, str]:
    """Dock a folder with these files; clip ids by name."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, data in files.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(data)
    with FolderRecorder(folder) as source:
        receipt = dock(
            archive,
            source,
            serial=serial,
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )
    archive.catalogue.catch_up()
    rows = [archive.catalogue.clip(each.clip) for each in receipt.clips if each.clip]
    return {row.path: row.clip for row in rows if row is not None and row.path in files}


def classify(archive: Archive, clips: list[str], *categories: str) -> None:
    holds.classify(archive, about=clips, categories=categories, actor=ACTOR, reason=WHY)


def proposed(archive: Archive) -> str:
    return propose(archive, book(), actor=ACTOR, reason=WHY, now=later())


def approved(archive: Archive) -> str:
    disposal = proposed(archive)
    approve(archive, disposal=disposal, actor=OTHER, reason=WHY)
    return disposal


def carried(archive: Archive, disposal: str, *, days: int = 400) -> Carried:
    return carry_with(archive, disposal, book=book(), days=days)


def carry_with(archive: Archive, disposal: str, *, book: RuleBook, days: int) -> Carried:
    """With other rules."""
    return carry_out(archive, disposal, book=book, actor=OTHER, now=lambda: later(days))
