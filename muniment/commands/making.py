"""`init`, `rebuild`."""

from __future__ import annotations

from archive.opening import create_archive, open_archive
from archive.store.s3.address import parse_address
from muniment.answer import Answer, Asked


def init(
    asked: Asked,
    *,
    origin: str,
    unit: str | None,
    sm3: bool,
    store: str | None,
    catalogue: str | None,
) -> Answer:
    """Make a new archive. Raises as `create_archive`."""
    create_archive(
        asked.root,
        origin=origin,
        unit=unit,
        sm3=sm3,
        catalogue_url=catalogue,
        s3=parse_address(store) if store is not None else None,
    )
    with open_archive(asked.root, write=True) as archive:
        archive.catalogue.catch_up()
        vkey = archive.reader.vkey().strip()
        document = {
            "root": str(asked.root.absolute()),
            "origin": origin,
            "station": archive.settings.station,
            "unit": unit,
            "vkey": vkey,
            "checkpoint": archive.reader.checkpoint().decode(),
        }
    text = asked.words("init.done", root=asked.root, origin=origin, vkey=vkey)
    return Answer(document=document, text=text)


def rebuild(asked: Asked) -> Answer:
    """Make the catalogue again. Raises as `Catalogue.rebuild`."""
    with open_archive(asked.root, write=False) as archive:
        entries = archive.catalogue.rebuild()
    return Answer(document={"entries": entries}, text=asked.words("rebuild.done", entries=entries))
