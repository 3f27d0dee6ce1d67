"""TLS with the agency's own certificate.

What always holds: TLS 1.2 or later (RFC 9325, 3.1.1), no compression, no renegotiation; a certificate that changed on
disk is taken for new connections without a restart, and one that cannot be read is left aside, with a line in the log,
while the one before stays.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)


class Certificate:
    """A certificate chain and its key, in PEM files, and the context that uses them."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Read them.

        Raises:
            OSError: a file cannot be read, or is not what it has to be (ssl.SSLError is one).
        """
        self._chain, self._key = chain, key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        self.context.set_alpn_protocols(["http/1.1"])
        self._seen = self._state()
        self.context.load_cert_chain(chain, key)

    def look(self) -> bool:
        """Take what changed since. Whether it was taken."""
        try:
            state = self._state()
            if state == self._seen:
                return False
            # Into a context of its own first: half a pair must not reach the one in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._chain, self._key)
            self.context.load_cert_chain(self._chain, self._key)
        except OSError as error:
            _log.error("the new certificate cannot be used", detail=error.strerror or str(error))
            return False
        self._seen = state
        _log.info("the certificate was read again")
        return True

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        stats = (path.stat() for path in (self._chain, self._key))
        return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in stats)
