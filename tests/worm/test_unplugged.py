"""Cut off: kill -9 of us while we put, a server that goes away, and kill -9 of the S3 server while clips go to it.

Last of the suite's files, and the server's kill last in it: it answers slowly for half a minute after.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.audit import audit
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import S3Settings
from archive.store.s3.client import S3
from archive.store.s3.errors import StoreUnreachableError
from archive.store.s3.store import S3Store
from archive.store.s3.versions import listed
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.readback import verify
from ingest.receipt import Progress, Receipt
from tests.fakes.s3_proxy import S3Proxy
from tests.lab.rgw import Rgw

CLIPS = 24
SIZE = 1 << 20


@pytest.fixture
def root(tmp_path: Path, bucket: S3Settings) -> Path:
    create_archive(tmp_path / "archive", origin="kill.example/1", s3=bucket)
    return tmp_path / "archive"


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    folder = tmp_path / "recorder"
    folder.mkdir()
    for number in range(CLIPS):
        (folder / f"{number:02}.mp4").write_bytes(os.urandom(SIZE))
    (folder / "large.mp4").write_bytes(os.urandom(20 << 20))
    return folder


def dock_one(
    archive: Archive, source: FolderRecorder, progress: Callable[[Progress], None] | None = None
) -> Receipt:
    return dock(
        archive,
        source,
        serial="A1",
        officer=None,
        case=None,
        reread=False,
        actor="local-0",
        progress=progress,
    )


def dock_all(root: Path, recorder: Path) -> Receipt:
    with open_archive(root, write=True) as archive, FolderRecorder(recorder) as source:
        receipt = dock_one(archive, source)
        assert not verify(archive, receipt.docking, actor="local-0")
    return receipt


def named(root: Path) -> int:
    with open_archive(root, write=False) as archive:
        return sum(entry.type == "clip.ingested" for entry in archive.reader.entries())


_WRITER = """
import sys, time
from pathlib import Path
from archive.opening import open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock
import archive.ledger.writer as writer

def stop(self, drafts, _append=writer.Ledger.append):
    if any(draft.type == "clip.ingested" for draft in drafts):
        print("put", flush=True)
        time.sleep(60)
    return _append(self, drafts)

writer.Ledger.append = stop
with open_archive(Path(sys.argv[1]), write=True) as archive, FolderRecorder(Path(sys.argv[2])) as source:
    dock(archive, source, serial="A1", officer=None, case=None, reread=False, actor="local-0")
"""


def test_kill_9_between_a_put_and_its_entry_leaves_an_object_that_the_next_writer_names(
    root: Path, recorder: Path
) -> None:
    words = [sys.executable, "-c", textwrap.dedent(_WRITER), str(root), str(recorder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "put\n"
        writer.send_signal(signal.SIGKILL)
    report = audit(root)
    assert report.ok, report.findings
    assert report.interrupted > 0, "objects that wait for their entry are no foreign ones"
    receipt = dock_all(root, recorder)
    assert receipt.whole
    report = audit(root)
    assert report.ok, report.findings
    assert report.interrupted == 0
    with open_archive(root, write=False) as archive:
        assert any(entry.type == "object.set_aside" for entry in archive.reader.entries())


def test_a_server_that_goes_away_ends_the_docking_and_the_next_one_goes_on(
    tmp_path: Path, recorder: Path, server: Rgw, bucket: S3Settings, proxy: S3Proxy
) -> None:
    root = tmp_path / "archive"
    far = S3Settings(bucket=bucket.bucket, endpoint=proxy.url, retain_days=1)
    create_archive(root, origin="kill.example/2", s3=far)

    def unplug(progress: Progress) -> None:
        if progress.done_bytes:
            proxy.close()

    with open_archive(root, write=True) as archive, FolderRecorder(recorder) as source:
        assert isinstance(archive.store, S3Store)
        archive.store.s3.patience = 0.5  # five minutes are too long here
        receipt = dock_one(archive, source, unplug)
    assert isinstance(receipt.stopped, StoreUnreachableError)
    assert {clip.status for clip in receipt.clips} & {"partial", "refused", "failed"}
    assert list((root / "store" / "incoming").rglob("*.part")), "what came waits"
    again = S3Proxy(server.port, listen=proxy.listens)
    assert dock_all(root, recorder).whole
    report = audit(root)
    again.close()
    assert report.ok, report.findings
    assert named(root) == CLIPS + 1


def test_kill_9_of_the_server_during_puts_loses_nothing_and_the_docking_goes_on(
    root: Path, recorder: Path, server: Rgw, bucket: S3Settings
) -> None:
    receipts: list[Receipt] = []
    docking = threading.Thread(target=lambda: receipts.append(dock_all(root, recorder)))
    before = len(list(listed(S3(bucket), "")))
    docking.start()
    watch = S3(bucket, patience=5)
    while len(list(listed(watch, ""))) < before + 3:
        assert docking.is_alive()
        time.sleep(0.01)
    server.kill()
    assert docking.is_alive(), "the server went in the middle"
    server.restart()
    docking.join(200)
    (receipt,) = receipts
    assert receipt.whole
    assert named(root) == CLIPS + 1
    report = audit(root)
    assert report.ok, report.findings
    assert not watch.call("list_multipart_uploads").get("Uploads")
