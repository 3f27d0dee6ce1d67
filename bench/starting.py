"""What every command costs before it does anything: start, and libraries that it should not load."""

from __future__ import annotations

from bench.commands import modules_loaded, muniment, need_command, new_archive
from bench.data import clear, make_recorder
from bench.harness import PYTHON, Options, Report, alternate, run, seconds

_HEAVY = ("prefect", "cv2")


def bench_start(options: Options) -> Report:
    """`--help`, and the heavy libraries that `dock`, `audit` and `find` load."""
    report, folder = Report(), options.folder
    need_command(folder)
    samples = alternate(
        {
            "help": lambda: run([PYTHON, "-m", "muniment", "--help"], folder),
            "bare": lambda: run([PYTHON, "-c", "pass"], folder),
        },
        2 if options.quick else 8,
    )
    report.compare("start-help", seconds(samples["help"]), "s", most=0.3)
    report.compare("start-bare-interpreter", seconds(samples["bare"]), "s")
    root, source = folder / "archive", make_recorder(folder / "recorder", files=1, size=1000)
    new_archive(folder, root)
    for arguments in (("dock", str(source), "--no-derive"), ("audit",), ("find",)):
        loaded = modules_loaded(folder, root, _HEAVY, *arguments)
        report.add(
            f"start-{arguments[0]}-loads-{'-or-'.join(_HEAVY)}", len(loaded), "modules", most=0
        )
        runs = [muniment(folder, root, *arguments) for _ in range(options.rounds)]
        report.compare(f"start-{arguments[0]}-nothing-to-do", seconds(runs), "s")
    clear(root)
    clear(source)
    return report
