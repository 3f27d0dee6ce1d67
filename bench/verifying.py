"""verify.py on a package, cold, against hashlib alone over the same file: what a stranger waits for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from bench.commands import muniment, need_command, new_archive
from bench.data import clear, make_cold, make_recorder, need_room
from bench.harness import PYTHON, BenchError, Options, Report, Sample, alternate, run, seconds

_CASE: Final = "2026-0117"
_FLOOR: Final = (
    "import hashlib, sys\n"
    "with open(sys.argv[1], 'rb', buffering=0) as file:\n"
    "    hashlib.file_digest(file, 'sha256')\n"
)


def bench_package_check(options: Options) -> Report:
    """A package of four clips of 500 MB, zipped. Nothing is taken off: python's start is in both."""
    report, folder = Report(), options.folder
    size = 3_000_000 if options.quick else 500_000_000
    need_command(folder)
    need_room(folder, 12 * size)
    root, source, package = folder / "archive", folder / "recorder", folder / "package"
    package.mkdir()
    script, zipped = package / "verify.py", package / "case.zip"
    new_archive(folder, root)
    muniment(folder, root, "case", "open", _CASE)
    recorder = make_recorder(source, files=4, size=size)
    muniment(folder, root, "dock", recorder, "--no-derive", "--case", _CASE)
    clear(source)
    muniment(folder, root, "package", _CASE, "--out", zipped, "--renditions", "none")
    clear(root)
    _write_script(folder, script)
    samples = alternate(
        {
            "verify": partial(_verify, folder, script, zipped),
            "floor": partial(_hash, folder, zipped),
        },
        options.rounds,
    )
    verify = seconds(samples["verify"])
    against = ("hashlib alone, the zip as one file", seconds(samples["floor"]))
    # 0.9 of the floor's speed or better.
    report.compare("verify-py-4x500MB", verify, "s", against=against, most=1 / 0.9)
    whole = zipped.stat().st_size / 1e6
    report.compare("verify-py-4x500MB-rate", [whole / each for each in verify], "MB/s", best=max)
    memory = [sample.memory / 1e6 for sample in samples["verify"]]
    report.compare("verify-py-4x500MB-memory", memory, "MB", best=max)
    return report


def _write_script(folder: Path, script: Path) -> None:
    """verify.py, got from us and not from the package."""
    program = (
        "import pathlib, sys\nfrom archive.package.joining import verifier_script\n"
        "pathlib.Path(sys.argv[1]).write_bytes(verifier_script())\n"
    )
    run([PYTHON, "-c", program, script], folder)


def _verify(folder: Path, script: Path, zipped: Path) -> Sample:
    make_cold(zipped.parent)
    sample = run([PYTHON, "-I", "-S", script, zipped, "--json"], folder, speaks_json=True)
    if not sample.output["ok"] or len(sample.output["clips"]) != 4:
        raise BenchError("verify.py found something")
    return sample


def _hash(folder: Path, zipped: Path) -> Sample:
    make_cold(zipped.parent)
    return run([PYTHON, "-I", "-S", "-c", _FLOOR, zipped], folder)
