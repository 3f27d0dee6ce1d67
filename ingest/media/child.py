"""The door to the media parser: one long-lived child process, one clip at a time.

Whatever a clip does to the parser, the caller gets facts, or is told why a task was not done. A child that takes too
long is killed and a new one started; one that dies is given the clip once more, because a machine short of memory kills
as well. Foreign media are parsed nowhere else. Safe to share between threads.
"""

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Final, Self

from ingest.media.answers import as_damage, examined, unparsed
from ingest.media.errors import MediaChildError, MediaTaskError, ParserKilledError
from ingest.media.facts import Examined, MediaFacts, PosterResult
from ingest.media.process import ChildDiedError, ChildKilledError, ChildSlowError, ParserProcess
from ingest.media.sniff import HEAD_SIZE
from ingest.media.tasks import MAX_OTHERS, TASKS

TIMEOUT = 60.0  # seconds for one clip
_READ_A_SECOND: Final = 64 << 20  # bytes, from a slow disk
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class MediaChild:
    """Asks a confined child process about clips.

    Args:
        timeout: seconds of wall clock for one clip.
        writes: bytes that the child may write into the file it is given; 0 for all but tasks that make files.
        command: the child's argument list; another one only in tests.
    """

    def __init__(
        self, *, timeout: float = TIMEOUT, writes: int = 0, command: Sequence[str] | None = None
    ) -> None:
        self._timeout = timeout
        self._command = command or [
            # -B: a module compiled under the write allowance would be cut off at it
            *(sys.executable, "-I", "-B", "-m", "ingest.media.worker"),
            *((str(writes),) if writes else ()),
        ]
        self._process: ParserProcess | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child. The next question starts a new one."""
        with self._lock:
            self._end()

    def warm(self) -> None:
        """Start the child now, so that the first clip does not wait for it.

        Raises:
            MediaChildError: it cannot be started.
        """
        with self._lock:
            self._running()

    def probe(self, path: Path, *, name: str) -> MediaFacts:
        """Return the media facts of the file at `path`, which was called `name` on its recorder.

        Raises:
            MediaChildError: the child cannot be started; nothing is known about the clip.
            OSError: the file cannot be read.
        """
        return self.examine(path, name=name, out=None).facts

    def poster(self, path: Path, *, name: str, out: Path) -> PosterResult | None:
        """Write a poster of the clip to `out`, or return None where there is no picture.

        Raises:
            MediaChildError: the child cannot be started; nothing was written.
            OSError: the clip cannot be read or the poster not written.
        """
        return self.examine(path, name=name, out=out).poster

    def examine(self, path: Path, *, name: str, out: Path | None) -> Examined:
        """Return facts and, where `out` is given and there is a picture, a poster in `out`.

        A large clip is read whole, and is given the time for it.

        Raises:
            MediaChildError: the child cannot be started; nothing was written.
            OSError: the clip cannot be read or the poster not written.
        """
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            try:
                answer = self.ask(
                    "examine",
                    file,
                    name=name,
                    arguments={"poster": out is not None},
                    seconds=self._timeout + size / _READ_A_SECOND,
                )
                return examined(answer, out)
            except MediaTaskError as error:
                file.seek(0)
                return unparsed(file.read(HEAD_SIZE), size, name, as_damage(error))

    def ask(
        self,
        task: str,
        clip: BinaryIO,
        *,
        name: str,
        others: Sequence[BinaryIO] = (),
        out: BinaryIO | None = None,
        arguments: Mapping[str, object] = _NOTHING,
        seconds: float | None = None,
    ) -> dict[str, object]:
        """Have a task done and return its answer, whose form the caller has to hold against what it expects.

        Args:
            task: one of `ingest.media.tasks`.
            clip: the original, open for reading; the child shares its place in the file, and so with the others.
            name: what the clip was called on its recorder.
            others: further files that the task may read.
            out: an empty file, open for reading and writing, that the task may fill.
            arguments: JSON values for the task.
            seconds: of wall clock; the child's own `timeout` when None.

        Raises:
            MediaChildError: the child cannot be started; nothing was done.
            ParserKilledError: somebody killed the child, twice; nothing is known about the clip.
            MediaTaskError: the task was not done; `why` says what kept it, and what is in `out` is worth nothing.
            OSError: `out` cannot be emptied for a second try.
        """
        if task not in TASKS or len(others) > MAX_OTHERS:
            raise ValueError(f"not a question: {task}, {len(others)} further files")
        seconds = self._timeout if seconds is None else seconds
        request: dict[str, object] = {
            "task": task,
            "name": name,
            "arguments": dict(arguments),
            "seconds": int(seconds) + 1,
            "others": len(others),
            "out": out is not None,
        }
        files = [file.fileno() for file in (clip, *others, *((out,) if out else ()))]
        with self._lock:
            answer = self._ask(request, files, out, seconds)
        refused = answer.get("refused")
        if refused is not None:
            raise MediaTaskError(str(refused))
        return answer

    def _ask(
        self, request: dict[str, object], files: list[int], out: BinaryIO | None, seconds: float
    ) -> dict[str, object]:
        killed = False
        for _ in range(2):
            process = self._running()
            try:
                return process.ask(request, files, seconds)
            except ChildSlowError as error:
                raise MediaTaskError("parser_timeout") from error
            except ChildDiedError as error:
                killed = isinstance(error, ChildKilledError)
                if out is not None:
                    out.seek(0)
                    out.truncate()
        if killed:
            raise ParserKilledError(
                "the media parser was killed while it looked at a clip, twice: give it memory, then `muniment derive`"
            )
        raise MediaTaskError("parser_crashed")

    def _running(self) -> ParserProcess:
        if self._process is not None and self._process.alive():
            return self._process
        self._end()
        try:
            self._process = ParserProcess(self._command)
        except (OSError, ChildDiedError, ChildSlowError) as error:
            raise MediaChildError("the media parser cannot be started") from error
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()
