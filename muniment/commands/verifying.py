"""`verify`: check a package; needs no archive, and uses the parts of verify.py itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from archive.package.verifier.checking import PinError, check_package
from archive.package.verifier.showing import Screen
from muniment.answer import Answer, Asked
from muniment.errors import WrongUsageError
from muniment.progress import bar

_BAD = 1


class _Screen(Screen):
    """Each check as a line; how far hashing is goes into the command's own bar."""

    def __init__(self, asked: Asked, tell: Callable[[int, int, str], None]) -> None:
        super().__init__(
            lambda text: asked.say(text.rstrip("\n")), asked.language, colour=False, bar=False
        )
        self._tell = tell

    def reading(self, done: int, total: int, path: str) -> None:
        """See Watch."""
        self._tell(done, total, path.rpartition("/")[2])


def verify(
    asked: Asked,
    package: Path,
    *,
    vkeys: Sequence[str],
    tsa_cas: Sequence[Path],
    witnesses: Sequence[str],
) -> Answer:
    """Check a package.

    Raises:
        WrongUsageError: there is no such file, or what is to be trusted cannot be read. Nothing was checked.
        OSError: the medium failed.
    """
    if not package.exists():
        raise WrongUsageError(asked.words("verify.none", path=package))
    with bar(asked.words("verify.bar"), is_bytes=True) as tell:
        screen = _Screen(asked, tell)
        try:
            answer: dict[str, Any] = check_package(
                package,
                vkeys=vkeys,
                tsa_cas=[_read(asked, path) for path in tsa_cas],
                witnesses=witnesses,
                progress=screen,
                language="en" if asked.json else asked.language,
            )
        except PinError as e:
            raise WrongUsageError(asked.words("verify.pin", what=e)) from e
    screen.verdict(answer)
    return Answer(document=answer, status=0 if answer["ok"] else _BAD)


def _read(asked: Asked, path: Path) -> bytes:
    """Raises WrongUsageError."""
    try:
        return path.read_bytes()
    except OSError as e:
        raise WrongUsageError(asked.words("verify.pin", what=path)) from e
