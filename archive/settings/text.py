"""The text of a new archive's muniment.toml: every section that people change, with a word on what it does."""

from __future__ import annotations

import json

from archive.settings.model import FORMAT, S3Settings


def write_text(
    *,
    origin: str,
    station: str,
    unit: str | None,
    sm3: bool,
    catalogue_url: str | None,
    s3: S3Settings | None = None,
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
{_s3_text(s3)}
[timestamps]
# The agency's own timestamp authority; everywhere it is said that it is its own. For time that others vouch for,
# name outside authorities: [[timestamps.authority]] with name, url and ca.
embedded = true
every_minutes = 60

[serve]
# Names under which the page may be reached, beside localhost and 127.0.0.1.
hosts = []
"""


def _s3_text(s3: S3Settings | None) -> str:
    if s3 is None:
        return ""
    values = {
        "bucket": s3.bucket,
        "prefix": s3.prefix,
        "endpoint": s3.endpoint,
        "region": s3.region,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if value]
    return "\n".join(
        [
            "",
            "[store]",
            'kind = "s3"',
            "",
            "[store.s3]",
            "# Every new object is locked for `retain`, and longer while it is needed; never shortened.",
            *lines,
            f'retain = "{s3.retain_days} days"',
            "",
        ]
    )
