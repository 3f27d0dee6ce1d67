"""From a URL to connections, and what travels over them.

What always holds: the password comes from the environment or a systemd credential and is in no message; the text is
UTF-8; values come back as SQLite gives them.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict

from archive.errors import SettingsError
from archive.keys.secrets import catalogue_password

Link = psycopg.Connection[tuple[Any, ...]]
OLDEST: Final = 16  # the first that takes a query in FROM without a name for it
_DEFAULTS: Final = {
    "connect_timeout": 10,  # seconds
    "application_name": "muniment",
    # A server that lost its power says nothing: so long nobody waits for it.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
_NOTHING: Final = "\u2400"  # ␀, for the one character that PostgreSQL's text cannot hold


class _TextDumper(Dumper):
    """Text to the server. Its type is left open: the statement says what it is."""

    def dump(self, obj: str) -> bytes:
        obj = storable(obj)
        try:
            return obj.encode()
        except UnicodeEncodeError:
            # Half a surrogate pair, from a command line in no encoding: it is in no text, so it finds nothing.
            return obj.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()


class _BoolLoader(Loader):
    """0 or 1."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _NumericLoader(Loader):
    """Sums of whole numbers are whole numbers."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text or b"N" in text else int(text)


def storable(text: str) -> str:
    """A text as it is kept: U+0000, which PostgreSQL's text cannot hold, is shown as ␀."""
    return text.replace("\0", _NOTHING) if "\0" in text else text


def parameters(url: str) -> dict[str, Any]:
    """What libpq is told, without the password.

    Raises:
        SettingsError: it is no such URL.
    """
    try:
        said = conninfo_to_dict(url)
    except psycopg.ProgrammingError as e:
        raise SettingsError(f"the catalogue's URL cannot be read: {str(e).strip()}") from e
    said.pop("password", None)
    # Short questions, made anew each time: to compile them takes longer than to answer them.
    options = f"{said.get('options') or ''} -c jit=off".strip()
    return {**_DEFAULTS, **said, "options": options, "client_encoding": "UTF8"}


def connect(said: dict[str, Any]) -> Link:
    """A new connection, on which transactions begin where we say so.

    Raises:
        psycopg.Error: there is none to be had.
        SettingsError: the server or the database is of a kind that we cannot use.
    """
    password = catalogue_password()
    given: dict[str, Any] = {} if password is None else {"password": password}
    link = psycopg.connect(**said, **given, autocommit=True, context=_ADAPTERS)
    try:
        _check(link)
    except BaseException:
        link.close()
        raise
    return link


def _check(link: Link) -> None:
    if link.info.server_version < OLDEST * 10_000:
        raise SettingsError(f"the catalogue needs PostgreSQL {OLDEST} or later")
    if link.info.parameter_status("server_encoding") != "UTF8":
        raise SettingsError("the catalogue's database has to be made with ENCODING 'UTF8'")


def _adapters() -> AdaptersMap:
    found = AdaptersMap(psycopg.adapters)
    found.register_dumper(str, _TextDumper)
    found.register_loader("bool", _BoolLoader)
    found.register_loader("numeric", _NumericLoader)
    return found


_ADAPTERS: Final = _adapters()
