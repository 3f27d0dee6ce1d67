"""The error of this folder's parsers."""

from ingest.media.errors import MediaError


class StillError(MediaError):
    """A photo or document that cannot be read. Nothing of it was used.

    Args:
        why: a code: "too_large", "undecodable", "encrypted", "broken", "no_pages"; of a film's frame "frame_damaged",
            "no_frame".
    """

    code = "M021"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
