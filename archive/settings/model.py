"""What an archive's settings say, as values. docs/settings.md says what each does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

FORMAT: Final = 1
NAME: Final = "muniment.toml"
POLICIES: Final = ("accept", "quarantine", "refuse")
RELEASE_POLICIES: Final = ("never", "after-verify")
STORE_KINDS: Final = ("posix", "s3")
MOST_UPLOAD_MB: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """A bucket with versioning and Object Lock. Credentials come from the environment."""

    bucket: str
    prefix: str = ""  # before each key; empty, or ends in "/"
    endpoint: str | None = None  # URL; None: the region's own
    region: str = "us-east-1"
    retain_days: int = 183  # every new object is locked for so long, and longer while it is needed
    legal_hold: bool = False  # every object is also put under a legal hold, which has no end


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySettings:
    """An outside timestamp authority."""

    name: str  # for people, and of the files that are kept about it: letters, digits, ".", "-"
    url: str  # http or https; RFC 3161 over HTTP
    ca: Path  # PEM file of its root, the only one that is believed for it
    policy: str | None = None  # OID that is asked for, dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampSettings:
    """Who stamps checkpoints, and how often."""

    embedded: bool = True  # the agency's own authority stamps too
    require_sync: bool = (
        False  # the embedded one refuses while the host's clock is not synchronised
    )
    every_minutes: int = 60  # at least so often, where something other than timestamps came since
    authorities: tuple[AuthoritySettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSettings:
    """One independent witness."""

    url: str  # prefix; `add-checkpoint` is below it
    vkey: str  # C2SP cosignature verifier key, type 0x04 or 0x06


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """Which witnesses are asked, and how many of them make a checkpoint cosigned."""

    quorum: int = 0
    witnesses: tuple[WitnessSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Settings:
    """A ledger key in hardware. The PIN comes from the environment or a systemd credential."""

    module: Path  # the maker's library, absolute
    token: str  # label of the token
    label: str  # label of the key


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """A single sign-on provider (OpenID Connect). The client's secret comes from outside."""

    issuer: str  # URL; https, or http on this machine
    client_id: str
    name: str  # what people call it, on the sign-in page
    claim: str = "sub"  # which claim of the identity token names the person


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """How people sign in, and how long that lasts."""

    second_factor: frozenset[str] = frozenset()  # roles that must have one
    bind_network: bool = False  # a session that comes from another network ends
    session_minutes: int = 12 * 60  # a shift
    idle_minutes: int = 2 * 60
    oidc: OidcSettings | None = None  # None: people sign in here only


def _a_minute() -> dict[str, int]:
    return {"searches": 6000, "requests": 60, "uploads": 60, "stills": 120}


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What is between the network and the page."""

    tls_cert: Path | None = (
        None  # PEM: the certificate, then those up to its root; None: no TLS here
    )
    tls_key: Path | None = None  # PEM
    proxies: tuple[str, ...] = ()  # networks whose peers are believed about who asks, and how
    a_minute: Mapping[str, int] = field(default_factory=_a_minute)  # of each account; 0: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSettings:
    """What the agency tells the public, and whom above it."""

    url: str | None = None  # how people reach the public site: for the codes that lead there
    platform: str | None = None  # where the feed is pushed to; None: nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSettings:
    """An archive of another level that messages are exchanged with."""

    name: str  # for people
    fingerprint: str  # SHA-256 of its client certificate, DER, lower-case hex
    vkeys: tuple[str, ...]  # verifier keys of its ledger, all of one name: its origin
    url: str | None = None  # where it takes messages; None: it only sends
    ca: Path | None = None  # PEM: the roots that its server's certificate leads to

    @property
    def origin(self) -> str:
        """The name of its ledger."""
        return self.vkeys[0].partition("+")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    """Exchange between levels (docs/formats/exchange.md)."""

    tls_cert: Path | None = None  # PEM: with it this archive serves, and asks its peers
    tls_key: Path | None = None
    client_ca: Path | None = None  # PEM: the roots that certificates of peers lead to
    most_mb: int = 20_000  # of what a peer has under way, in 1,000,000 bytes
    keep_days: int = 14  # what is not gone on with for so long is forgotten
    peers: tuple[PeerSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """See docs/settings.md for what each does."""

    origin: str  # name of the ledger, as in its checkpoints
    station: str  # id
    unit: str | None  # id of the station's unit
    sm3: bool
    time_zone: str
    unregistered_recorder: str  # one of POLICIES
    unregistered_officer: str  # one of POLICIES
    catalogue_url: str | None  # None: catalogue.db under ROOT
    clock_set: bool  # a recorder's clock is set after the receipt
    release_policy: str  # one of RELEASE_POLICIES
    immutable: bool  # objects get the file attributes that keep root from changing them
    sealer: Path | None  # socket of the service that sets them where we may not
    gat947_library: Path | None  # a maker's SDK for recorders that speak GA/T 947
    hosts: tuple[str, ...]  # names under which the page may be reached, beside loopback
    upload_mb: int = 200  # the largest document that the page and the API take, in 1,000,000 bytes
    edge: EdgeSettings = field(default_factory=EdgeSettings)
    url: str | None = None  # how people reach the page: scheme, name and port; no path
    s3: S3Settings | None = None  # None: objects are files below ROOT/store
    timestamps: TimestampSettings = field(default_factory=TimestampSettings)
    witnesses: WitnessPolicy = field(default_factory=WitnessPolicy)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    public: PublicSettings = field(default_factory=PublicSettings)
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)
    pkcs11: Pkcs11Settings | None = None  # None: the ledger key is keys/ledger.key

    @property
    def zone(self) -> ZoneInfo:
        """The zone that recorders' clocks run in."""
        return ZoneInfo(self.time_zone)
