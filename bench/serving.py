"""The API over HTTP: a search that finds 50 clips, random ranges of an original, whole originals; against nginx.

Every search and view is in the ledger, as in service. Warm: what is served lies in the page cache.
"""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.commands import muniment, need_command, new_archive
from bench.data import clear, make_recorder
from bench.harness import PYTHON, ROOT, NotRunError, Options, Report
from bench.load import Rate, Target, ask, generator

_SERVER: Final = Path(__file__).with_name("sendfile.py")
_NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""
_CASE: Final = "bench/2026-1"
_RANGE: Final = 256 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    port: int
    token: str
    clip: str
    original: Path
    size: int


def bench_serve(options: Options) -> Report:
    """Requests and bytes a second from one server process."""
    report = Report()
    need_command(options.folder)
    size = 3_000_000 if options.quick else 60_000_000
    with _service(options, size) as service, _plain(options.folder, service.original) as plain:
        name, other = plain
        headers = {"Authorization": f"Bearer {service.token}"}
        clip = f"/api/v1/clips/{service.clip}/original"
        search = Target(
            port=service.port, path=f"/api/v1/clips?case={quote(_CASE, safe='')}", headers=headers
        )
        label = f"by {generator()}"
        [found] = _rounds(options, [(search, 16)])
        report.compare(f"search-50-clips-{label}", found.requests, "req/s", best=max, least=1000)
        ranges = [
            Target(port=port, path=path, headers=more, range_length=_RANGE, size=size)
            for port, path, more in (
                (service.port, clip, headers),
                (other, "/" + service.original.name, {}),
            )
        ]
        ours, theirs = _rounds(options, [(target, 8) for target in ranges])
        figure, against = f"ranges-256KiB-{label}", (name, theirs.requests)
        report.compare(figure, ours.requests, "req/s", against=against, best=max, least=0.6)
        whole = [Target(port=t.port, path=t.path, headers=t.headers) for t in ranges]
        ours, theirs = _rounds(options, [(target, 4) for target in whole])
        figure, against = f"whole-60MB-{label}", (name, theirs.megabytes)
        report.compare(figure, ours.megabytes, "MB/s", against=against, best=max, least=0.8)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    requests: list[float]  # a second, round by round
    megabytes: list[float]


def _rounds(options: Options, targets: list[tuple[Target, int]]) -> list[_Rates]:
    """What each gives, in turns."""
    seconds = 0.3 if options.quick else 3.0
    rates: list[list[Rate]] = [[] for _ in targets]
    for _ in range(options.rounds):
        for number, (target, connections) in enumerate(targets):
            rates[number].append(
                ask(target, options.folder, connections=connections, seconds=seconds)
            )
    return [
        _Rates(requests=[r.requests for r in found], megabytes=[r.bytes / 1e6 for r in found])
        for found in rates
    ]


@contextmanager
def _service(options: Options, size: int) -> Iterator[_Service]:
    """An archive with a case of 50 clips and one large one, served, and somebody signed in."""
    folder = options.folder
    root = folder / "archive"
    new_archive(folder, root, "--unit", "bench unit")
    muniment(folder, root, "case", "open", _CASE)
    small = make_recorder(folder / "recorder", files=50, size=20_000)
    muniment(folder, root, "dock", small, "--case", _CASE, "--no-derive")
    large = make_recorder(folder / "large", files=1, size=size)
    docked = muniment(folder, root, "dock", large, "--no-derive", speaks_json=True).output["clips"][
        0
    ]
    clear(small)
    clear(large)
    with served(root) as signed_in:
        digest = docked["sha256"]
        yield _Service(
            port=signed_in.port,
            token=signed_in.token,
            clip=docked["clip"],
            original=root / "store" / "sha256" / digest[:2] / digest[2:4] / digest,
            size=size,
        )
    clear(root)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A service, and a supervisor's token."""

    port: int
    token: str


@contextmanager
def served(root: Path) -> Iterator[SignedIn]:
    """An archive of the unit "bench unit", served by a process of its own, and somebody signed in.

    Raises:
        NotRunError: it does not start.
    """
    password = secrets.token_urlsafe(16)
    _add_supervisor(root, "bench", password)
    port = _free_port()
    server = subprocess.Popen(
        [PYTHON, "-m", "muniment", "--root", str(root), "serve", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        _wait_for(port, server)
        yield SignedIn(port=port, token=_sign_in(port, "bench", password))
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def _plain(folder: Path, original: Path) -> Iterator[tuple[str, int]]:
    """A server of the same file that knows nothing: its name and port."""
    nginx = shutil.which("nginx")
    if nginx is None:
        command = [PYTHON, str(_SERVER), str(original)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None  # noqa: S101 - a pipe was asked for
        name, port = "own sendfile server, nginx is not installed", int(server.stdout.readline())
    else:
        place = folder / "nginx"
        place.mkdir(exist_ok=True)
        name, port = "nginx", _free_port()
        text = _NGINX.format(folder=place, port=port, root=original.parent)
        if original.stat().st_uid == 0:
            text = "user root;" + text
        (place / "nginx.conf").write_text(text)
        command = [nginx, "-p", str(place), "-c", str(place / "nginx.conf")]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True)
    try:
        _wait_for(port, server)
        yield name, port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _add_supervisor(root: Path, name: str, password: str) -> None:
    command = [PYTHON, "-m", "muniment", "--root", str(root), "user", "add", name, "--role"]
    subprocess.run(
        [*command, "supervisor", "--unit", "bench unit", "--password-stdin"],
        cwd=ROOT,
        input=password + "\n",
        text=True,
        check=True,
        capture_output=True,
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[str]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise NotRunError("a server ended at its start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise NotRunError("a server did not listen within half a minute")


def _sign_in(port: int, user: str, password: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"user": user, "password": password})
    connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    if "token" not in document:
        raise NotRunError(f"nobody could sign in: {answer.status}")
    return str(document["token"])
