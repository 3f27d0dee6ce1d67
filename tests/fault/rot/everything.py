"""An archive that has a file of every kind there is, and what each kind is. Made once; tests damage copies."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.events import Event
from archive.keys.rotation import rotate
from archive.ledger.note import parse_note
from archive.ledger.published import COSIGNED
from archive.opening import Archive, open_archive
from archive.package.build import build
from archive.store.area import Area, recorder_area
from archive.store.part import Mark, Part, part_name
from archive.timestamps.stamping import stamp_newest
from devices.folder import FolderRecorder
from ingest.docking import dock
from tests.api.world import CASE, make_world
from tests.fakes.witnesses import cosigner

RECORDED: Final = {f"DCIM/{n}.bin": bytes([n]) * (1_000 + n) for n in range(4)}
SERIAL: Final = "T-ROT"
HALF: Final = "DCIM/half.bin"  # its transfer was cut off
HALF_BYTES: Final = bytes(n * 31 % 256 for n in range(300_000))
_KEPT: Final = 200_000  # of them
_ENTRIES: Final = 260  # more than a tile holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """The archive, the recorder whose transfer was cut off, and a package that was handed out."""

    root: Path
    recorder: Path
    package: Path

    def kinds(self) -> dict[str, list[str]]:
        """Files below ROOT by what they are; none is left out."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                where = path.relative_to(self.root).as_posix()
                found.setdefault(self._kind(where), []).append(where)
        return found

    def _kind(self, where: str) -> str:
        if where.startswith("store/sha256/"):
            return self._objects()[where.rpartition("/")[2]]
        for begin, kind in _BEGINS:
            if where.startswith(begin):
                return kind
        return where

    def _objects(self) -> dict[str, str]:
        with open_archive(self.root, write=False) as archive:
            return dict(_named(archive))


_BEGINS: Final = (
    ("ledger/entries/", "entries file"),
    ("ledger/tile/entries/", "entry bundle"),
    ("ledger/tile/", "hash tile"),
    ("store/incoming/", "transfer cut off"),
    ("authority/", "timestamp authority"),
)


def _named(archive: Archive) -> Iterator[tuple[str, str]]:
    """Digest and kind of each object that an entry names."""
    for entry in archive.reader.entries():
        yield from _below(entry.data, entry.type)


def _below(value: object, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case {"object": str(digest)}:
            yield digest, f"object: {name}"
        case dict():
            for key, member in value.items():
                yield from _below(member, str(key))
        case list():
            for member in value:
                yield from _below(member, name)


def make_everything(folder: Path) -> Everything:
    """Make it."""
    root, recorder, package = folder / "root", folder / "recorder", folder / "package.zip"
    make_world(root).close()
    for path, data in RECORDED.items():
        (recorder / path).parent.mkdir(parents=True, exist_ok=True)
        (recorder / path).write_bytes(data)
    with open_archive(root, write=True) as archive:
        _document(archive)
        _many_entries(archive)
        rotate(archive, actor="local-0")
        stamp_newest(archive, force=False)
        archive.catalogue.catch_up()
        case = archive.catalogue.case_by_number(CASE)
        assert case is not None
        build(archive, case.id, package, kinds=("all",), progress=lambda *_: None)
        _cut_off(archive, recorder)
        archive.catalogue.catch_up()
        archive.ledger.publish()
    _witnessed(root)
    return Everything(root=root, recorder=recorder, package=package)


def _document(archive: Archive) -> None:
    case = archive.catalogue.case_by_number(CASE)
    assert case is not None
    with archive.store.writing() as writing:
        stored = writing.put([b"%PDF-1.7 " + bytes(range(256)) * 9])[0]
        original = {"object": stored.digest, "size": stored.size}
        data = {"document": "document-1", "original": original, "pages": 1}
        archive.record(
            [
                Event(
                    type="document.added",
                    subject=case.id,
                    actor="local-0",
                    data=data | {"media_type": "application/pdf"},
                    text={"name": "a.pdf"},
                )
            ]
        )


def _many_entries(archive: Archive) -> None:
    station = archive.settings.station
    data = {"code": "P020", "clip": None, "case": None}
    archive.record(
        [
            Event(type="access.refused", subject=station, actor=station, data=data | {"n": n})
            for n in range(_ENTRIES)
        ]
    )


def _witnessed(root: Path) -> None:
    """A witness in the settings, and its word on the newest checkpoint."""
    vkey = cosigner(0).verifier.vkey()
    witness = f'\n[[witnesses.witness]]\nurl = "http://127.0.0.1:1/"\nvkey = "{vkey}"\n'
    with (root / "muniment.toml").open("a") as settings:
        settings.write(f"\n[witnesses]\nquorum = 1\n{witness}")
    note = (root / "ledger/checkpoint").read_bytes()
    line = cosigner(0).cosign(parse_note(note), int(time.time())).line()
    (root / "ledger" / COSIGNED).write_bytes(note + line.encode())
    (root / "witnesses.state").write_text("{}\n")


def _cut_off(archive: Archive, recorder: Path) -> None:
    """A docking, then a transfer that somebody pulled the cable of: a part and its journal."""
    with FolderRecorder(recorder) as source:
        receipt = dock(
            archive,
            source,
            serial=SERIAL,
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )
    half = recorder / HALF
    half.write_bytes(HALF_BYTES)
    name = part_name(HALF.encode(), len(HALF_BYTES), half.stat().st_mtime_ns)
    area = recorder_area(receipt.recorder_id)
    with Area(archive.store.incoming, area, archive.disk) as held:
        part = Part(held.path / name, archive.disk)
        for stop in (_KEPT // 2, _KEPT):
            part.write(memoryview(HALF_BYTES)[part.written : stop])
            digest = hashlib.sha256(HALF_BYTES[:stop]).hexdigest()
            part.mark(Mark(length=stop, digest=digest), lasting=True)
        part.close()
