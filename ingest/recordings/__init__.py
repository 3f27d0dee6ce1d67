"""Which clips are one recording: what was recorded between start and stop, and split (docs/formats/media.md).

The segments stay as they are; nothing is joined but in the player. Opens no media: facts and names only.
"""

from ingest.recordings.joining import join

__all__ = ["join"]
