"""Runs the suites, and says at the end what was not run and why.

Holds: a suite without a folder or without a test is a failure; a suite over its budget is named,
and at five times its budget it is stopped with everything in its process group and is a failure
(machines are shared: the same run has taken four times as long); with ``CI=true`` so is anything that
was not run. Standard library only. Tests on a real recorder (``tests/device``) are run by hand and are no
part of this. What a suite printed stays in ``build/test-reports``.

    python tests/suites.py [--only=NAME,NAME]      VERBOSE=1 prints the output of suites that passed
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "test-reports"
PACKAGES = ("api", "archive", "bench", "devices", "flows", "ingest", "muniment", "oversight")
AT_ONCE = 2  # a third one gains nothing on two processors, and disturbs the virtual machine of usb
TIMED_AT_ONCE = 1  # these look at what happens within tenths of a second
LATE = "too late"
PATIENCE = 5  # times the budget: no machine is that busy, something hangs


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What is run, what it needs of the machine, and how long it may take."""

    name: str
    minutes: float  # the budget beside the others that run at once
    needs: tuple[str, ...] = ()  # keys of DEBIAN, without which it is not run
    wants: tuple[
        str, ...
    ] = ()  # keys of DEBIAN, without which some of its tests say that they were not run
    timed: bool = False  # measures time or starts whole services: later, and fewer at once
    leaves_out: str = ""  # what only measures, and belongs to `make bench`


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a suite ended."""

    suite: str
    failure: str | None = None
    not_run: tuple[str, ...] = ()
    passed: int = 0


# Longest first of each kind, so that those at once end together.
SUITES = (
    # One emulated processor: it leaves room for others beside it.
    Suite(
        name="usb",
        minutes=12,
        needs=(
            *("qemu-system-x86", "busybox-static", "umtp-responder"),
            *("mtp-tools", "dosfstools", "exfatprogs"),
        ),
        leaves_out="test_speed",
    ),
    Suite(name="api", minutes=8),
    Suite(name="cli", minutes=5, wants=("e2fsprogs", "mount", "util-linux")),
    Suite(
        name="worm",
        minutes=4,
        needs=("ceph-mon", "ceph-osd", "radosgw", "ceph-common"),
        wants=("strace",),
    ),
    # Browsers, not beside the virtual machine.
    Suite(
        name="e2e",
        minutes=10,
        needs=("chromium", "fonts-noto-cjk"),
        wants=("firefox-esr", "nodejs", "npm"),
    ),
    Suite(name="media", minutes=3),
    Suite(
        name="fault",
        minutes=6,
        wants=(
            *("libfuse3-3", "mount", "util-linux", "e2fsprogs"),
            *("strace", "gcc", "libc6-dev"),
        ),
    ),
    Suite(name="check", minutes=3),
    Suite(name="verifier", minutes=4, needs=("chromium", "openssl"), wants=("firefox-esr",)),
    Suite(name="property", minutes=4),
    Suite(
        name="unit",
        minutes=5,
        wants=(
            *("gcc", "libc6-dev", "systemd", "util-linux", "mount"),
            *("e2fsprogs", "dosfstools", "exfatprogs"),
        ),
    ),
    Suite(
        name="integrity",
        minutes=3,
        needs=("openssl",),
        wants=("softhsm2", "golang-go", "golang-golang-x-mod-dev", "fonts-noto-cjk"),
    ),
    Suite(name="docking", minutes=2, wants=("util-linux",)),
    Suite(name="contract", minutes=3),
    Suite(name="golden", minutes=2),
    Suite(name="live", minutes=2, needs=("chromium", "fonts-noto-cjk"), timed=True),
    Suite(name="flows", minutes=4, timed=True),
    # It plugs and pulls recorders within tenths of a second: little is left to run beside it.
    Suite(name="station", minutes=3, wants=("gcc", "libc6-dev"), timed=True),
    Suite(name="docs", minutes=3, timed=True),
)

# Debian package -> files by which it is there, whoever brought it.
DEBIAN = {
    "busybox-static": ("/bin/busybox", "/usr/bin/busybox"),
    "ceph-common": ("/usr/bin/ceph",),
    "ceph-mon": ("/usr/bin/ceph-mon",),
    "ceph-osd": ("/usr/bin/ceph-osd",),
    "chromium": ("/usr/bin/chromium",),
    "dosfstools": ("/sbin/mkfs.fat", "/usr/sbin/mkfs.fat"),
    "e2fsprogs": ("/sbin/mkfs.ext4", "/usr/sbin/mkfs.ext4"),
    "exfatprogs": ("/usr/sbin/mkfs.exfat", "/sbin/mkfs.exfat"),
    "firefox-esr": ("/usr/bin/firefox-esr",),
    "fonts-noto-cjk": ("/usr/share/fonts/opentype/noto/*CJK*", "/usr/share/fonts/**/*CJK*"),
    "gcc": ("/usr/bin/gcc",),
    "golang-go": ("/usr/bin/go",),
    "golang-golang-x-mod-dev": ("/usr/share/gocode/src/golang.org/x/mod/sumdb/note",),
    "libc6-dev": ("/usr/include/stdio.h",),
    "libfuse3-3": ("/lib/*/libfuse3.so.3", "/usr/lib/*/libfuse3.so.3"),
    "mount": ("/bin/mount", "/usr/bin/mount"),
    "mtp-tools": ("/usr/bin/mtp-getfile",),
    "nodejs": ("/usr/bin/node",),
    "npm": ("/usr/bin/npm",),
    "openssl": ("/usr/bin/openssl",),
    "qemu-system-x86": ("/usr/bin/qemu-system-x86_64",),
    "radosgw": ("/usr/bin/radosgw",),
    "softhsm2": ("/usr/bin/softhsm2-util",),
    "strace": ("/usr/bin/strace",),
    "systemd": ("/bin/systemd-analyze", "/usr/bin/systemd-analyze"),
    "umtp-responder": ("/usr/bin/umtprd",),
    "util-linux": ("/bin/setpriv", "/usr/bin/setpriv"),
}


def commands(suite: Suite) -> Iterator[list[str]]:
    """The programs of a suite, in order; all must succeed."""
    if suite.name == "check":
        yield from _gates()
        return
    report = REPORTS / f"{suite.name}.xml"
    pytest = [sys.executable, "-m", "pytest", "-q", "--durations=5", f"--junit-xml={report}"]
    chosen = ["-k", f"not {suite.leaves_out}"] if suite.leaves_out else []
    yield [*pytest, *chosen, f"tests/{suite.name}"]


def _gates() -> Iterator[list[str]]:
    """Lint, form, types, import rules."""
    ruff = [sys.executable, "-m", "ruff"]
    yield [*ruff, "check", "."]
    yield [*ruff, "format", "--check", "."]
    mypy = [sys.executable, "-m", "mypy"]
    there = [name for name in PACKAGES if (ROOT / name / "__init__.py").exists()]
    yield [*mypy, *(f"--package={name}" for name in (*there, "tests"))]
    yield [*mypy, "setup"]
    # A console script and not a module: import-linter has no __main__.
    yield [str(Path(sys.executable).with_name("lint-imports"))]


@dataclass(slots=True, kw_only=True)
class Runner:
    """Runs suites, a few at once, and keeps their process groups in view."""

    verbose: bool
    _screen: Lock = field(default_factory=Lock)
    _groups: set[int] = field(default_factory=set)

    def run(self, suites: Sequence[Suite]) -> list[Outcome]:
        """Those that may share the machine with many first, then those that measure time."""
        outcomes: list[Outcome] = []
        for timed, at_once in ((False, AT_ONCE), (True, TIMED_AT_ONCE)):
            with ThreadPoolExecutor(at_once) as pool:
                outcomes += pool.map(self.one, [s for s in suites if s.timed is timed])
        return outcomes

    def stop(self) -> None:
        """End every process that a suite has started."""
        for group in tuple(self._groups):
            _kill(group)

    def one(self, suite: Suite) -> Outcome:
        """Run one suite to its end or to the end of its budget."""
        self._say(f"[{suite.name}] …")
        started = monotonic()
        log = REPORTS / f"{suite.name}.log"
        problems = []
        for command in commands(suite):
            left = suite.minutes * 60 * PATIENCE - (monotonic() - started)
            problem = self._call(command, log, left)
            if problem:
                problems.append(f"{problem}: {' '.join(Path(word).name for word in command)}")
            if problem == LATE:
                problems.append(f"stopped at {PATIENCE} times its {suite.minutes:g} minutes")
                break
        failure = "; ".join(problems) or None
        passed, skipped = _counts(suite)
        seconds = monotonic() - started
        with self._screen:
            if failure or self.verbose:
                output = log.read_text(encoding="utf-8", errors="replace")
                sys.stdout.write(f"----- {suite.name} -----\n{output}-----\n")
            tests = f", {passed} tests" if suite.name != "check" else ""
            over = f" (its budget is {suite.minutes:g} min)" if seconds > suite.minutes * 60 else ""
            sys.stdout.write(
                f"[{suite.name}] {'failed' if failure else 'passed'}{tests}, {seconds:.0f} s{over}\n"
            )
            sys.stdout.flush()
        return Outcome(suite=suite.name, failure=failure, not_run=skipped, passed=passed)

    def _say(self, line: str) -> None:
        with self._screen:
            print(line, flush=True)

    def _call(self, command: list[str], log: Path, seconds: float) -> str | None:
        """Run one program with its output at the end of the log; what went wrong, if anything.

        The output goes to a file and not to a pipe: a process that escaped would hold a pipe open.
        """
        with (
            log.open("ab") as output,
            subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
            ) as process,
        ):
            self._groups.add(process.pid)
            try:
                status = process.wait(timeout=max(seconds, 1))
            except subprocess.TimeoutExpired:
                return LATE
            finally:
                # Also after a good end: nothing that a test left behind outlives its suite.
                _kill(process.pid)
                self._groups.discard(process.pid)
        return f"exit {status}" if status else None


def _environment() -> dict[str, str]:
    """The caller's environment without settings of an archive of theirs."""
    return {k: v for k, v in os.environ.items() if not k.startswith("MUNIMENT_")}


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _counts(suite: Suite) -> tuple[int, tuple[str, ...]]:
    """How many tests passed, and which were skipped and why, from pytest's report."""
    report = REPORTS / f"{suite.name}.xml"
    if suite.name == "check" or not report.exists():
        return 0, ()
    passed, skipped = 0, []
    # Our own report of our own tests; no foreign bytes.
    for case in ET.parse(report).iter("testcase"):  # noqa: S314
        skip = case.find("skipped")
        if skip is None:
            passed += case.find("failure") is None and case.find("error") is None
        elif skip.get("type") != "pytest.xfail":
            name = f"{case.get('classname')}.{case.get('name')}"
            skipped.append(f"{name}: {skip.get('message')}")
    return passed, tuple(skipped)


def missing_packages(suites: Sequence[Suite]) -> list[str]:
    """Debian packages that these suites need or want and that are not there."""
    names = dict.fromkeys(name for suite in suites for name in (*suite.needs, *suite.wants))
    return [name for name in names if not any(_found(pattern) for pattern in DEBIAN[name])]


def _found(pattern: str) -> bool:
    return any(Path("/").glob(pattern.removeprefix("/")))


def install(packages: list[str]) -> None:
    """Install Debian packages when we may, else print the one command that does."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not Path("/usr/bin/apt-get").exists():
        print(f"Some tests need more. Run once:  sudo {' '.join(command)}", flush=True)
        return
    print(f"Installing what tests need: {' '.join(packages)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        done = subprocess.run(
            step,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            print(f"{' '.join(step)} failed:\n{done.stdout[-600:]}{done.stderr[-600:]}", flush=True)


def chosen(arguments: Sequence[str]) -> list[Suite]:
    """The suites that were asked for, in our order.

    Raises:
        ValueError: a name is no suite, or an argument is unknown.
    """
    names = [suite.name for suite in SUITES]
    wanted: list[str] = []
    for argument in arguments:
        if not argument.startswith("--only="):
            raise ValueError(f"unknown argument {argument}")
        wanted += argument.removeprefix("--only=").replace(",", " ").split()
    for name in wanted:
        if name not in names:
            raise ValueError(f"there is no suite {name}; there are: {', '.join(names)}")
    return [suite for suite in SUITES if not wanted or suite.name in wanted]


def main(arguments: Sequence[str]) -> int:
    """Run the suites; the exit status is 0, 1, 2 for wrong usage, or 130 when interrupted."""
    try:
        suites = chosen(arguments)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    started = monotonic()
    REPORTS.mkdir(parents=True, exist_ok=True)
    for suite in suites:
        for ending in ("xml", "log"):
            (REPORTS / f"{suite.name}.{ending}").unlink(missing_ok=True)
    if missing := missing_packages(suites):
        install(missing)
        missing = missing_packages(suites)
    able = [suite for suite in suites if not set(suite.needs) & set(missing)]
    runner = Runner(verbose=os.environ.get("VERBOSE", "0") not in {"", "0"})
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        outcomes = runner.run(able)
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
        runner.stop()
        os._exit(130)  # worker threads still wait for the suites just ended
    unable = [
        f"suite {suite.name}: needs {' '.join(name for name in suite.needs if name in missing)}"
        for suite in suites
        if suite not in able
    ]
    return _summary(outcomes, unable, monotonic() - started)


def _summary(outcomes: Sequence[Outcome], unable: list[str], seconds: float) -> int:
    """Print what failed and what was not run; the exit status."""
    not_run = unable + [f"{o.suite}: {line}" for o in outcomes for line in o.not_run]
    failed = [f"{o.suite}: {o.failure}" for o in outcomes if o.failure]
    strict = os.environ.get("CI") == "true" and bool(not_run)
    print(f"\n{sum(o.passed for o in outcomes)} tests passed in {seconds:.0f} s.")
    print("Not run:" if not_run else "Not run: nothing.")
    for line in not_run:
        print(f"  {line}")
    for line in failed:
        print(f"FAILED  {line}")
    if strict:
        print("FAILED  with CI=true everything must run")
    return 1 if failed or strict else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
