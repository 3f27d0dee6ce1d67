"""Making a transfer: package, documents, volume, metadata, the tests; then the entry, and last the name.

What always holds: under the name that was asked for there is a whole transfer whose tests none failed, or nothing but
the empty folder that keeps the name meanwhile; `transfer.made` names it before anybody can see it. A hold that was
placed, and a clip or document that came or went meanwhile, stops it: they are looked at again where the entry is
decided. Nothing goes from the archive: retention counts on.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from archive import canonical
from archive.cases import deciding, need_case
from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.rows import CaseRow, ClipRow
from archive.errors import MissingObjectError
from archive.events import Event
from archive.keys.folder import known_keys
from archive.opening import Archive
from archive.package.build import build
from archive.package.errors import OriginalDamagedError
from archive.package.payload import Progress
from archive.package.report.facts import Names, plain_name
from oversight.disposal.deciding import keeper_of
from oversight.retention.facts import kept
from oversight.rules.own import book_of
from oversight.transfer import model, reporting
from oversight.transfer.dossier import Dossier, Record, clips_of, records_of
from oversight.transfer.errors import NotClosedError, TransferPlaceError, TransferTextError
from oversight.transfer.folder import listed, package_json, verdict
from oversight.transfer.metadata import write
from oversight.transfer.model import Test, tested
from oversight.transfer.numbering import give_code, rule_of, term_of
from oversight.transfer.testing import Evidence, document_path, holds_now, tests

RENDITIONS: Final = ("poster", "proxy", "repair")
MOST_NAME: Final = 200
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is asked for."""

    number: str
    to: str  # the archive's name
    fonds: str | None = None
    secrecy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How it went."""

    out: Path | None  # None: a test failed, and nothing was sent
    case: CaseRow
    code: str
    tests: tuple[Test, ...]
    transfer: str | None = None  # SHA-256 of transfer.json
    package: str | None = None  # SHA-256
    clips: int = 0
    documents: int = 0


def make(
    archive: Archive,
    sending: Sending,
    out: Path,
    *,
    actor: str,
    progress: Progress = lambda _done, _total, _what: None,
    name_of: Names = plain_name,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Made:
    """Make the transfer of a closed case.

    Args:
        archive: open to write.
        sending: which case, to whom.
        out: the folder to make; its name is free.
        actor: who asked.
        progress: as of `build`.
        name_of: as of `build`.
        now: the clock.

    Raises:
        UnknownCaseError, NotClosedError, TransferTextError, CodeRuleError, TransferPlaceError: nothing was written.
        EmptyPackageError: the case has no clip that can be handed out.
        ArchiveError, OSError: as `build`; nothing is left under the name, but a transfer that is whole and recorded.
    """
    for name, text in (
        ("--to", sending.to),
        ("--fonds", sending.fonds),
        ("--secrecy", sending.secrecy),
    ):
        if text is not None:
            need_text(name, text)
    archive.catalogue.catch_up()
    case = need_case(archive.catalogue, sending.number)
    if case.is_open:
        raise NotClosedError(f"case {case.number} is open: close it first")
    _check_place(archive, out)
    dossier = _dossier(archive, case, sending, actor, now())
    with _being_made(out) as place:
        making = _Making(archive, dossier, sending, place, now().astimezone(UTC))
        return making.make(out, actor=actor, progress=progress, name_of=name_of)


def need_text(name: str, text: str) -> str:
    """A name as people write one. Raises TransferTextError."""
    if not 1 <= len(text.strip()) <= MOST_NAME or not text.isprintable():
        raise TransferTextError(f"{name} has 1 to {MOST_NAME} printable characters")
    return text.strip()


def _check_place(archive: Archive, out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise TransferPlaceError(f"{out} is there already")
    if not out.parent.is_dir():
        raise TransferPlaceError(f"{out.parent} is no folder")
    if out.parent.resolve().is_relative_to(archive.root.resolve()):
        raise TransferPlaceError(f"{out} is inside the archive, where nothing but its own may be")


def _dossier(
    archive: Archive, case: CaseRow, sending: Sending, actor: str, now: datetime
) -> Dossier:
    rule = rule_of(archive.root)
    clips = clips_of(archive, case)
    keeper = keeper_of(archive, book_of(archive.root), now)
    term = term_of(rule, [kept(archive.catalogue, clip, keeper) for clip in clips])
    code = give_code(archive, case, rule, fonds=sending.fonds, term=term, actor=actor)
    unit = None if case.unit_id is None else archive.catalogue.unit(case.unit_id)
    return Dossier(
        case=case,
        code=code,
        fonds=sending.fonds or rule.fonds,
        term=term,
        secrecy=sending.secrecy,
        unit=None if unit is None else unit.name,
        clips=clips,
        documents=tuple(archive.catalogue.documents(case.id)),
        happened=tuple(archive.catalogue.custody(case.id)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A name that an empty folder keeps, and the folder beside it that takes its place."""

    out: Path
    making: Path
    kept: tuple[int, int]  # device and inode of the empty folder

    def is_kept(self) -> bool:
        """Whether the empty folder is still there, and still empty. Raises OSError."""
        try:
            found = self.out.lstat()
        except FileNotFoundError:
            return False
        # A file may have got the number of the folder that was there.
        is_it = stat.S_ISDIR(found.st_mode) and (found.st_dev, found.st_ino) == self.kept
        return is_it and not any(self.out.iterdir())

    def need_kept(self) -> None:
        """Before the entry, which cannot be taken back. Raises TransferPlaceError, OSError."""
        if not self.is_kept():
            raise TransferPlaceError(f"{self.out} was taken meanwhile: make it again")


@contextmanager
def _being_made(out: Path) -> Iterator[_Place]:
    """Keep the name, so that nobody takes it meanwhile. What is left goes. Raises TransferPlaceError, OSError."""
    try:
        out.mkdir()
    except OSError as e:
        raise TransferPlaceError(f"{out} cannot be made: {e.strerror}") from e
    found = out.lstat()
    making = out.with_name(f".{out.name}.{secrets.token_hex(4)}.making")
    place = _Place(out=out, making=making, kept=(found.st_dev, found.st_ino))
    try:
        making.mkdir()
        yield place
    finally:
        shutil.rmtree(making, ignore_errors=True)
        if place.is_kept():
            out.rmdir()


class _Making:
    """One transfer under way."""

    def __init__(
        self, archive: Archive, dossier: Dossier, sending: Sending, place: _Place, made: datetime
    ) -> None:
        self._archive, self._dossier = archive, dossier
        self._place, self._folder = place, place.making
        self._head: dict[str, Any] = {
            "case": dossier.case.id,
            "number": dossier.case.number,
            "code": dossier.code,
            "from": archive.settings.origin,
            "to": sending.to.strip(),
            "made": made.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        }

    def make(self, out: Path, *, actor: str, progress: Progress, name_of: Names) -> Made:
        """See `make`."""
        archive, dossier, folder = self._archive, self._dossier, self._folder
        try:
            built = build(
                archive,
                dossier.case.id,
                folder / model.PACKAGE,
                kinds=RENDITIONS,
                progress=progress,
                actor=actor,
                name_of=name_of,
            )
        except OriginalDamagedError as e:
            return self._failed((tested("content", [str(e)], "证据包制作", "Making the package"),))
        package = package_json(folder / model.PACKAGE)
        documents = self._copy_documents()
        self._add_volume()
        records = self._records(built.name, package, documents)
        self._put(model.METADATA, write(dossier, records))
        done = tests(
            Evidence(
                archive=archive,
                dossier=dossier,
                records=records,
                folder=folder,
                verdict=verdict(folder / model.PACKAGE, _own_keys(archive)),
                package=package,
                documents=documents,
            )
        )
        if any(test.result == "failed" for test in done):
            return self._failed(done)
        self._put(model.REPORT, reporting.encoded(reporting.document(self._head, done)))
        self._put(model.PAGE, reporting.page(self._head, done))
        return self._finish(out, done, len(documents), built.clips, actor)

    def _failed(self, done: tuple[Test, ...]) -> Made:
        return Made(out=None, case=self._dossier.case, code=self._dossier.code, tests=done)

    def _records(
        self, bag: str, package: dict[str, Any], documents: dict[str, str]
    ) -> tuple[Record, ...]:
        """Of each thing, where it lies."""
        originals = {
            clip["clip"]: f"{model.PACKAGE}#{bag}/{clip['original']}" for clip in package["clips"]
        }
        files = {
            row.id: document_path(row.id, row.media_type)
            for row in self._dossier.documents
            if row.id in documents
        }
        return records_of(self._archive, self._dossier, originals, files)

    def _copy_documents(self) -> dict[str, str]:
        """SHA-256 of what was written, by document; one that is gone is left out. Raises ArchiveError, OSError."""
        found = {}
        for row in self._dossier.documents:
            path = self._folder / document_path(row.id, row.media_type)
            path.parent.mkdir(exist_ok=True)
            with suppress(MissingObjectError):  # the tests say so
                found[row.id] = self._copied(row.sha256, path)
        return found

    def _copied(self, digest: str, path: Path) -> str:
        hasher = hashlib.sha256()
        with closing(self._archive.store.open(digest)) as source, path.open("xb") as file:
            while piece := source.read(_CHUNK):
                hasher.update(piece)
                file.write(piece)
        return hasher.hexdigest()

    def _add_volume(self) -> None:
        file = self._archive.catalogue.case_file(self._dossier.case.id)
        for name, digest in (
            (model.CATALOGUE, None if file is None else file.catalogue),
            (model.SIGNATURE, None if file is None else file.signature),
        ):
            if digest is not None:
                self._put(name, self._archive.store.read(digest))

    def _put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def _finish(
        self, out: Path, done: tuple[Test, ...], documents: int, clips: int, actor: str
    ) -> Made:
        """The list of files, the entry, the name."""
        archive, folder, case = self._archive, self._folder, self._dossier.case
        files = listed(folder)
        digests = {file["path"]: file["sha256"] for file in files}
        data = canonical.encode({"format": model.FORMAT, **self._head, "files": files})
        self._put(model.MANIFEST, data)
        self._make_durable()
        transfer = hashlib.sha256(data).hexdigest()
        said: dict[str, Any] = {
            "transfer": transfer,
            "package": digests[model.PACKAGE],
            "metadata": digests[model.METADATA],
            "report": digests[model.REPORT],
            "clips": clips,
            "documents": documents,
        }
        text = {"to": self._head["to"], "number": self._dossier.code}
        event = Event(type="transfer.made", subject=case.id, actor=actor, data=said, text=text)
        with deciding(archive):
            late = self._since()
            if late:
                return self._failed(
                    tuple({test.id: test for test in (*done, *late)}.values())  # the later result
                )
            self._place.need_kept()
            archive.record([event])
        # At once: what fails from here on must not take away what the entry names.
        folder.rename(out)  # takes the place of the empty folder that kept the name
        archive.disk.sync_dir(out.parent)
        archive.ledger.publish()
        archive.catalogue.catch_up()
        return Made(
            out=out,
            case=case,
            code=self._dossier.code,
            tests=done,
            transfer=transfer,
            package=digests[model.PACKAGE],
            clips=clips,
            documents=documents,
        )

    def _since(self) -> list[Test]:
        """What failed since the tests looked, the register being held. Raises NotClosedError."""
        archive, dossier = self._archive, self._dossier
        case = archive.catalogue.case(dossier.case.id)
        if case is None or case.closed_at != dossier.case.closed_at:
            raise NotClosedError(
                f"case {dossier.case.number} was reopened meanwhile: make it again"
            )
        now = _states(clips_of(archive, case), archive.catalogue.documents(case.id))
        changed = dict(_states(dossier.clips, dossier.documents).items() ^ now.items())
        whole = tested(
            "whole",
            sorted(changed),
            "制作期间案件的音像与文书有增减或销毁,请重新制作",
            "Clips or documents came, went or were disposed of meanwhile: make it again",
        )
        return [test for test in (whole, holds_now(archive, dossier)) if test.result == "failed"]

    def _make_durable(self) -> None:
        disk = self._archive.disk
        for path in sorted(self._folder.rglob("*"), reverse=True):
            if path.is_dir():
                disk.sync_dir(path)
                continue
            with path.open("rb") as file:
                disk.sync(file.fileno())
        disk.sync_dir(self._folder)


def _states(
    clips: Iterable[ClipRow], documents: Iterable[DocumentRow]
) -> dict[str, tuple[object, ...]]:
    """What a transfer says of each thing, as long as it is true."""
    return {c.clip: (c.sha256, c.disposed_at, c.quarantined) for c in clips} | {
        d.id: (d.sha256, d.size) for d in documents
    }


def _own_keys(archive: Archive) -> list[str]:
    return [key.vkey() for key in known_keys(archive.root)]
