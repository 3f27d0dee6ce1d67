"""How `muniment` is started for a measurement, and what its bare start costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.data import clear
from bench.harness import PYTHON, BenchError, NotRunError, Sample, run

ORIGIN = "bench.invalid/station"


def muniment(folder: Path, root: Path, *arguments: str | Path, speaks_json: bool = False) -> Sample:
    """Run one command on the archive at `root`. Raises BenchError."""
    flags = ["--json"] if speaks_json else []
    return run(
        [PYTHON, "-m", "muniment", "--root", root, *flags, *arguments],
        folder,
        environment={"MUNIMENT_ROOT": str(root)},
        speaks_json=speaks_json,
    )


def need_command(folder: Path) -> None:
    """Raises NotRunError where the command line does not start."""
    try:
        run([PYTHON, "-m", "muniment", "--help"], folder)
    except BenchError as e:
        raise NotRunError("the command line does not start here") from e


def new_archive(folder: Path, root: Path, *more: str) -> None:
    """An empty archive in place of what is there, in which one account may ask as often as it likes."""
    clear(root)
    muniment(folder, root, "init", "--origin", ORIGIN, *more)
    settings = root / "muniment.toml"
    limit = "[serve]\nsearches_a_minute = 0\n"
    settings.write_text(settings.read_text("utf-8").replace("[serve]\n", limit), "utf-8")


def modules_loaded(
    folder: Path, root: Path, names: Sequence[str], *arguments: str | Path
) -> list[str]:
    """Which of these top-level modules a command imports."""
    listing = folder / "modules.txt"
    program = (
        "import atexit, runpy, sys\n"
        f"atexit.register(lambda: open({str(listing)!r}, 'w').write('\\n'.join(sys.modules)))\n"
        f"sys.argv = ['muniment', *{[*map(str, arguments)]!r}]\n"
        "runpy.run_module('muniment', run_name='__main__')\n"
    )
    run([PYTHON, "-c", program], folder, environment={"MUNIMENT_ROOT": str(root)})
    loaded = set(listing.read_text().splitlines())
    return [name for name in names if name in loaded]
