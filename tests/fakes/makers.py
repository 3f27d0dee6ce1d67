"""Makers' libraries, compiled from `maker.c`: one that behaves as documented, and others."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("maker.c")


def compile_maker(folder: Path, *variant: str) -> Path:
    """Compile a variant, once for a folder. Needs the Debian packages gcc and libc6-dev."""
    library = folder / f"lib{'-'.join(variant) or 'plain'}.so".replace('"', "")
    if not library.exists():
        defines = [f"-D{name}" for name in variant]
        options = ["-shared", "-fPIC", "-O1", "-w"]
        subprocess.run(["gcc", *options, *defines, str(_SOURCE), "-o", str(library)], check=True)
    return library
