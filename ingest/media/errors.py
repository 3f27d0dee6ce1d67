"""The errors of this folder.

    MediaError
    ├── BoxError           the bytes are not the boxes they claim to be (never leaves the child)
    ├── MarkupError        XML that is none, or that may not be read (never leaves the child)
    ├── TaskRefusedError   a task says that it cannot be done with this clip (never leaves the child)
    ├── MediaChildError    the child process cannot be started: this machine's fault, not the clip's
    ├── ParserKilledError  somebody else killed the child: nothing is known about the clip
    ├── MediaTaskError     the child did not do a task: `why` says what kept it
    └── EncodingError      ffmpeg did not make a file: `why` says what kept it

A clip's own faults are never errors here: they are `MediaFacts.damage`.
"""

import re

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class MediaError(Exception):
    """Base of this folder's errors."""

    code = "M000"
    retryable = False


class BoxError(MediaError):
    """An MP4 file whose boxes contradict themselves. Nothing was kept."""

    code = "M001"


class MarkupError(MediaError):
    """XML that is not well-formed, has a document type, or is too deep or too large. Nothing of it was used."""

    code = "M022"


class MediaChildError(MediaError):
    """The process that parses media could not be started or does not answer at all.

    The clip is untouched and nothing is known about it; ask again later.
    """

    code = "M002"
    retryable = True


class ParserKilledError(MediaError):
    """The media parser was killed from outside, twice, as where memory is short. Nothing is known about the clip.

    The clip is untouched; ask again later.
    """

    code = "M006"
    retryable = True


class TaskRefusedError(MediaError):
    """A task cannot be done with this clip. What it wrote so far is worth nothing.

    Args:
        why: a code of the task's own, in small letters, digits and underscores.
    """

    code = "M003"

    def __init__(self, why: str) -> None:
        if _CODE.fullmatch(why) is None:
            raise ValueError(f"not a code: {why!r}")
        super().__init__(why)
        self.why = why


class MediaTaskError(MediaError):
    """A task was not done. What it wrote so far is worth nothing; the clip is untouched.

    Args:
        why: "parser_timeout", "parser_crashed", "too_large", "no_space", "out_of_memory", "refused", or a code of
            the task's own. Whatever else a child says is "refused": it may have been taken over.
    """

    code = "M004"

    def __init__(self, why: str) -> None:
        self.why = why if _CODE.fullmatch(why) else "refused"
        super().__init__(self.why)


class EncodingError(MediaError):
    """ffmpeg did not make a file of a clip, or was told to stop. Nothing is left of it; the clip is untouched.

    Args:
        why: of the clip: "not_encoded", "crashed", "killed" (twice), "timeout", "too_large", "out_of_memory",
            "nothing_written", "not_verified", "frames_missing", "too_short". Not of the clip: those of `PASSING`.
        said: ffmpeg's last words, for whoever looks for the cause; no part of any record.
    """

    code = "M005"
    PASSING = frozenset({"cancelled", "no_space"})

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(f"{why}: {said}" if said else why)
        self.why = why
