"""Asking authorities: a request, its answer checked, and what there is about revocation that day.

Holds: a stamp that comes out of here has passed every check of checking.py; a list of revoked certificates that
cannot be had does not keep time from the archive, but is told; a token whose time is far from this machine's is
refused where that one's clock is in step, and else told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from archive.errors import NotAnArchiveError
from archive.settings.model import AuthoritySettings
from archive.timestamps import asking, names
from archive.timestamps.chain import foreign, read_pem
from archive.timestamps.checking import CheckedToken, check_token
from archive.timestamps.clock import Clock, host_clock
from archive.timestamps.embedded import EmbeddedAuthority
from archive.timestamps.errors import TokenError
from archive.timestamps.fetching import Call, fetch
from archive.timestamps.revocation import Revocation

_REPLY: Final = frozenset({"application/timestamp-reply"})  # RFC 3161, 3.4
_APART_MS: Final = 600_000  # between two clocks; as the verifiers of packages have it
_MOST_REPLY: Final = 64 << 10
_MOST_LIST: Final = 8 << 20
_MOST_POINTS: Final = 3  # addresses that are tried for one certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A token that passed every check."""

    token: bytes
    checked: CheckedToken
    ca: bytes  # PEM
    revocation: tuple[Revocation, ...]
    apart: str | None = None  # what has to be said of its time; None: it is about ours


def ask_outside(
    authority: AuthoritySettings, message: bytes, *, clock: Clock = host_clock
) -> Answer:
    """A token over SHA-256 of a message, from an outside authority. Raises TokenError."""
    ca = _read(authority.ca, "root")
    request = _request(message, authority.policy)
    reply = fetch(
        Call(
            url=authority.url,
            body=asking.encode_request(request),
            sends="application/timestamp-query",
            wants=_REPLY,
            most=_MOST_REPLY,
        )
    )
    answer = _check(reply, request, message, ca, ())
    apart = _apart(answer.checked, clock)
    revocation = tuple(_collect(answer.checked, ca))
    answer = _check(reply, request, message, ca, revocation) if revocation else answer
    return replace(answer, apart=apart)


def ask_embedded(root: Path, message: bytes, *, require_sync: bool, not_before: int = 0) -> Answer:
    """A token over SHA-256 of a message, from the agency's own authority.

    Args:
        root: of the archive.
        message: what it is over.
        require_sync: refuse where the clock is not in step.
        not_before: milliseconds since the epoch; what the newest token of this authority says.

    Raises:
        TokenError: there is none.
    """
    request = _request(message, None)
    try:
        authority = EmbeddedAuthority(
            root, archives_only=True, require_sync=require_sync, not_before=not_before
        )
    except NotAnArchiveError as e:
        raise TokenError("unreachable", f"the disk of {root} went away: bring it back") from e
    except OSError as e:
        raise TokenError("unreachable", f"the embedded authority cannot be started: {e}") from e
    with authority:
        reply = authority.ask(asking.encode_request(request))
    # What it has not had, or what had aged, it made before it answered: read only now.
    asking.decode_answer(reply)
    revoked = Revocation(kind="crl", der=_read(root / names.CRL, "revocation"))
    return _check(reply, request, message, _read(root / names.CA_PEM, "root"), (revoked,))


def _apart(checked: CheckedToken, clock: Clock) -> str | None:
    """What has to be said where two clocks differ and ours is not in step. Raises TokenError: ours is."""
    reading = clock()
    apart = round(checked.time.timestamp() * 1000) - reading.milliseconds
    if abs(apart) <= _APART_MS:
        return None
    where = "after" if apart > 0 else "before"
    reason = f"its time is {abs(apart) // 60_000} minutes {where} this machine's: one of the two is wrong"
    if reading.synchronised:
        raise TokenError("time", reason)
    return f"{reason}; this machine's clock is not synchronised"


def _request(message: bytes, policy: str | None) -> asking.Request:
    digest = hashlib.sha256(message).digest()
    return asking.Request(
        imprint=asking.imprint_of(digest),
        policy=policy,
        nonce=asking.new_nonce(),
        certificates=True,
    )


def _check(
    reply: bytes,
    request: asking.Request,
    message: bytes,
    ca: bytes,
    revocation: tuple[Revocation, ...],
) -> Answer:
    token = asking.decode_answer(reply)
    checked = check_token(
        token,
        imprint=hashlib.sha256(message).digest(),
        ca=ca,
        chain=b"",
        revocation=revocation,
        nonce=request.nonce,
        policy=request.policy,
    )
    return Answer(token=token, checked=checked, ca=ca, revocation=revocation)


def _read(path: Path, code: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise TokenError(code, f"{path} cannot be read: {e.strerror}") from e


# Revocation data of the day


def _collect(checked: CheckedToken, ca: bytes) -> Iterator[Revocation]:
    """What the certificates' own addresses say; one that is mute or lies is passed over, and told by the check."""
    path = read_pem(checked.chain, "chain", "the chain")
    root = read_pem(ca, "root", "the root")[0]
    for certificate, issuer in zip(path, (*path[1:], root), strict=True):
        found = _list(certificate) or _answer(certificate, issuer)
        if found is not None:
            yield found


def _list(certificate: x509.Certificate) -> Revocation | None:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return None
    found = [name for point in points for name in point.full_name or ()]
    for url in _addresses(found):
        call = Call(url=url, body=None, sends=None, wants=frozenset(), most=_MOST_LIST)
        try:
            data = fetch(call)
            with foreign("revocation", "a list of revoked certificates"):
                if x509.load_der_x509_crl(data).issuer == certificate.issuer:
                    return Revocation(kind="crl", der=data)
        except TokenError:
            continue
    return None


def _answer(certificate: x509.Certificate, issuer: x509.Certificate) -> Revocation | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return None
    wanted = AuthorityInformationAccessOID.OCSP
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    request = builder.build().public_bytes(Encoding.DER)
    for url in _addresses([d.access_location for d in access.value if d.access_method == wanted]):
        call = Call(
            url=url,
            body=request,
            sends="application/ocsp-request",
            wants=frozenset({"application/ocsp-response"}),
            most=_MOST_REPLY,
        )
        try:
            data = fetch(call)
            with foreign("revocation", "an OCSP answer"):
                status = ocsp.load_der_ocsp_response(data).response_status
        except TokenError:
            continue
        if status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Revocation(kind="ocsp", der=data)
    return None


def _addresses(found: list[x509.GeneralName]) -> list[str]:
    """Only http (RFC 5280, 8): to check a certificate must not need another one's."""
    urls = [name.value for name in found if isinstance(name, x509.UniformResourceIdentifier)]
    return [url for url in urls if url.lower().startswith("http://")][:_MOST_POINTS]
