"""Where secrets come from: the environment, or a systemd credential. Never from a file of the archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PASSPHRASE: Final = "MUNIMENT_KEY_PASSPHRASE"  # noqa: S105 - its name
PIN: Final = "MUNIMENT_PKCS11_PIN"
CATALOGUE: Final = "MUNIMENT_CATALOGUE_PASSWORD"
OIDC: Final = "MUNIMENT_OIDC_CLIENT_SECRET"
PLATFORM: Final = "MUNIMENT_PLATFORM_TOKEN"
_FOLDER: Final = "CREDENTIALS_DIRECTORY"  # systemd.exec(5), "Credentials"
_MOST: Final = 4096  # bytes of a passphrase


def passphrase() -> bytes | None:
    """Of the key's file; None: there is none. Raises OSError."""
    return _secret(PASSPHRASE, "ledger-passphrase")


def pin() -> str | None:
    """Of the hardware token; None: there is none. Raises OSError, UnicodeDecodeError."""
    found = _secret(PIN, "pkcs11-pin")
    return None if found is None else found.decode()


def catalogue_password() -> str | None:
    """Of the catalogue's PostgreSQL; None: libpq has its own places. Raises OSError, UnicodeDecodeError."""
    found = _secret(CATALOGUE, "catalogue-password")
    return None if found is None else found.decode()


def oidc_client_secret() -> str | None:
    """Of the single sign-on client; None: it has none. Raises OSError, UnicodeDecodeError."""
    found = _secret(OIDC, "oidc-client-secret")
    return None if found is None else found.decode()


def platform_token() -> str | None:
    """Of the upper platform that the feed is pushed to; None: it asks for none. Raises OSError, UnicodeDecodeError."""
    found = _secret(PLATFORM, "platform-token")
    return None if found is None else found.decode()


def credential(name: str) -> Path | None:
    """The file of a systemd credential, whether it is there or not; None: this is no service that has any."""
    folder = os.environ.get(_FOLDER)
    return Path(folder) / name if folder else None


def _secret(variable: str, name: str) -> bytes | None:
    value = os.environ.get(variable)
    if value:
        return os.fsencode(value)
    path = credential(name)
    if path is None or not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(_MOST).rstrip(b"\r\n") or None
