"""Two units under a county: one has docked the sample recorder, the head of the other needs to see what is on it.

The station is tests/e2e/station.py's; `python -m tests.e2e.station ROOT` serves it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.identity.registering import add_account
from api.rights import placing
from api.serving import open_accounts
from archive.catalogue.rows import ClipRow
from archive.catalogue.search import FindQuery
from archive.opening import open_archive
from tests.e2e.station import PASSWORD, USER, make_station

ASKER: Final = "河西负责人"
OTHER_UNIT: Final = "河西中队"
HEAD: Final = USER
ARCHIVIST: Final = "archivist"
_ACTOR: Final = "local-0"


def make_town(folder: Path) -> tuple[Path, ClipRow]:
    """Dock the recorder, add the other unit and its head. Returns ROOT and the clip that is marked as key file."""
    root = make_station(folder)
    with open_archive(root, write=True) as archive:
        county = placing.register(archive, actor=_ACTOR, name="县局", level="county")
        own = archive.settings.unit
        assert own is not None
        placing.place(archive, actor=_ACTOR, unit=own, parent=county.id, level="squad")
        other = placing.register(
            archive, actor=_ACTOR, name=OTHER_UNIT, parent=county.id, level="squad"
        )
        accounts = open_accounts(archive)
        add_account(
            archive,
            accounts,
            actor=_ACTOR,
            name=ASKER,
            role="supervisor",
            password=PASSWORD,
            unit=other.id,
        )
        accounts.close()
        clips = archive.catalogue.find(FindQuery()).clips
    [key] = [clip for clip in clips if clip.kind == "video" and clip.marked]
    return root, key
