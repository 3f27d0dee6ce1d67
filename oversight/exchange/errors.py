"""What exchange refuses. Codes O085-O089, listed in docs/errors.md, never reused."""

from __future__ import annotations

from oversight.errors import OversightError

_REFUSED = 4
_MACHINE = 5


class UnknownPeerError(OversightError):
    """The settings name no such archive to exchange with. Nothing was done."""

    code = "O085"
    exit_status = _REFUSED


class MessageRefusedError(OversightError):
    """It is no message of this peer to this archive, or not what was announced. Nothing was recorded."""

    code = "O086"
    exit_status = _REFUSED


class PackageRefusedError(OversightError):
    """The package does not hold: its verifier found something, or its signer is not the peer. Nothing was recorded."""

    code = "O087"
    exit_status = _REFUSED


class PeerError(OversightError):
    """The peer is away, refuses or answers nonsense. Nothing counts as acknowledged; it waits, and is sent again."""

    code = "O088"
    exit_status = _MACHINE
    retryable = True


class ExchangeUnreadableError(OversightError):
    """exchange.db, or what lies in exchange/, cannot be used. The ledger has what was sent and received."""

    code = "O089"
    exit_status = _MACHINE
    retryable = True
