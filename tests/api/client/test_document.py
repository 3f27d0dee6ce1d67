"""What docs/client.md shows works as it stands."""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from muniment import client
from tests.api.client.inside import Inside
from tests.api.world import BASE, VIDEO, World

TEXT = (Path(__file__).parents[3] / "docs" / "client.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_first_example_reads_a_case_and_keeps_its_film(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inside = Inside(world.test)

    class InProcess(client.Muniment):
        def __init__(
            self, address: str, *, token: str, transport: httpx.BaseTransport = inside
        ) -> None:
            super().__init__(address, token=token, transport=transport)

    monkeypatch.setattr(client, "Muniment", InProcess)
    monkeypatch.chdir(tmp_path)
    token, _ = world.accounts.open_session(world.accounts.by_name("chief"))
    exec(BLOCKS[0], {"address": BASE, "token": token})  # noqa: S102 - what the document shows
    found = hashlib.sha256((tmp_path / "first.mp4").read_bytes()).hexdigest()
    assert found == hashlib.sha256(VIDEO + b"first").hexdigest()
    said = capsys.readouterr().out
    assert found in said
    assert "clip.ingested" in said
    assert "404 P021" in said


def test_the_second_example_trusts_an_own_authority(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("".join(ssl.DER_cert_to_PEM_cert(c) for c in _roots()[:1]))
    names: dict[str, Any] = {"authority": authority, "token": "t", "Muniment": client.Muniment}
    exec(BLOCKS[1], names)  # noqa: S102 - as above
    assert isinstance(names["archive"], client.Muniment)


def _roots() -> list[bytes]:
    return ssl.create_default_context().get_ca_certs(binary_form=True)
