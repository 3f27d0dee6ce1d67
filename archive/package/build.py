"""Making a package: the order of docs/formats/package.md, "Order of making", and nothing else.

Holds: originals are hashed while they are copied, and compared, before anything is sealed; who fails leaves no file
under the name that was asked for; memory does not grow with the originals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.ledger.witness.submitting import cosigned
from archive.opening import SOFTWARE, Archive
from archive.package import payload
from archive.package.bag import BAGIT, Bag, bag_info
from archive.package.document import package_json
from archive.package.errors import PackagePlaceError
from archive.package.naming import package_name
from archive.package.outside import Outside, roots
from archive.package.readme import readme
from archive.package.report import fonts, html, pdf
from archive.package.report.facts import Names, gather, plain_name
from archive.package.seal import add_proofs, append_seal, publish_seal
from archive.package.selecting import LeftOut, Selection, select, text_lines, with_registers
from archive.package.tokens import Token, tokens_of
from archive.package.verifiers import PAGE, SCRIPT, verifiers
from archive.package.writing import ZipOut, new_zip
from archive.timestamps.stamping import stamp_newest

ALL: Final = "all"
WORK: Final = "work"  # below ROOT: what is there may be deleted at any time
_MARGIN: Final = 1 << 20  # bytes: reports, keys, tokens, and what was guessed too low
_REGISTERS: Final = 6  # entries for each clip about what its own entries name, at most about
_FOR_EACH: Final = 3 << 9  # bytes for each entry: its proof, two lines of manifests, three headers
_COSIGNATURE: Final = 3500  # bytes: an ML-DSA line, which each proof carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A package that was made."""

    out: Path
    name: str  # of the folder inside
    subject: str
    clips: int
    left_out: tuple[LeftOut, ...]
    withheld: tuple[
        tuple[str, str], ...
    ] = ()  # renditions that are left out as damaged: clip and kind
    files: int  # of the payload
    size: int  # of the payload, bytes
    manifest: str  # SHA-256 of the payload manifest, which the ledger names
    entry: int  # index of `package.made`
    note: bytes  # the checkpoint that covers it
    cites: Checkpoint
    tokens: tuple[Token, ...]  # earlier ones
    outside: Outside
    pdf: bool
    verifiers: dict[str, str]  # SHA-256 by name


def build(
    archive: Archive,
    subject: str,
    out: Path,
    *,
    kinds: Sequence[str],
    progress: payload.Progress,
    actor: str | None = None,
    name_of: Names = plain_name,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Built:
    """Make the package of a case or a clip.

    Args:
        archive: open to write.
        subject: id of a case or a clip.
        out: the zip; its name is free.
        kinds: of renditions to take along; `all` for every kind.
        progress: hears of bytes copied, of how many, and of which clip.
        actor: who asked; the station where nobody is named.
        name_of: words for codes of the ledger, in Chinese and English, for the report.
        now: the clock.

    Raises:
        UnknownCaseError, UnknownClipError, EmptyPackageError: nothing to make. Nothing was written.
        PackagePlaceError, PackageSpaceError: it cannot be written there. Nothing is left there.
        OriginalDamagedError, FixityError, MissingObjectError, LedgerDamagedError: the archive is damaged. Nothing is
            left there; where the seal was appended before, the ledger tells of a package that nobody has.
    """
    _check_outside_archive(out, archive.root)
    archive.catalogue.catch_up()
    selection = select(archive, subject, None if ALL in kinds else kinds)
    made = now().astimezone(UTC).replace(microsecond=0)
    name = package_name(selection.number or selection.subject, made)
    space = needs(selection, len(archive.settings.witnesses.witnesses))
    with new_zip(out, made=made, needs=space, disk=archive.disk) as zipped:
        tokens = _tokens(archive, selection)
        return _Making(archive, selection, tokens, made, name_of).write(
            zipped, name, out, progress, actor or archive.settings.station
        )


class _Making:
    """One package under way."""

    def __init__(
        self,
        archive: Archive,
        selection: Selection,
        tokens: tuple[Token, ...],
        made: datetime,
        name_of: Names,
    ) -> None:
        self._archive = archive
        self._selection = selection
        self._tokens = tokens
        self._made = made
        self._name_of = name_of
        self._entries = with_registers(archive, selection, (token.entry for token in tokens))
        self._roots = roots(archive, tokens)
        self._has_pdf = False

    def write(
        self, zipped: ZipOut, name: str, out: Path, progress: payload.Progress, actor: str
    ) -> Built:
        """See `build`."""
        archive, selection = self._archive, self._selection
        bag = Bag(zipped, name)
        payload.add_clips(bag, archive, selection, progress)
        note = _cited(archive)
        cites = parse_checkpoint(parse_note(note).text)
        self._add_payload(bag, note, cites)
        manifest = bag.close_payload()
        tags = self._add_tags(bag)
        entry = append_seal(
            archive, selection, bag, actor=actor, manifest=manifest, tags=tags, cites=cites
        )
        seal = publish_seal(archive, entry, self._roots)
        cited = [cites, *(token.checkpoint for token in self._tokens)]
        add_proofs(bag, archive, seal, self._entries, cited)
        bag.close()
        return Built(
            out=out,
            name=name,
            subject=selection.subject,
            clips=len(selection.clips),
            left_out=selection.left_out,
            withheld=selection.withheld,
            files=bag.payload_files,
            size=bag.payload_bytes,
            manifest=manifest,
            entry=entry.index,
            note=seal.note,
            cites=cites,
            tokens=self._tokens,
            outside=seal.outside,
            pdf=self._has_pdf,
            verifiers={file: tags[file] for file in (SCRIPT, PAGE)},
        )

    def _add_payload(self, bag: Bag, note: bytes, cites: Checkpoint) -> None:
        archive, tokens = self._archive, self._tokens
        lines = text_lines(archive.texts, self._entries)
        payload.add_ledger(bag, self._entries, lines, note)
        payload.add_tokens(bag, archive, tokens)
        payload.add_keys(bag, archive, self._roots)
        document = package_json(
            self._selection,
            made=self._made,
            software=SOFTWARE,
            settings=archive.settings,
            cites=cites,
            tokens=tokens,
        )
        bag.add("data/package.json", document)
        facts = gather(
            archive,
            self._selection,
            tokens=tokens,
            cites=cites,
            made=self._made,
            name=bag.name,
            name_of=self._name_of,
        )
        bag.add("data/report/report.html", html.render(facts))
        font = fonts.find()
        if font is not None:
            bag.add("data/report/report.pdf", pdf.render(facts, font))
            self._has_pdf = True

    def _add_tags(self, bag: Bag) -> dict[str, str]:
        """Tag files that the seal names; their digests."""
        selection, settings = self._selection, self._archive.settings
        files = {
            "bagit.txt": BAGIT,
            "bag-info.txt": bag_info(
                made=self._made,
                software=SOFTWARE,
                origin=settings.origin,
                subject=selection.subject,
                count=bag.payload_files,
                size=bag.payload_bytes,
            ),
            "README.txt": readme(bag.name, selection, settings.origin, has_pdf=self._has_pdf),
            **verifiers(),
        }
        return {path: bag.add(path, data) for path, data in files.items()}


def _tokens(archive: Archive, selection: Selection) -> tuple[Token, ...]:
    """Tokens that date the clips; where one has none yet, the newest checkpoint is stamped now, if somebody answers."""
    tokens = tokens_of(archive, selection.clips)
    dated = {clip.row.clip for token in tokens for clip in token.dates}
    if all(clip.row.clip in dated for clip in selection.clips):
        return tokens
    archive.ledger.publish()
    stamp_newest(archive, force=True)
    archive.catalogue.catch_up()
    return tokens_of(archive, selection.clips)


def _cited(archive: Archive) -> bytes:
    """The newest checkpoint; with its cosignatures where these are of the same one."""
    note = archive.ledger.publish()
    known = cosigned(archive.root)
    return known if known is not None and known.startswith(note) else note


def needs(selection: Selection, witnesses: int) -> int:
    """Bytes that the zip will take, about, and a margin; `witnesses`: how many may cosign."""
    events = [entry for clip in selection.clips for entry in clip.entries]
    count = len(events) + _REGISTERS * len(selection.clips)
    each = _FOR_EACH + _COSIGNATURE * witnesses
    known = sum(map(len, verifiers().values())) + sum(len(entry.raw) for entry in events)
    return selection.size + known + each * count + _MARGIN


def _check_outside_archive(out: Path, root: Path) -> None:
    place, inside = out.parent.resolve(), root.resolve()
    if place.is_relative_to(inside) and not place.is_relative_to(inside / WORK):
        raise PackagePlaceError(f"{out} is inside the archive, where nothing but its own may be")
