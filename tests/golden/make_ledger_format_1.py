"""Makes tests/golden/ledger-format-1: an archive's ledger as the first version wrote it. Run once, never again.

    python -m tests.golden.make_ledger_format_1 FOLDER

260 entries, so that a tile and a bundle are full; a torn tail that a later writer sealed; a fixed key and
a clock that stands still, so that anybody can make the same bytes with the same version.
"""

from __future__ import annotations

import sys
from pathlib import Path

from archive.durable import Disk
from archive.ledger.entry import Draft
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import new_ledger, signer

TIME = "2026-11-22T00:00:00.000000Z"


def main(root: Path) -> None:
    """Write the ledger under a new folder."""
    new_ledger(root)
    (root / "kept").rmdir()
    _append(root, range(5))
    file = root / "ledger/entries/000000000000"
    fd = Disk().open_append(file)
    Disk().write(fd, b'{"actor":"local-0","chain":{"cou')
    Disk().close(fd)
    _append(root, range(5, 260))
    for name in ("lock", "publish.lock", "reserve"):
        (root / "ledger" / name).unlink(missing_ok=True)
    for each in root.glob("writer.state*"):
        each.unlink()


def _append(root: Path, numbers: range) -> None:
    with Ledger(root, signer(), now=lambda: TIME) as ledger:
        for n in numbers:
            subject = f"clip-{n % 7}"
            ledger.append(
                [Draft(type="test.done", subject=subject, actor="local-0", data={"number": n})]
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
