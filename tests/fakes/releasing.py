"""Recorders that are erased from, and go wrong there: real folders, every erasure noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devices.clips import FoundClip, Listing
from devices.errors import NotErasableError, RecorderSilentError, SourceGoneError
from devices.folder import FolderRecorder


class NotedRecorder(FolderRecorder):
    """Calls `before` ahead of each erasure, with the path; keeps the names of what went."""

    def __init__(self, folder: Path, before: Callable[[str], None] = lambda _: None) -> None:
        super().__init__(folder)
        self.erased: list[str] = []
        self._before = before

    def erase(self, clip: FoundClip) -> None:
        self._before(clip.path.decode())
        super().erase(clip)
        self.erased.append(clip.path.decode())


class ForgetfulRecorder(NotedRecorder):
    """Its n-th erasure does not answer well: `error` comes before it took effect, or after."""

    def __init__(self, folder: Path, at: int, error: Exception, *, took_effect: bool) -> None:
        super().__init__(folder, self._count)
        self.away = False
        self._at, self._error, self._took_effect = at, error, took_effect

    def erase(self, clip: FoundClip) -> None:
        fails = len(self.erased) == self._at
        if not fails or self._took_effect:
            super().erase(clip)
        if fails:
            self.away = isinstance(self._error, SourceGoneError)
            raise self._error

    def list(self) -> Listing:
        self._count("")
        return super().list()

    def is_there(self) -> bool:
        return not self.away and super().is_there()

    def _count(self, _: str) -> None:
        if self.away:
            raise SourceGoneError(source=self.name)


def silent() -> RecorderSilentError:
    return RecorderSilentError(source="recorder", doing="erasing")


def refused() -> NotErasableError:
    return NotErasableError(source="recorder", reason="its card is write-protected")


def gone() -> SourceGoneError:
    return SourceGoneError(source="recorder")
