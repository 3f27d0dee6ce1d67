"""A one-node S3 server with Object Lock for tests: Ceph's monitor, one OSD and radosgw, of Debian's packages.

Holds: everything lies below one folder, listens on loopback on free ports, and only processes that were started here
are ended. Data are on a sparse file (BlueStore), so they outlive kill -9 of all three. No manager daemon: nothing here
needs one. Takes about a quarter of a minute to start and 210 MB.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ACCESS_KEY: Final = "EVIDENCEKEY"
SECRET_KEY: Final = "EVIDENCESECRET"
_PATIENCE: Final = 120.0
_PAUSE: Final = 0.1
_CONF: Final = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
log file = {folder}/log/$name.log
mon cluster log file = {folder}/log/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
auth allow insecure global id reclaim = false
mon data avail crit = 1
mon data avail warn = 2
osd objectstore = bluestore
osd memory target = 939524096
osd memory cache min = 67108864
bluestore block size = 8589934592
bluestore fsck on mount = false
osd max object name len = 256
rgw thread pool size = 32
rgw num rados handles = 1
rgw gc obj min wait = 10
[mon]
keyring = {folder}/mon/keyring
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
"""
_ROLES: Final = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
    "client.rgw.a": ("mon", "allow *", "osd", "allow *"),
}


class Rgw:
    """One server. `start` it, `stop` it.

    Args:
        folder: an empty one, with a short path (sockets lie in it).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._conf = folder / "ceph.conf"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Make the cluster and a user, and wait until it answers."""
        for name in ("mon", "osd", "run", "log"):
            (self.folder / name).mkdir(parents=True)
        fsid, mon = str(uuid.uuid4()), (_free_port(), _free_port())
        self._conf.write_text(
            _CONF.format(fsid=fsid, folder=self.folder, mon2=mon[0], mon1=mon[1], port=self.port)
        )
        self._make_keys()
        addresses = f"[v2:127.0.0.1:{mon[0]},v1:127.0.0.1:{mon[1]}]"
        monmap = str(self.folder / "monmap")
        _run(
            [
                "monmaptool",
                "--create",
                "--clobber",
                "--fsid",
                fsid,
                "--addv",
                "a",
                addresses,
                monmap,
            ]
        )
        keyring = str(self.folder / "mon.keyring")
        self._ceph("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._spawn("mon", "ceph-mon", "-i", "a")
        self._ceph("ceph", "--connect-timeout", "60", "osd", "create")
        self._ceph("ceph-osd", "-i", "0", "--mkfs")
        self._spawn("osd", "ceph-osd", "-i", "0")
        where = ("root=default", "host=localhost")
        self._ceph("ceph", "osd", "crush", "add", "osd.0", "1.0", *where)
        self._spawn("rgw", "radosgw", "-n", "client.rgw.a")
        self._wait()
        keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
        self.admin("user", "create", "--uid=ev", "--display-name=ev", *keys)

    def admin(self, *arguments: str) -> str:
        """What an administrator of the server does."""
        return self._ceph("radosgw-admin", *arguments)

    def kill(self) -> None:
        """kill -9 of all of it, the S3 part first."""
        for name in ("rgw", "osd", "mon"):
            process = self._running.pop(name)
            process.kill()
            process.wait()

    def restart(self) -> None:
        """After `kill`: the same data on the same ports."""
        self._spawn("mon", "ceph-mon", "-i", "a")
        self._spawn("osd", "ceph-osd", "-i", "0")
        self._spawn("rgw", "radosgw", "-n", "client.rgw.a")
        self._wait()

    def pause(self) -> None:
        """It takes connections and says nothing more."""
        self._running["rgw"].send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        self._running["rgw"].send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End what was started here."""
        for name in ("rgw", "osd", "mon"):
            if (process := self._running.pop(name, None)) is None:
                continue
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _make_keys(self) -> None:
        for number, (name, caps) in enumerate(_ROLES.items()):
            words = [
                word
                for pair in zip(caps[::2], caps[1::2], strict=True)
                for word in ("--cap", *pair)
            ]
            new = [] if number else ["--create-keyring"]
            _run(
                [
                    "ceph-authtool",
                    *new,
                    str(self.folder / "keyring"),
                    "--gen-key",
                    "-n",
                    name,
                    *words,
                ]
            )
        keys = (self.folder / "keyring").read_bytes()
        (self.folder / "mon.keyring").write_bytes(keys)

    def _ceph(self, program: str, *arguments: str) -> str:
        return _run([program, "-c", str(self._conf), *arguments])

    def _spawn(self, name: str, program: str, *arguments: str) -> None:
        log = (self.folder / "log" / f"{name}.out").open("ab")
        with log:
            self._running[name] = subprocess.Popen(
                [program, "-c", str(self._conf), "-f", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _wait(self) -> None:
        _until(self._answers, self._running["rgw"])

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint, timeout=5) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except OSError:
            return False


def _until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        if process.poll() is not None:
            raise RuntimeError(f"the S3 server ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError("the S3 server does not answer")
        time.sleep(_PAUSE)


def _run(words: Sequence[str]) -> str:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=_PATIENCE, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
