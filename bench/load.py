"""Asks a server the same things over and over: `wrk` where it is installed, else threads of ours.

A generator of ours takes a good part of the second core for itself, so figures of the two are not to be compared.
"""

from __future__ import annotations

import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.harness import BenchError

_LUA: Final = """
math.randomseed(1)
request = function()
  local start = math.random(0, {last})
  wrk.headers["Range"] = "bytes=" .. start .. "-" .. (start + {length} - 1)
  return wrk.format("GET", "{path}")
end
"""
_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is asked."""

    port: int
    path: str
    headers: Mapping[str, str]
    range_length: int | None = None  # random ranges of so many bytes
    size: int = 0  # of the file that ranges are of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What came back."""

    requests: float  # a second
    bytes: float  # a second


def generator() -> str:
    """Which program asks."""
    return "wrk" if shutil.which("wrk") else "own threads"


def ask(target: Target, folder: Path, *, connections: int, seconds: float) -> Rate:
    """Load a server for a while.

    Raises:
        BenchError: an answer was none that was asked for.
    """
    if shutil.which("wrk"):
        return _wrk(target, folder, connections=connections, seconds=seconds)
    return _threads(target, connections=connections, seconds=seconds)


def _wrk(target: Target, folder: Path, *, connections: int, seconds: float) -> Rate:
    url = f"http://127.0.0.1:{target.port}{target.path}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    if target.range_length is not None:
        script = folder / "ranges.lua"
        last = target.size - target.range_length
        text = _LUA.format(last=last, length=target.range_length, path=target.path)
        script.write_text(text)
        command += ["-s", str(script)]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=False).stdout
    requests = re.search(r"Requests/sec:\s+([\d.]+)", said)
    transfer = re.search(r"Transfer/sec:\s+([\d.]+)([KMG]?)B", said)
    if requests is None or transfer is None or "Non-2xx" in said:
        raise BenchError(f"{target.path}: {said[-300:]}")
    unit = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[transfer[2]]
    return Rate(requests=float(requests[1]), bytes=float(transfer[1]) * unit)


def _threads(target: Target, *, connections: int, seconds: float) -> Rate:
    end = time.perf_counter() + seconds
    counts: list[tuple[int, int]] = []
    failed: list[str] = []

    def work(seed: int) -> None:
        try:
            counts.append(_one_connection(target, seed, lambda: time.perf_counter() < end))
        except (OSError, BenchError) as e:
            failed.append(str(e))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    if failed:
        raise BenchError(f"{target.path}: {failed[0]}")
    return Rate(
        requests=sum(count for count, _ in counts) / took, bytes=sum(n for _, n in counts) / took
    )


def _one_connection(target: Target, seed: int, go_on: Callable[[], bool]) -> tuple[int, int]:
    chance = random.Random(seed)  # noqa: S311 - which range is no secret
    fixed = "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
    head = f"GET {target.path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n{fixed}"
    buffer, requests, received = memoryview(bytearray(1 << 20)), 0, 0
    with socket.create_connection(("127.0.0.1", target.port), timeout=30) as connection:
        while go_on():
            asked = ""
            if target.range_length is not None:
                first = chance.randrange(target.size - target.range_length + 1)
                asked = f"Range: bytes={first}-{first + target.range_length - 1}\r\n"
            connection.sendall(f"{head}{asked}\r\n".encode())
            received += _answer(connection, buffer)
            requests += 1
    return requests, received


def _answer(connection: socket.socket, buffer: memoryview) -> int:
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(1 << 16)
        if not more:
            raise BenchError("the connection was closed")
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206")) or length is None:
        raise BenchError(head[:200].decode("latin-1"))
    left = int(length[1]) - len(body)
    while left:
        n = connection.recv_into(buffer, min(left, len(buffer)))
        if not n:
            raise BenchError("the connection was closed")
        left -= n
    return int(length[1])
