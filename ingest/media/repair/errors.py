"""The one error of the parsers in this folder; it never leaves the child process."""

from ingest.media.errors import MediaError


class RepairError(MediaError):
    """Bytes that are not what they would have to be. Nothing was kept of them."""

    code = "M010"
