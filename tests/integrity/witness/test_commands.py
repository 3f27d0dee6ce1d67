"""`witness vkey`, `witness ask`, `doctor` and the served checkpoint, as people and scripts meet them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.serving import open_accounts
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.opening import create_archive, open_archive
from muniment.answer import Asked
from muniment.commands.doctor import doctor
from muniment.commands.witnessing import ask, serve, vkey
from muniment.errors import WrongUsageError
from muniment.messages import LANGUAGES, Language
from tests.fakes.witnesses import cosigner, lying, new_witness, serving


def asked(root: Path, language: Language = "en") -> Asked:
    return Asked(root=root, json=False, language=language)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_archive(tmp_path / "a", origin="test.invalid/ledger")
    return tmp_path / "a"


def configure(root: Path, *urls: str) -> None:
    text = (root / "muniment.toml").read_text()
    for number, url in enumerate(urls):
        key = cosigner(number).verifier.vkey()
        text += f'\n[[witnesses.witness]]\nurl = "{url}"\nvkey = "{key}"\n'
    (root / "muniment.toml").write_text(text)


@pytest.fixture
def witness(root: Path, tmp_path: Path) -> Iterator[str]:
    with open_archive(root, write=False) as archive:
        log = archive.reader.verifier
    with closing(new_witness(tmp_path / "w", log)) as witness, serving(witness) as url:
        yield url


def looked(root: Path) -> tuple[bool, str] | None:
    """What `doctor` says of witnesses."""
    checks = doctor(asked(root)).document["checks"]
    return next(((c["ok"], c["detail"]) for c in checks if c["name"] == "witnesses"), None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_asking_says_who_cosigned(root: Path, witness: str, language: Language) -> None:
    configure(root, witness)
    answer = ask(asked(root, language))
    assert answer.status == 0
    assert "witness.invalid/0" in answer.text
    assert ("已见证" if language == "zh" else "Cosigned: 1 of 1") in answer.text
    assert answer.document["reached"]
    (one,) = answer.document["witnesses"]
    assert (one["ok"], one["code"], one["time"][-1]) == (True, "cosigned", "Z")


def test_too_few_is_partly_done_and_another_history_is_damage(root: Path, witness: str) -> None:
    with lying(lambda _: (403, "text/plain", b"no\n")) as (refusing, _):
        configure(root, witness, refusing)
        answer = ask(asked(root))
        assert (answer.status, answer.document["reached"]) == (3, False)
        assert "muniment ledger vkey" in answer.text
    with lying(lambda _: (422, "text/plain", b"no\n")) as (forked, _):
        toml = root / "muniment.toml"
        toml.write_text(toml.read_text().replace(refusing, forked))
        assert ask(asked(root)).status == 1


def test_without_witnesses_that_is_said(root: Path) -> None:
    assert "witnesses.witness" in ask(asked(root)).text
    assert looked(root) is None


def test_doctor_says_whether_there_is_a_quorum(
    root: Path, witness: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root, witness)
    told = looked(root)
    assert told is not None
    assert (told[0], "0 of 1" in told[1]) == (False, True)
    ask(asked(root))
    assert looked(root) == (True, "1 of 1 needed, 2 entries")
    toml = root / "muniment.toml"
    with lying(lambda _: (500, "text/plain", b"")) as (broken, _):
        toml.write_text(toml.read_text().replace(witness, broken))
        ask(asked(root))
    told = looked(root)
    assert told is not None
    assert told[1].startswith("witness.invalid/0 since 2")
    assert told[0], "it may be away for an hour"
    assert "attention  witness.invalid/0" in doctor(asked(root)).text
    monkeypatch.setattr("muniment.commands.doctor._SHORT", timedelta(0))
    told = looked(root)
    assert told is not None
    assert told[0] is False


def test_the_cosigned_checkpoint_is_open_to_everybody(root: Path, witness: str) -> None:
    configure(root, witness)
    with open_archive(root, write=True) as archive, closing(open_accounts(archive)) as accounts:
        app = create_app(archive, accounts=accounts)
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            before = client.get("/ledger/checkpoint.cosigned")
            ask(asked(root))
            after = client.get("/ledger/checkpoint.cosigned")
    assert (before.status_code, before.json()["code"]) == (404, "P021")
    assert after.content == (root / "ledger" / "checkpoint.cosigned").read_bytes()
    assert after.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_witness_prints_keys_that_settings_take(tmp_path: Path) -> None:
    answer = vkey(asked(tmp_path), folder=tmp_path / "w", name="w.invalid/1")
    assert answer.raw is not None
    kinds = [CosignatureVerifier.from_vkey(v).kind for v in answer.raw.decode().splitlines()]
    assert kinds == [4, 6]
    assert vkey(asked(tmp_path), folder=tmp_path / "w", name=None) == answer
    with pytest.raises(WrongUsageError, match=r"called w\.invalid/1 already"):
        vkey(asked(tmp_path), folder=tmp_path / "w", name="w.invalid/2")
    with pytest.raises(WrongUsageError, match="no name"):
        vkey(asked(tmp_path), folder=tmp_path / "x", name="a b")


def test_a_witness_of_nothing_is_not_started(tmp_path: Path) -> None:
    for logs in ((), ("nonsense",), (cosigner().verifier.vkey(),)):
        with pytest.raises(WrongUsageError):
            serve(
                asked(tmp_path),
                folder=tmp_path / "w",
                name="w.invalid",
                logs=logs,
                host="127.0.0.1",
                port=0,
            )
