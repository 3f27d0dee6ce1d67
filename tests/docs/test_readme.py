"""What README tells people to type works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def typed(command: str, cwd: Path) -> str:
    """What a shell answers to a line of README."""
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    environment.pop("MUNIMENT_ROOT", None)
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_every_command_of_the_list_works_in_its_order(tmp_path: Path) -> None:
    recorder = tmp_path / "RECORDER"
    recorder.mkdir()
    (recorder / "DCAM_DSJ4A00042_012345_20260117_080000_IMP.mp4").write_bytes(b"clip")
    (recorder / "笔录.txt").write_text("笔录")
    (listed,) = blocks("sh")
    lines = [line.partition(" #")[0].strip() for line in listed.splitlines()]
    clip = ""
    for line in lines:
        answer = typed(line.replace("CLIP", clip), tmp_path)
        if found := re.search(r"clip-[0-9a-z]{26}", answer):
            clip = clip or found[0]
    assert len(lines) > 15
    assert clip


def test_every_make_target_that_is_named_is_there() -> None:
    named = set(
        re.findall(r"make (\w+)", "\n".join([*blocks(""), *re.findall(r"`(make [^`]+)`", README)]))
    )
    targets = set(re.findall(r"^(\w+): ##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named >= {"run", "test", "check", "setup", "bench", "clean"}
    assert named - targets == set()


@pytest.mark.parametrize("name", sorted(p.name for p in ROOT.glob("*.md")))
def test_every_file_that_is_linked_is_there(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_direct_dependency_is_in_the_list_of_licences() -> None:
    lines = (ROOT / "requirements" / "run.in").read_text("utf-8").splitlines()
    names = {re.split(r"[<>=\[]", line)[0] for line in lines if line and not line.startswith("#")}
    section = README[README.index("## Licences") :]
    assert {name for name in names if f"| {name}" not in section} == set()


def test_every_command_is_in_readme() -> None:
    from muniment.grammar import read_command

    text = read_command(["--help"], "en")
    assert isinstance(text, str)
    commands = re.findall(r"^  (\w+)  ", text.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) > 12
    assert [command for command in commands if f"muniment {command}" not in README] == []


# A section of each kind that `init` does not write.
OUTSIDE = """
[store]
kind = "s3"
[store.s3]
bucket = "evidence"
[[timestamps.authority]]
name = "a"
url = "http://a.invalid"
ca = "keys/a.pem"
[[witnesses.witness]]
url = "http://w.invalid"
vkey = "example.com/w+9870c5cc+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
[keys.pkcs11]
module = "/lib/p11.so"
token = "t"
label = "l"
[identity.oidc]
issuer = "https://idp.invalid"
client_id = "muniment"
[[exchange.peer]]
name = "province"
fingerprint = "0000000000000000000000000000000000000000000000000000000000000000"
vkeys = ["example.com/p+540e959d+Ad700FJT8I1mRJqhqMSqy4OFpHpd6Tnl7IKJJht489Dq"]
url = "https://p.invalid"
ca = "/etc/p.pem"
"""


def test_every_setting_is_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.ids import new_id
    from archive.settings import NAME, load, write_text
    from archive.settings.table import Table

    tables: list[Table] = []
    begin = Table.__init__

    def keep(self: Table, values: dict[str, Any], path: Path, name: str = "") -> None:
        begin(self, values, path, name)
        tables.append(self)

    monkeypatch.setattr(Table, "__init__", keep)
    written = write_text(
        origin="o.invalid/a", station=new_id("station"), unit=None, sm3=False, catalogue_url=None
    )
    written = written.replace("[serve]\n", '[serve]\nurl = "https://archive.invalid"\n')
    (tmp_path / NAME).write_text(written + OUTSIDE)
    load(tmp_path)
    known = {
        (re.sub(r"\[\d+\]", "", table._name), name)
        for table in tables
        for name in table._asked
        if table._name or name in {"format", "origin", "station"}
    }
    known -= {("store", "s3"), ("timestamps", "authority"), ("witnesses", "witness")}
    known -= {("exchange", "peer")}
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = set(re.findall(r"^\| (?:`([\w.]+)`)? ?\| `(\w+)` \|", text, re.MULTILINE))
    assert rows == known - {("keys", "pkcs11"), ("identity", "oidc")}
