"""`muniment key …` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.keys import secrets
from tests.integrity.keys.places import PASSPHRASE, found, newest, write

MUNIMENT = Path(sys.executable).with_name("muniment")


def typed(
    root: Path,
    *words: str,
    status: int = 0,
    given: str = "",
    environment: Mapping[str, str] | None = None,
) -> Any:
    """The document that a command answers with."""
    done = subprocess.run(
        [MUNIMENT, "--root", root, "--json", *words],
        check=False,
        capture_output=True,
        input=given.encode(),
        env={**os.environ, **(environment or {})},
    )
    assert done.returncode == status, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_key_is_changed_withdrawn_protected_and_listed(root: Path) -> None:
    first = newest(root).id.hex()
    rotated = typed(root, "key", "rotate")
    assert (rotated["before"], rotated["vkey"]) == (first, newest(root).vkey())
    retired = typed(root, "key", "retire", "--compromised", "--reason", "笔记本被盗")
    assert retired["before"] == rotated["id"]
    typed(root, "key", "protect", given=PASSPHRASE + "\n")
    refused = typed(root, "key", "rotate", status=5)
    assert refused["error"]["code"] == "A090"
    secret = {secrets.PASSPHRASE: PASSPHRASE}
    keys = typed(root, "key", "list", environment=secret)["keys"]
    assert [key["status"] for key in keys] == ["rotated", "compromised", "in_force"]
    assert [key["id"] for key in keys] == [first, rotated["id"], retired["id"]]
    assert keys[-1]["place"] == "passphrase"
    assert typed(root, "ledger", "vkey")["vkey"] == retired["vkey"] == keys[-1]["vkey"]
    assert found(root) == []


def test_a_short_passphrase_and_a_missing_token_change_nothing(root: Path) -> None:
    assert typed(root, "key", "protect", given="short\n", status=4)["error"]["code"] == "A093"
    assert typed(root, "key", "rotate", "--to-pkcs11", status=4)["error"]["code"] == "A093"
    typed(root, "key", "retire", "--reason", "none", status=2)
    write(root)
    assert len(typed(root, "key", "list")["keys"]) == 1
