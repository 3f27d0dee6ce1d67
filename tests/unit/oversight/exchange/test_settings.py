"""Who exchanges with this archive is said without a mistake, or the archive is not opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.errors import SettingsError
from archive.ids import new_id
from archive.ledger.note import Ed25519KeySigner
from archive.settings import NAME, Settings, load, write_text


def vkey(origin: str) -> str:
    """A new key of a ledger."""
    return Ed25519KeySigner(origin, Ed25519PrivateKey.generate()).verifier.vkey()


KEY, NEXT, OTHER = vkey("p.test/a"), vkey("p.test/a"), vkey("q.test/a")
FINGERPRINT = ":".join(["AB"] * 32)
PEER = f'[[exchange.peer]]\nname = "province"\nfingerprint = "{FINGERPRINT}"\nvkeys = ["{KEY}"]\n'
BESIDE = PEER.replace("AB", "CD").replace(KEY, OTHER)


def read(folder: Path, said: str) -> Settings:
    """The settings of an archive that says so."""
    text = write_text(
        origin="o.test/a", station=new_id("station"), unit=None, sm3=False, catalogue_url=None
    )
    (folder / NAME).write_text(f"{text}\n{said}")
    return load(folder)


def test_a_peer_has_the_name_of_its_ledger_and_openssls_fingerprint(tmp_path: Path) -> None:
    said = PEER.replace(f'["{KEY}"]', f'["{KEY}", "{NEXT}"]')
    said += 'url = "https://p.test:8444/door/"\nca = "/etc/p.pem"\n'
    [peer] = read(tmp_path, said).exchange.peers
    assert (peer.origin, peer.fingerprint) == ("p.test/a", "ab" * 32)
    assert peer.url == "https://p.test:8444/door"


@pytest.mark.parametrize(
    "said",
    [
        '[exchange]\ntls_cert = "/etc/a.pem"',
        '[exchange]\nclient_ca = "a.pem"',
        "[exchange]\nmost_mb = 0",
        "[exchange]\nkeep_days = 99999",
        "[exchange]\npeers = []",
        PEER.replace("province", "a b"),
        PEER.replace("AB", "XY"),
        PEER.replace(KEY, "x"),
        PEER.replace(f'["{KEY}"]', "[]"),
        PEER.replace(f'["{KEY}"]', "[1]"),
        PEER.replace(f'["{KEY}"]', f'["{KEY}", "{OTHER}"]'),
        PEER + 'url = "https://p.test"',
        PEER + 'url = "http://p.test"\nca = "/etc/p.pem"',
        PEER + 'url = "https://me:word@p.test"\nca = "/etc/p.pem"',
        PEER + 'url = "https://p.test/?a"\nca = "/etc/p.pem"',
        PEER + "more = 1",
        PEER + BESIDE,  # the same name
        PEER + BESIDE.replace("province", "county").replace("CD", "AB"),
        PEER + BESIDE.replace("province", "county").replace(OTHER, NEXT),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, said: str) -> None:
    with pytest.raises(SettingsError):
        read(tmp_path, said)
    two = PEER + BESIDE.replace("province", "county")
    assert len(read(tmp_path, two).exchange.peers) == len(["province", "county"])
