"""The errors of this folder.

    MediaError
    ├── BoxError          the bytes are not the boxes they claim to be (never leaves the child)
    └── MediaChildError   the child process cannot be started: this machine's fault, not the clip's

A clip's own faults are never errors here: they are `MediaFacts.damage`.
"""


class MediaError(Exception):
    """Base of this folder's errors."""

    code = "M000"
    retryable = False


class BoxError(MediaError):
    """An MP4 file whose boxes contradict themselves. Nothing was kept."""

    code = "M001"


class MediaChildError(MediaError):
    """The process that parses media could not be started or does not answer at all.

    The clip is untouched and nothing is known about it; ask again later.
    """

    code = "M002"
    retryable = True
