"""The embedded authority's root, stamping certificate and list of revoked certificates, in ROOT/authority/.

```
ROOT/authority/          0700
  ca.key  ca.pem         root, P-256, 25 years; signs the two below and nothing else
  tsa.key tsa.pem        what stamps, P-256, 6 years; another one is made two years before it ends
  ca.crl                 certificates that were taken back (none), DER; made anew every week
  clock                  see lease.py
```

Holds: a certificate and its key are replaced key first, and a pair that does not fit is made again; so a cut at
any moment leaves what the next start mends. Not here: the ledger's keys; nothing in this folder can sign a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.durable import Disk
from archive.errors import NotAnArchiveError
from archive.timestamps.names import FOLDER

_YEAR: Final = timedelta(days=365.25)
# Before any archive: a clock that was wrong when the root was made must not make later tokens impossible.
_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_CA_YEARS: Final = 25
_LEAF_YEARS: Final = 6
_RENEW_YEARS: Final = 2
_CRL_EVERY: Final = timedelta(days=7)
_CRL_LASTS: Final = timedelta(days=60)
_NO_USAGE: Final = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_authority(root: Path, *, now: datetime, disk: Disk | None = None) -> Pair:
    """Make what is not there yet, and what has aged, anew; returns what stamps.

    Raises:
        NotAnArchiveError: the root's key cannot be read, or is another one's. Nothing was changed.
        OSError: the medium failed.
    """
    disk = disk or Disk()
    folder = make_folder(root, disk)
    ca = _load(folder, "ca")
    if ca is None:
        if (folder / "ca.pem").exists():
            raise NotAnArchiveError(
                f"{FOLDER}/ca.pem is there, but {FOLDER}/ca.key is not its key: put back the right one from a"
                " backup, or move the folder away and a new authority is made"
            )
        ca = _keep(folder, "ca", _new_ca(now), disk)
    leaf = _load(folder, "tsa")
    if leaf is None or not _is_fresh(leaf.certificate, ca, now):
        leaf = _keep(folder, "tsa", _new_leaf(ca, now), disk)
    _keep_crl(folder, ca, now, disk)
    return leaf


def make_folder(root: Path, disk: Disk) -> Path:
    """ROOT/authority, for its owner alone. Raises OSError."""
    folder = root / FOLDER
    disk.make_dirs_synced(folder)
    folder.chmod(0o700)
    return folder


def _load(folder: Path, name: str) -> Pair | None:
    """A pair that fits; None where there is none. Raises OSError."""
    try:
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if (
        not isinstance(key, ec.EllipticCurvePrivateKey)
        or key.public_key() != certificate.public_key()
    ):
        return None
    return Pair(key=key, certificate=certificate)


def _is_fresh(leaf: x509.Certificate, ca: Pair, now: datetime) -> bool:
    ends = min(leaf.not_valid_after_utc, ca.certificate.not_valid_after_utc)
    return (
        leaf.issuer == ca.certificate.subject
        and leaf.not_valid_before_utc <= now
        and (now < ends - _RENEW_YEARS * _YEAR or ends == ca.certificate.not_valid_after_utc)
    )


def _keep(folder: Path, name: str, pair: Pair, disk: Disk) -> Pair:
    pem = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    disk.replace_file(folder / f"{name}.key", pem, mode=0o600)
    disk.replace_file(folder / f"{name}.pem", pair.certificate.public_bytes(Encoding.PEM))
    return pair


def _name(kind: str, serial: int) -> x509.Name:
    """Labelled for who meets it far from us, and told apart from every other archive's."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Muniment"),
            # RFC 5280, upper bound of a common name: 64
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"{kind} issued by this agency itself / 本机关自签"
            ),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{serial:040x}"),
        ]
    )


def _new_ca(now: datetime) -> Pair:
    key, serial = ec.generate_private_key(ec.SECP256R1()), x509.random_serial_number()
    name = _name("Timestamp root", serial)
    usage = x509.KeyUsage(**{**_NO_USAGE, "key_cert_sign": True, "crl_sign": True})
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, serial_number=serial)
        .public_key(key.public_key())
        .not_valid_before(_BEGIN)
        .not_valid_after(max(now, _BEGIN) + _CA_YEARS * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Pair(key=key, certificate=builder.sign(key, hashes.SHA256()))


def _new_leaf(ca: Pair, now: datetime) -> Pair:
    key, serial = ec.generate_private_key(ec.SECP256R1()), x509.random_serial_number()
    ends = min(now + _LEAF_YEARS * _YEAR, ca.certificate.not_valid_after_utc)
    usage = x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True})
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    issuer_key = ca.key.public_key()
    builder = (
        x509.CertificateBuilder(
            subject_name=_name("Timestamps", serial),
            issuer_name=ca.certificate.subject,
            serial_number=serial,
        )
        .public_key(key.public_key())
        .not_valid_before(now - timedelta(seconds=1))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(stamping, critical=True)  # RFC 3161, 2.3: critical, and the only purpose
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )
    return Pair(key=key, certificate=builder.sign(ca.key, hashes.SHA256()))


def _keep_crl(folder: Path, ca: Pair, now: datetime, disk: Disk) -> None:
    path = folder / "ca.crl"
    try:
        made = x509.load_der_x509_crl(path.read_bytes()).last_update_utc
    except (FileNotFoundError, ValueError):
        made = None
    if made is not None and made <= now < made + _CRL_EVERY:
        return
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(now - timedelta(seconds=1))
        .next_update(now + _CRL_LASTS)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    disk.replace_file(path, crl.public_bytes(Encoding.DER))
