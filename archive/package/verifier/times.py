"""Whether the times of the tokens fit: to what they cover, and to each other.

Holds: a token that says a time before what it covers existed dates nothing. Clocks may differ by ten minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from archive.package.verifier.clips import INGESTED
from archive.package.verifier.contents import Contents, Stamp
from archive.package.verifier.entries import entry_time
from archive.package.verifier.found import sentence

_TOLERANCE = timedelta(minutes=10)


def check_token_times(contents: Contents) -> None:
    """Tokens that are too early are found and taken out of those that count."""
    for stamp in list(contents.stamps):
        if any(_too_early(contents, stamp, clip) for clip in stamp.dates):
            _refuse(contents, stamp)
    latest: datetime | None = None  # of the good tokens over smaller checkpoints
    for size in sorted({stamp.size for stamp in contents.stamps}):
        same = [stamp for stamp in contents.stamps if stamp.size == size]
        good = [s for s in same if latest is None or s.moment >= latest - _TOLERANCE]
        for stamp in same:
            if stamp not in good:
                _refuse(contents, stamp)
        moments = [stamp.moment for stamp in good]
        if moments and max(moments) - min(moments) > _TOLERANCE:
            contents.not_checked.append(sentence("not.times_differ", size=size))
        latest = max([*moments, *([] if latest is None else [latest])], default=None)


def _too_early(contents: Contents, stamp: Stamp, clip: str) -> bool:
    times = [e.time for e in contents.about(clip) if (e.type, e.count) == (INGESTED, 1)]
    return any(stamp.moment < entry_time(time) - _TOLERANCE for time in times)


def _refuse(contents: Contents, stamp: Stamp) -> None:
    contents.stamps.remove(stamp)
    contents.found("timestamp_wrong", f"{stamp.folder}/token.der", sentence("token.early"))
