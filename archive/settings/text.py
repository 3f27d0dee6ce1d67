"""The text of a new archive's muniment.toml: every section that people change, with a word on what it does."""

from __future__ import annotations

import json

from archive.settings.model import FORMAT


def write_text(
    *, origin: str, station: str, unit: str | None, sm3: bool, catalogue_url: str | None
) -> str:
    """The text of a new archive's muniment.toml."""
    unit_line = f"id = {json.dumps(unit)}" if unit else "# id of the unit this station belongs to"
    catalogue = json.dumps(catalogue_url, ensure_ascii=False) if catalogue_url else None
    url_line = (
        f"url = {catalogue}" if catalogue else "# url: default is catalogue.db beside this file"
    )
    return f"""\
# Settings of this archive. docs/settings.md says what each does. No secrets here.
format = {FORMAT}
origin = {json.dumps(origin, ensure_ascii=False)}
station = {json.dumps(station)}

[unit]
{unit_line}

[digests]
sm3 = {str(sm3).lower()}

[time]
zone = "Asia/Shanghai"

[register]
# What to do with a recorder or officer that nobody registered: accept, quarantine or refuse.
recorder = "accept"
officer = "accept"

[clock]
# Set a recorder's clock to the station's after its receipt; what it showed is kept before.
set = true

[release]
# When originals are erased from recorders: never, or after-verify (read back from this archive's disk, and equal).
policy = "never"

[catalogue]
{url_line}

[serve]
# Names under which the page may be reached, beside localhost and 127.0.0.1.
hosts = []
"""
