"""A whole small station for the browser's tests: a sample recorder, docked, derived, served by a process of its own.

Run as `python -m tests.e2e.station ROOT` it serves the archive at ROOT on a free port and prints the address.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from api.identity.registering import add_account
from api.serving import open_accounts, serve
from archive import cases
from archive.opening import create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.docking import dock
from ingest.readback import verify
from muniment.sample import make_sample_recorder

CASE = "市监罚〔2026〕117号/甲"
USER, PASSWORD = "chief", "a long password"


def make_station(folder: Path) -> Path:
    """Make the recorder and dock it. Returns ROOT."""
    recorder, root = folder / "recorder", folder / "root"
    make_sample_recorder(recorder, now=datetime.now(UTC))
    create_archive(root, origin="station.test/archive", unit="城关中队")
    with open_archive(root, write=True) as archive:
        cases.open_case(
            archive,
            actor="local-0",
            number=CASE,
            unit=archive.settings.unit,
            title="夜间占道经营检查",
            subject="某餐饮管理有限公司",
            place="幸福路 12 号",
        )
        receipt = dock(
            archive,
            FolderRecorder(recorder),
            serial="DSJ-0042",
            officer=None,
            case=CASE,
            reread=False,
            actor="local-0",
        )
        assert receipt.stopped is None
        verify(archive, receipt.docking, actor=archive.settings.station)
        derive(archive, None, actor=archive.settings.station)
        accounts = open_accounts(archive)
        for name, role in ((USER, "supervisor"), ("archivist", "archivist")):
            add_account(
                archive,
                accounts,
                actor="local-0",
                name=name,
                role=role,
                password=PASSWORD,
                unit=archive.settings.unit,
            )
        accounts.close()
    return root


def main() -> None:
    """Serve."""
    with open_archive(Path(sys.argv[1]), write=True) as archive:
        serve(archive, port=0, ready=lambda address: print(address, flush=True))


if __name__ == "__main__":
    main()
