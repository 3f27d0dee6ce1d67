"""Object identifiers that timestamps are made of, and this product's own policies."""

from __future__ import annotations

from typing import Final

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"  # RFC 5652, 5.1
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"  # RFC 3161, 2.4.2
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"  # RFC 5652, 11.1
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"  # RFC 5652, 11.2
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"  # RFC 2634, 5.4: SHA-1
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"  # RFC 5816
SHA1: Final = "1.3.14.3.2.26"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
SM3: Final = "1.2.156.10197.1.401"  # GB/T 33560
ECDSA_SHA256: Final = "1.2.840.10045.4.3.2"  # RFC 5758
ECDSA_SHA384: Final = "1.2.840.10045.4.3.3"
ECDSA_SHA512: Final = "1.2.840.10045.4.3.4"
RSA: Final = "1.2.840.113549.1.1.1"
RSA_SHA256: Final = "1.2.840.113549.1.1.11"
RSA_SHA384: Final = "1.2.840.113549.1.1.12"
RSA_SHA512: Final = "1.2.840.113549.1.1.13"

DIGEST_NAMES: Final = {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512", SM3: "sm3"}
DIGEST_SIZES: Final = {SHA256: 32, SHA384: 48, SHA512: 64, SM3: 32}

# Policies of the embedded authority. ITU-T X.667: below 2.25 everybody has room, by a UUID of one's own.
_OWN: Final = "2.25.246333031914972279593450904225153250574"
POLICY_SYNCHRONISED: Final = f"{_OWN}.1"  # the host's clock was in step, to a second
POLICY_UNSYNCHRONISED: Final = f"{_OWN}.2"  # nobody vouches for the host's clock

FOLDER: Final = "authority"  # below ROOT; what lies there: certificates.py
CA_PEM: Final = f"{FOLDER}/ca.pem"
CRL: Final = f"{FOLDER}/ca.crl"
LABEL: Final = "issued by this agency itself / 本机关自签"
EMBEDDED: Final = "embedded"  # name of the agency's own authority in entries and packages
