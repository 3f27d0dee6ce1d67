"""A font with Chinese on this machine, for the PDF. None is no error: the HTML says the same.

No font in a kept-up wheel has Chinese; Debian's have (`doctor` names the packages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font file and which of its faces."""

    path: Path
    face: int = 0


# Both have Latin and Chinese, so that one font is enough. In fonts-noto-cjk face 2 is SC.
KNOWN: Final = (
    Font(path=Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), face=2),
    Font(path=Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"), face=2),
    Font(path=Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"), face=2),
    Font(path=Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")),
    Font(path=Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc")),
)
DEBIAN: Final = "fonts-noto-cjk"


def find(known: Sequence[Font] = KNOWN) -> Font | None:
    """The first that is there."""
    return next((font for font in known if font.path.is_file()), None)
