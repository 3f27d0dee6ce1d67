"""Outside timestamp authorities that live as long as a test: certificates, tokens with any one thing wrong, a server.

The tokens are put together here and not by the embedded authority, so that a checker is not tested by its twin.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID, ObjectIdentifier

from archive.timestamps import asking, der, names

POLICY = "1.3.6.1.4.1.4146.2.3"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def new_ca(name: str = "Test root", *, above: Holder | None = None) -> Holder:
    """A root; or an authority below another one."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, above, key, NOW - 3650 * DAY, NOW + 3650 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signer = above.key if above is not None else key
    return Holder(key=key, certificate=builder.sign(signer, hashes.SHA256()))


def new_leaf(
    ca: Holder,
    *,
    name: str = "Test stamps",
    purposes: Sequence[ObjectIdentifier] = (Purpose.TIME_STAMPING,),
    critical: bool = True,
    starts: datetime = NOW - 365 * DAY,
    ends: datetime = NOW + 3 * 365 * DAY,
    short: bool = False,
    crl: str | None = None,
    ocsp_at: str | None = None,
) -> Holder:
    """A certificate that may stamp, but for what is asked to be wrong with it."""
    key: Key = (
        rsa.generate_private_key(65537, 2048) if short else ec.generate_private_key(ec.SECP256R1())
    )
    builder = _builder(name, ca, key, starts, ends)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    if crl is not None:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if ocsp_at is not None:
        where = x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(ocsp_at))
        builder = builder.add_extension(x509.AuthorityInformationAccess([where]), critical=False)
    return Holder(key=key, certificate=builder.sign(ca.key, hashes.SHA256()))


def _builder(
    name: str, issuer: Holder | None, key: Key, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer is not None else subject)
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )


def crl_of(
    ca: Holder,
    *revoked: Holder,
    at: datetime = NOW - DAY,
    reason: x509.ReasonFlags | None = None,
    until: datetime = NOW + 30 * DAY,
) -> bytes:
    """A list of revoked certificates, DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(NOW - 10 * DAY)
        .next_update(until)
    )
    for holder in revoked:
        entry = x509.RevokedCertificateBuilder(holder.certificate.serial_number, at)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)


def ocsp_of(
    ca: Holder, leaf: Holder, *, revoked: datetime | None = None, by: Holder | None = None
) -> bytes:
    """An OCSP answer by the issuer itself, or by a delegate; DER."""
    status = ocsp.OCSPCertStatus.GOOD if revoked is None else ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf.certificate,
        issuer=ca.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - what responders are asked with
        cert_status=status,
        this_update=NOW - DAY,
        next_update=NOW + DAY,
        revocation_time=revoked,
        revocation_reason=None,
    )
    signer = by or ca
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if by is not None:
        builder = builder.certificates([by.certificate])
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """Makes tokens with one key; each with at most what it is told to do wrong."""

    signer: Holder
    held: tuple[Holder, ...] | None = None  # certificates in the token; None: the signer's

    def token(
        self,
        imprint: bytes,
        *,
        algorithm: str = names.SHA256,
        nonce: int | None = None,
        policy: str = POLICY,
        moment: datetime = NOW,
        accuracy: bytes = b"",
        serial: int = 77,
        named: Holder | None = None,  # that the token says signed it
        essence: bool = True,
        extensions: bytes = b"",
    ) -> bytes:
        """A TimeStampToken."""
        milliseconds = int(moment.timestamp() * 1000)
        info = der.sequence(
            der.integer(1),
            der.oid(policy),
            asking.imprint_of(imprint, algorithm),
            der.integer(serial),
            der.time_of(milliseconds),
            accuracy,
            der.integer(nonce) if nonce is not None else b"",
            extensions,
        )
        certificate = (named or self.signer).der
        attributes = [
            _attribute(names.CONTENT_TYPE, der.oid(names.TST_INFO)),
            _attribute(names.MESSAGE_DIGEST, der.octets(hashlib.sha256(info).digest())),
        ]
        if essence:
            digest = der.octets(hashlib.sha256(certificate).digest())
            value = der.sequence(der.sequence(der.sequence(digest)))
            attributes.append(_attribute(names.SIGNING_CERTIFICATE_V2, value))
        signed = der.sorted_set(attributes)
        held = self.held if self.held is not None else (self.signer,)
        leaf = self.signer.certificate
        signer_info = der.sequence(
            der.integer(1),
            der.sequence(leaf.issuer.public_bytes(), der.integer(leaf.serial_number)),
            der.sequence(der.oid(names.SHA256)),
            der.sorted_set(attributes, der.context(0)),
            *_sign(self.signer.key, signed),
        )
        body = der.sequence(
            der.integer(3),
            der.sorted_set([der.sequence(der.oid(names.SHA256))]),
            der.sequence(der.oid(names.TST_INFO), der.tlv(der.context(0), der.octets(info))),
            der.sorted_set([h.der for h in held], der.context(0)) if held else b"",
            der.sorted_set([signer_info]),
        )
        return der.sequence(der.oid(names.SIGNED_DATA), der.tlv(der.context(0), body))


def _attribute(name: str, value: bytes) -> bytes:
    return der.sequence(der.oid(name), der.sorted_set([value]))


def _sign(key: Key, data: bytes) -> tuple[bytes, bytes]:
    if isinstance(key, rsa.RSAPrivateKey):
        value = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return der.sequence(der.oid(names.RSA), der.NULL), der.octets(value)
    value = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return der.sequence(der.oid(names.ECDSA_SHA256)), der.octets(value)


# Over HTTP


@dataclass(slots=True)
class Page:
    """What a server answers at one path."""

    body: Callable[[bytes], bytes]  # of the request's
    status: int = 200
    kind: str = "application/timestamp-reply"
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0  # seconds before each byte
    before: float = 0.0  # seconds before the first
    asked: int = 0


@contextmanager
def serving(pages: dict[str, Page]) -> Iterator[str]:
    """A web server on loopback; its address without a slash at the end. Pages may be added while it runs."""
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            page = pages.get(self.path)
            if page is None:
                self.send_error(404)
                return
            page.asked += 1
            body = page.body(sent)
            ending.wait(page.before)
            self.send_response(page.status)
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(body, page.drip)

        def _send(self, body: bytes, drip: float) -> None:
            try:
                if not drip:
                    self.wfile.write(body)
                for byte in body if drip else b"":
                    if ending.wait(drip):
                        break
                    self.wfile.write(bytes([byte]))
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked did not wait

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answering(forger: Forger, **wrong: object) -> Page:
    """A page of an authority that stamps what it is asked, now; with what it is told to do wrong."""

    def body(sent: bytes) -> bytes:
        request = asking.decode_request(sent)
        _, digest = asking.read_imprint(request.imprint)
        how: dict[str, object] = {"nonce": request.nonce, "policy": request.policy or POLICY}
        how["moment"] = datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)
        how |= wrong
        imprint = how.pop("imprint", digest)
        return asking.encode_granted(forger.token(imprint, **how))  # type: ignore[arg-type]

    return Page(body=body)
