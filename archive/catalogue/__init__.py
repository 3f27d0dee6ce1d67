"""The catalogue: what the ledger says, so that it can be searched. A view; it may be deleted at any moment.

`Catalogue` is loaded when it is first asked for: SQLAlchemy costs a quarter of a second that `--help` need not pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]


def __getattr__(name: str) -> object:
    if name == "Catalogue":
        from archive.catalogue.catalogue import Catalogue

        return Catalogue
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
