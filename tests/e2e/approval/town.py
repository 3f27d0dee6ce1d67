"""The small town of the API tests under a county; `python -m tests.e2e.approval.town ROOT` serves it."""

from __future__ import annotations

import sys
from pathlib import Path

from api.serving import serve
from archive.opening import open_archive
from tests.api.approval.town import add_county
from tests.api.world import make_world


def make_town(folder: Path) -> Path:
    """Make it; the archive's root."""
    root = folder / "root"
    world = make_world(root)
    add_county(world)
    world.close()
    return root


def main() -> None:
    """Serve on a free port, say where, until told to stop."""
    with open_archive(Path(sys.argv[1]), write=True) as archive:
        serve(archive, port=0, ready=lambda address: print(address, flush=True))


if __name__ == "__main__":
    main()
