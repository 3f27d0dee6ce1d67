"""`s3://BUCKET[/PREFIX]?endpoint=URL&region=R&retain=6 months`: a bucket as the command line names it.

The same rules as for `[store.s3]` of muniment.toml, because it is read by the same code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from archive.errors import SettingsError
from archive.settings.model import S3Settings
from archive.settings.outside import read_s3
from archive.settings.table import Table

_NAMES: Final = ("endpoint", "region", "retain")
_FORM: Final = "s3://BUCKET[/PREFIX]?endpoint=URL&region=REGION&retain=6%20months"


def parse_address(text: str) -> S3Settings:
    """What an address says.

    Raises:
        SettingsError: it is none, or names what a bucket cannot have.
    """
    try:
        parts = urlsplit(text)
        options = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError as e:
        raise SettingsError(f"--store {text}: {e}; it has to be like {_FORM}") from e
    names = [name for name, _ in options]
    bad = [name for name in names if name not in _NAMES or names.count(name) > 1]
    if parts.scheme != "s3" or not parts.netloc or parts.fragment or bad:
        raise SettingsError(f"--store {text}: it has to be like {_FORM}")
    if "@" in parts.netloc:
        raise SettingsError("--store: credentials come from the environment, never from here")
    prefix = parts.path.strip("/")
    values = {"bucket": parts.netloc, "prefix": f"{prefix}/" if prefix else "", **dict(options)}
    found = read_s3(Table({"kind": "s3", "s3": values}, Path("--store"), "store"))
    if found is None:
        raise SettingsError(f"--store {text}: it has to be like {_FORM}")
    return found
