"""Calls pip and venv, tells how far they are, and turns their failures into one clear sentence.

Which index pip asks is the user's matter (pip.conf, PIP_*); it is not set here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from words import say

_PROGRESS_EVERY = 5.0  # seconds
_TAIL = 12  # lines of pip's own words when it fails


class SetupError(Exception):
    """The environment could not be made; says why in both languages and what to do."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


def pip(python: Path, arguments: list[str], *, total: int) -> None:
    """``pip install`` in the environment that has this Python.

    Raises:
        SetupError: pip failed. The environment may be half filled.
    """
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    call([str(python), "-m", "pip", "install", *options, *arguments], total=total)


def call(command: list[str], *, total: int) -> None:
    """Run one tool to its end, telling how far it is; its own words only when it fails.

    Raises:
        SetupError: it failed; the message holds its last lines and what to do.
    """
    # A user's pip.conf may say "user" or "target", which cannot be meant for this environment.
    environment = os.environ | {"PIP_USER": "0", "PYTHONNOUSERSITE": "1", "LC_ALL": "C.UTF-8"}
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"):
        environment.pop(name, None)
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        if process.stdout is None:
            raise SetupError("no pipe from pip", "无法读取 pip 的输出")
        for line in _with_progress(process.stdout, total):
            lines.append(line.rstrip())
    if process.returncode:
        raise _explained(lines)


def _with_progress(lines: Iterator[str], total: int) -> Iterator[str]:
    """Pass pip's lines on, and say now and then how many packages are fetched."""
    done, told, fetching = 0, monotonic(), total > 0
    for line in lines:
        yield line
        done += line.startswith(("Collecting ", "Requirement already satisfied"))
        if fetching and line.startswith("Installing collected"):
            fetching = False
            say("  all fetched, unpacking …", "  已全部取得,正在解包 …")
        elif fetching and monotonic() - told >= _PROGRESS_EVERY:
            told = monotonic()
            say(f"  {done} of {total} …", f"  {done} / {total} …")


# What pip says -> what a person can do. First match wins.
_CAUSES = (
    ("No space left", "The disk is full: free about 1.5 GB.", "磁盘已满:请腾出约 1.5 GB。"),
    (
        "DO NOT MATCH THE HASHES",
        "The package index served other bytes than the lock names: use another mirror, ask why.",
        "软件源给出的内容与锁文件不符:请更换镜像并查明原因。",
    ),
    (
        "Failed to establish a new connection|NameResolution|ProxyError|timed out|SSLError"
        "|ConnectTimeout|No matching distribution",
        "The package index was not reached or lacks this package: check the network, or name a"
        " mirror with `pip config set global.index-url ADDRESS`, then make again.",
        "无法访问软件源或其中缺少该软件包:请检查网络,或用"
        " `pip config set global.index-url 地址` 指定镜像,然后重新 make。",
    ),
    (
        "ensurepip",
        "Python's venv is not complete; on Debian or Ubuntu: apt-get install python3-venv",
        "Python 的 venv 不完整;Debian、Ubuntu 上请执行:apt-get install python3-venv",
    ),
)


def _explained(lines: list[str]) -> SetupError:
    said = "\n".join(f"  | {line}" for line in lines[-_TAIL:])
    text = "\n".join(lines)
    for needles, en, zh in _CAUSES:
        if any(needle in text for needle in needles.split("|")):
            return SetupError(f"{said}\nSet-up failed. {en}", f"{said}\n安装失败。{zh}")
    return SetupError(
        f"{said}\nSet-up failed; the lines above are pip's own. After mending it: make again.",
        f"{said}\n安装失败,以上是 pip 的原话。处理后请重新 make。",
    )
