"""A first real package: two clips of a docked recorder, one with a rendition, the agency's own token, one witness.

from tests.integrity.package.making import make_package
path = make_package(tmp_path)            # the zip
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive import cases
from archive.events import Event
from archive.opening import Archive, create_archive, open_archive
from archive.package.build import Built, build
from archive.timestamps.stamping import stamp_newest
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.readback import verify
from tests.fakes.witnesses import cosigner, new_witness, serving

CASE = "2026-0117"
ORIGIN = "station.example/1"
CLIPS: Mapping[str, bytes] = {
    "DCIM/DSJ4A00042_012345_20260117_080000.mp4": b"\0\0\0\x18ftypisom" + bytes(range(256)) * 400,
    "DCIM/现场 笔录.txt": "现场笔录\n".encode() * 100,
}
POSTER = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 3
ACTOR = "local-0"
_RECORDED = 1_768_608_000  # 2026-01-17, 08:00 in Shanghai


def say_nothing(_done: int, _total: int, _note: str) -> None:
    """Progress that nobody watches."""


def new_archive(root: Path, *, stamps: bool = True) -> Path:
    """An archive without a clip; without an authority where nobody looks at tokens, which saves a second each."""
    create_archive(root, origin=ORIGIN, unit="一中队")
    if not stamps:
        settings = root / "muniment.toml"
        settings.write_text(settings.read_text().replace("embedded = true", "embedded = false"))
    return root


def dock_clips(
    archive: Archive, folder: Path, clips: Mapping[str, bytes], *, serial: str = "DSJ4A00042"
) -> list[str]:
    """Dock a recorder with these files and read them back; the clips' ids, in the ledger's order."""
    for number, (name, data) in enumerate(clips.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (_RECORDED + number, _RECORDED + number))  # the oldest is docked first
    with FolderRecorder(folder) as source:
        receipt = dock(
            archive, source, serial=serial, officer="012345", case=None, reread=False, actor=ACTOR
        )
    ids = [row.clip for row in receipt.clips if row.clip is not None]
    assert not verify(archive, receipt.docking, actor=ACTOR)
    archive.catalogue.catch_up()
    return sorted(ids, key=lambda id_: _index(archive, id_))


def _index(archive: Archive, id_: str) -> int:
    row = archive.catalogue.clip(id_)
    assert row is not None
    return row.ingested_index


def add_poster(archive: Archive, clip: str) -> None:
    """A rendition, as the media tools would make one."""
    add_rendition(archive, clip, "poster", POSTER + clip.encode(), "image/jpeg")


def add_rendition(
    archive: Archive, clip: str, kind: str, content: bytes, media_type: str, *, source: str = ""
) -> str:
    """A rendition of any kind, made of `source` in place of the original where there is one; its digest."""
    row = archive.catalogue.clip(clip)
    assert row is not None
    with archive.store.writing() as writing:
        stored = writing.put([content])[0]
        event = Event(
            type="rendition.made",
            subject=clip,
            actor=archive.settings.station,
            data={
                "kind": kind,
                "rendition": {"object": stored.digest, "size": stored.size},
                "media_type": media_type,
                "tool": "pyav",
                "version": "18",
                "parameters": {"width": 640, **({"source": source} if source else {})},
                "of": row.sha256,
            },
        )
        archive.record([event])
    archive.catalogue.catch_up()
    return stored.digest


def open_case(archive: Archive, clips: Sequence[str], number: str = CASE) -> str:
    """A case with these clips; its id."""
    case = cases.open_case(
        archive, actor=ACTOR, number=number, title="夜间检查", subject="某公司", place="人民路"
    )
    for clip in clips:
        cases.link_clip(archive, actor=ACTOR, number=number, clip=clip, reason="接入时指定")
    archive.catalogue.catch_up()
    return case


@contextmanager
def witnessed(root: Path, folder: Path) -> Iterator[str]:
    """A witness that the archive's settings name; its verifier key."""
    with open_archive(root, write=False) as archive:
        log = archive.reader.verifier
    vkey = cosigner(0).verifier.vkey()
    with serving(new_witness(folder, log)) as url:
        settings = root / "muniment.toml"
        before = settings.read_text()
        settings.write_text(
            f'{before}\n[witnesses]\nquorum = 1\n[[witnesses.witness]]\nurl = "{url}"\nvkey = "{vkey}"\n'
        )
        yield vkey


def pack(archive: Archive, subject: str, out: Path, kinds: Sequence[str] = ("poster",)) -> Built:
    """Make a package and watch nothing."""
    return build(archive, subject, out, kinds=kinds, progress=say_nothing, actor=ACTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A package and the archive that it came from."""

    root: Path
    out: Path
    built: Built
    case: str
    clips: tuple[str, ...]
    witness: str  # verifier key


def make(folder: Path) -> Made:
    """An archive with a case of two clips, dated and cosigned, and its package."""
    root = new_archive(folder / "archive")
    with witnessed(root, folder / "witness") as vkey, open_archive(root, write=True) as archive:
        clips = dock_clips(archive, folder / "recorder", CLIPS)
        add_poster(archive, clips[0])
        archive.ledger.publish()
        stamp_newest(archive, force=True)
        case = open_case(archive, clips)
        out = folder / "case.zip"
        built = pack(archive, case, out)
    return Made(root=root, out=out, built=built, case=case, clips=tuple(clips), witness=vkey)


def make_package(folder: Path) -> Path:
    """The zip alone."""
    return make(folder).out
