"""A virtual machine with a real USB stack, over this host's own root directory, for one command.

Holds: the guest cannot write to the host but in the folders shared with it; QEMU never outlives us;
what the guest wrote elsewhere is in its RAM and gone after. Without virtualisation it is emulated,
which is slow, so times measured inside are good for ratios only.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tests.usb.lab.control import Monitor, serve
from tests.usb.lab.initramfs import archive
from tests.usb.lab.kernel import CannotRunError, GuestKernel

HERE = Path(__file__).parent
_EARLY = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]
_LATE = [
    *("xhci-pci", "usb-storage", "uas", "sd_mod", "fuse"),
    *("vfat", "exfat", "nls_utf8", "nls_iso8859-1", "nls_ascii", "nls_cp437"),
]
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "VIRTUAL_ENV", "PYTHONPATH")
_CONSOLE = "console=ttyS0 panic=-1 quiet loglevel=6 mitigations=off nokaslr tsc=reliable"


class GuestLostError(Exception):
    """The guest ended without an exit status, or ran out of time. It is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MtpRecorder:
    """QEMU's usb-mtp over a folder of the host."""

    name: str
    folder: Path
    serial: str
    readonly: bool = True
    plugged: bool = True

    def block(self) -> dict[str, Any] | None:
        """No disk behind it."""
        return None

    def device(self) -> dict[str, Any]:
        """QEMU's device_add arguments."""
        return {
            "driver": "usb-mtp",
            "id": self.name,
            "bus": "xhci.0",
            "rootdir": str(self.folder),
            "desc": self.name,
            "serial": self.serial,
            "readonly": self.readonly,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecorder:
    """QEMU's usb-storage on an image file."""

    name: str
    image: Path
    serial: str
    readonly: bool = False
    plugged: bool = True

    def block(self) -> dict[str, Any] | None:
        """QEMU's blockdev."""
        return {
            "driver": "raw",
            "node-name": f"{self.name}-disk",
            "read-only": self.readonly,
            "file": {"driver": "file", "filename": str(self.image)},
        }

    def device(self) -> dict[str, Any]:
        """QEMU's device_add arguments."""
        return {
            "driver": "usb-storage",
            "id": self.name,
            "bus": "xhci.0",
            "drive": f"{self.name}-disk",
            "removable": True,
            "serial": self.serial,
        }


Recorder = MtpRecorder | StorageRecorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the guest has; `run` boots it."""

    kernel: GuestKernel
    recorders: Sequence[Recorder] = ()
    shares: Sequence[Path] = ()  # folders of the host the guest may write to: slow, without mmap
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path.cwd)  # where the command runs
    memory: int = 1536  # MiB
    disks: Sequence[Path] = ()  # images: /dev/vda and so on, once virtio_blk is loaded

    def run(
        self,
        command: Sequence[str],
        *,
        output: BinaryIO,
        timeout: float,
        started: Callable[[int], object] = int,
    ) -> int:
        """Boot, run a command, end; its exit status.

        Args:
            command: found by the host's PATH; checkout, environment and tools are at the same paths.
            output: what the guest's command prints, as it comes.
            timeout: seconds for everything.
            started: told of QEMU's process, for who wants to kill it.

        Raises:
            CannotRunError: this machine has no QEMU, no busybox or no root.
            GuestLostError: no exit status came in time.
        """
        qemu, busybox = fit()
        with tempfile.TemporaryDirectory(prefix="usb-lab-") as temporary:
            console = Path(temporary) / "console"
            initramfs = Path(temporary) / "initramfs"
            initramfs.write_bytes(self._initramfs(busybox, command))
            ours, theirs = {}, {}
            for name in ("qmp", "out", "ctl"):
                ours[name], theirs[name] = socket.socketpair()
            arguments = [*self._machine(qemu, initramfs, console), *self._devices()]
            for name, end in theirs.items():
                arguments += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
            process = _start(arguments, list(theirs.values()))
            started(process.pid)
            try:
                return self._follow(process, ours, output, timeout)
            except GuestLostError as e:
                last = console.read_text(errors="replace").splitlines()[-15:]
                raise GuestLostError("\n".join([str(e), "Its console ends:", *last])) from e
            finally:
                if process.poll() is None:
                    process.terminate()
                process.wait()
                for end in ours.values():
                    end.close()

    def _follow(
        self,
        process: subprocess.Popen[bytes],
        ours: Mapping[str, socket.socket],
        output: BinaryIO,
        timeout: float,
    ) -> int:
        """Serve the guest until it ends.

        Raises:
            GuestLostError: no exit status came in time.
        """
        monitor = Monitor(ours["qmp"])
        devices = {recorder.name: recorder.device() for recorder in self.recorders}
        status: list[int] = []
        copying = threading.Thread(target=_copy, args=(ours["out"], output), daemon=True)
        serving = threading.Thread(
            target=serve, args=(ours["ctl"], monitor, devices, status), daemon=True
        )
        copying.start()
        serving.start()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired as e:
            raise GuestLostError(f"The guest had no result within {timeout:g} s.") from e
        copying.join(5)
        serving.join(5)
        if not status:
            raise GuestLostError("The guest ended without an exit status.")
        return status[0]

    def _initramfs(self, busybox: Path, command: Sequence[str]) -> bytes:
        early = self.kernel.closure(_EARLY)
        plugged = [recorder for recorder in self.recorders if recorder.plugged]
        job = {
            "EARLY": " ".join(module.stem for module in early),
            "LATE": " ".join(_LATE),
            "MODULES": str(self.kernel.modules),
            # Two root hubs with an interface each, then a device and its interface for each recorder.
            "DEVICES": str(4 + 2 * len(plugged)),
            "DISKS": str(sum(recorder.block() is not None for recorder in plugged)),
        }
        return archive(
            programs={
                "init": (HERE / "init.sh").read_bytes(),
                "bin/busybox": busybox.read_bytes(),
                "job/lab-ctl": (HERE / "lab-ctl.sh").read_bytes(),
                "job/run": self._script(command).encode(),
            },
            files={
                "job/env": _assignments(job).encode(),
                "job/shares": "".join(f"{share}\n" for share in self.shares).encode(),
                **{f"mod/{module.name}": module.read_bytes() for module in early},
            },
        )

    def _script(self, command: Sequence[str]) -> str:
        """What the guest's shell runs."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= self.environment
        environment["PATH"] = f"/run/lab:{environment.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        environment["USB_LAB"] = "guest"
        exports = "".join(f"export {line}\n" for line in _assignments(environment).splitlines())
        return f"{exports}cd {shlex.quote(str(self.folder))}\nexec {shlex.join(command)}\n"

    def _machine(self, qemu: Path, initramfs: Path, console: Path) -> list[str]:
        real = _has_virtualisation()
        return [
            *("setpriv", "--pdeathsig", "KILL", "--"),  # never outlive us
            *(str(qemu), "-nodefaults", "-no-user-config", "-no-reboot", "-M", "q35"),
            *("-accel", "kvm" if real else "tcg,thread=multi", "-cpu", "host" if real else "max"),
            # usb-mtp turns names into text by mbstowcs(), and only the curses display calls
            # setlocale(): without it every name that is not ASCII is served as "Oops".
            *("-display", "curses"),
            # A second emulated processor on two real ones makes small reads 2 to 30 times slower.
            *("-smp", "1", "-m", str(self.memory)),
            *("-kernel", str(self.kernel.image), "-initrd", str(initramfs)),
            *("-append", f"{_CONSOLE} usb-storage.delay_use=0", "-serial", f"file:{console}"),
            *("-device", "virtio-serial-pci", "-mon", "chardev=qmp,mode=control"),
            *("-device", "virtserialport,chardev=out,name=out"),
            *("-device", "virtserialport,chardev=ctl,name=ctl"),
            "-fsdev",
            "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
            *("-device", "virtio-9p-pci,fsdev=root,mount_tag=root"),
            *("-device", "qemu-xhci,id=xhci,p2=15,p3=15"),
        ]

    def _devices(self) -> list[str]:
        arguments = []
        for number, share in enumerate(self.shares):
            path = str(share).replace(",", ",,")
            local = f"local,id=share{number},path={path},security_model=none,multidevs=remap"
            pci = f"virtio-9p-pci,fsdev=share{number},mount_tag=share{number}"
            arguments += ["-fsdev", local, "-device", pci]
        for number, disk in enumerate(self.disks):
            # What the guest has written is with the host; a flush of the guest is one of the host (cache=writeback).
            path = str(disk).replace(",", ",,")
            drive = f"if=none,id=disk{number},format=raw,cache=writeback,file={path}"
            arguments += ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{number}"]
        for recorder in self.recorders:
            if block := recorder.block():
                arguments += ["-blockdev", json.dumps(block)]
            if recorder.plugged:
                arguments += ["-device", json.dumps(recorder.device())]
        return arguments


def fit() -> tuple[Path, Path]:
    """QEMU and busybox of this machine.

    Raises:
        CannotRunError: it is no x86-64, one of them is missing, or we are not root.
    """
    if os.uname().machine != "x86_64":
        raise CannotRunError("the guest needs an x86-64 host")
    found = {}
    for program, package in (
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("busybox", "busybox-static"),
    ):
        path = shutil.which(program)
        if path is None:
            raise CannotRunError(f"{program} is not installed (Debian: {package})")
        found[program] = Path(path).resolve()
    if os.geteuid() != 0:
        raise CannotRunError("not root (the guest's root directory is this host's, read by QEMU)")
    return found["qemu-system-x86_64"], found["busybox"]


def _has_virtualisation() -> bool:
    """Only where the processor says so: under a nested host /dev/kvm may be there and hang the kernel."""
    flags = Path("/proc/cpuinfo").read_text()
    has = re.search(r"^flags.*\b(vmx|svm)\b", flags, re.MULTILINE) is not None
    return has and os.access("/dev/kvm", os.R_OK | os.W_OK)


def _start(arguments: Sequence[str], passed: Sequence[socket.socket]) -> subprocess.Popen[bytes]:
    """Start QEMU on a terminal that nobody looks at (its curses display wants one)."""
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        arguments,
        stdin=terminal,
        stdout=terminal,
        pass_fds=[end.fileno() for end in passed],
        env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "vt100"},
        start_new_session=True,  # an interrupt is for us, and we end it
    )
    os.close(terminal)
    threading.Thread(target=_empty, args=(screen,), daemon=True).start()
    for end in passed:
        end.close()
    return process


def _copy(source: socket.socket, output: BinaryIO) -> None:
    """The guest's output, as it comes."""
    while data := source.recv(65536):
        output.write(data)
        output.flush()


def _empty(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        os.close(descriptor)


def _assignments(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
