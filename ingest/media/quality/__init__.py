"""What is wrong with a clip's picture and sound, from frames that are decoded anyway. Advice, never a verdict.

`PictureLook`, `ClockLook` and `SoundLook` are given what `ingest.media.survey` decodes, in order, and say what they
found with time spans.
In doubt they say nothing. They read no file. Their modules import OpenCV and numpy: child process only.
"""

from ingest.media.quality.clock.look import ClockLook
from ingest.media.quality.finding import Finding
from ingest.media.quality.picture import PictureLook
from ingest.media.quality.sound import SoundLook

__all__ = ["ClockLook", "Finding", "PictureLook", "SoundLook"]
