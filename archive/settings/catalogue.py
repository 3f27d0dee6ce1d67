"""The catalogue's URL: what may stand in it. Opens nothing."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

from archive.errors import SettingsError

_SECRET: Final = ("password", "sslpassword", "oauth_client_secret")  # of libpq's parameters
SQLITE: Final = "sqlite:///"
POSTGRES: Final = ("postgresql://", "postgres://")


def check_catalogue_url(url: str) -> str:
    """A URL of a catalogue's database.

    Raises:
        SettingsError: it is of no kind that we know, or holds a password, which every reader of the file would have.
    """
    if not url.startswith((SQLITE, *POSTGRES)):
        raise SettingsError(
            f"the catalogue cannot be kept in {url.partition(':')[0]!r}:"
            " give sqlite:///PATH or postgresql://HOST/NAME"
        )
    if url.startswith(POSTGRES) and _holds_secret(url):
        raise SettingsError(
            "the catalogue's URL holds a password: leave it out, and give it as"
            " MUNIMENT_CATALOGUE_PASSWORD, PGPASSWORD, or the systemd credential catalogue-password"
        )
    return url


def _holds_secret(url: str) -> bool:
    try:
        found = urlsplit(url)
    except ValueError as e:
        raise SettingsError(f"the catalogue's URL cannot be read: {e}") from e
    named = parse_qs(found.query, keep_blank_values=True)
    # Of several hosts each comes after a comma, but who asks comes once, before the last "@".
    return bool(found.password) or any(named.get(name, [""])[0] for name in _SECRET)
