"""A closed case with a video, a note and a document, its catalogue signed; each test has a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from archive import cases
from archive.casefiles import documents
from archive.casefiles.closing import Closing, close
from archive.casefiles.documents import NewDocument
from archive.casefiles.signing import Signer
from archive.opening import Archive, create_archive, open_archive
from ingest.deriving.running import derive
from tests.fakes.disposing import ingest
from tests.flows.footage import make_recorder
from tests.unit.oversight.files.certificates import certificate, write
from tests.unit.oversight.files.office import ACTOR, Office

PDF = b"%PDF-1.4\nrecord\n%%EOF\n"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The archive's folder and the case's number."""
    folder = tmp_path_factory.mktemp("transfer")
    create_archive(folder / "root", origin="station.test/archive", unit="城管一中队")
    with open_archive(folder / "root", write=True) as archive:
        office = Office(archive=archive)
        make_recorder(folder / "card", small=1)
        names = {path.name: path.read_bytes() for path in (folder / "card").iterdir()}
        clips = ingest(archive, folder / "card", names)
        derive(archive, None, actor=ACTOR, kinds={"poster"})
        number = office.concluded()
        for clip in clips.values():
            cases.link_clip(archive, actor=ACTOR, number=number, clip=clip, reason="本案")
        add_document(archive, number, PDF)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = write(folder / "key.pem", key, certificate("档案员", key))
        close(archive, number, Closing(sign=Signer(pem, None, None).sign), actor=ACTOR)
    return folder / "root", number


def add_document(archive: Archive, number: str, data: bytes) -> str:
    """A document of the case."""
    archive.catalogue.catch_up()
    case = cases.need_case(archive.catalogue, number)
    with archive.store.writing() as writing:
        path = writing.new_path()
        path.write_bytes(data)
        new = NewDocument(path=path, media_type="application/pdf", pages=1, name="笔录 & <一>.pdf")
        id_, _ = documents.add(archive, writing, case, new, actor=ACTOR)
    archive.catalogue.catch_up()
    return id_


@pytest.fixture
def number(prepared: tuple[Path, str]) -> str:
    return prepared[1]


@pytest.fixture
def archive(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(prepared[0], tmp_path / "root")
    with open_archive(tmp_path / "root", write=True) as archive:
        archive.catalogue.catch_up()
        yield archive
