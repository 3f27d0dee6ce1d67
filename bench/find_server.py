"""Serves an archive whose catalogue is another file, behind no ledger: `python -m bench.find_server ROOT DB`.

Searches are recorded in the archive's own ledger, durably, as they always are. Prints the port.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from api.serving import serve
from archive.catalogue.catalogue import Catalogue
from archive.opening import open_archive


class Filled(Catalogue):
    """A catalogue that has no ledger to catch up with."""

    def catch_up(self) -> int:
        """Nothing is lacking."""
        self._ready = True
        return 0


def main() -> None:
    """Serve until it is told to end."""
    root, path = Path(sys.argv[1]), Path(sys.argv[2])
    with open_archive(root, write=True) as archive:
        archive.catalogue = Filled(f"sqlite:///{path}", reader=archive.reader, texts=archive.texts)
        serve(
            archive,
            port=0,
            ready=lambda address: print(urlsplit(address).port, flush=True),
        )


if __name__ == "__main__":
    main()
