"""How the page's packages are made: as `muniment package` makes them, with room left for the archive's own work."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.messages import LANGS, name_of
from api.packaging.jobs import Packages, Progress
from archive.opening import Archive
from archive.package.build import WORK, Built, build, needs
from archive.package.errors import PackageSpaceError
from archive.package.selecting import select

KINDS: Final = ("poster", "proxy", "repair")  # as the command takes them along
_LEFT: Final = 2 << 30  # bytes that stay free: dockings come first


def packages_of(archive: Archive) -> Packages:
    """The packages of one process, below ROOT/work."""

    def make(subject: str, out: Path, progress: Progress, actor: str) -> Built:
        return build(
            archive, subject, out, kinds=KINDS, progress=progress, actor=actor, name_of=_words
        )

    return Packages(archive.root / WORK / "packages", make)


def check_room(archive: Archive, subject: str) -> None:
    """Look whether there is something to hand out, and room to make it in.

    Raises:
        UnknownCaseError, UnknownClipError, EmptyPackageError: nothing to make.
        PackageSpaceError: the disk would be as good as full.
    """
    selection = select(archive, subject, list(KINDS))
    wanted = needs(selection, len(archive.settings.witnesses.witnesses))
    # Where objects lie on an S3 server, packages lie on this machine's disk all the same.
    if archive.free_bytes() - wanted < _LEFT:
        raise PackageSpaceError(f"the package needs {wanted} bytes, and dockings need the rest")


def _words(language: str, group: str, code: str) -> str:
    return name_of(LANGS[language != "zh"], group, code)
