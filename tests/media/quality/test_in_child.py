"""Quality as the survey of a whole file says it, in the confined process: its memory and its rights are enough."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from ingest.media.child import MediaChild
from tests.media.quality.scenes import HEIGHT, RATE, WIDTH, Picture, sound, spoilt

SECONDS = 12


def film(path: Path, pictures: Iterable[Picture]) -> Path:
    """Write one picture a second, each of them a key frame, and sound from a microphone that is dead."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=1, options={"g": "1", "threads": "1"})
        audio = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(pictures):
            shown = av.VideoFrame.from_ndarray(picture, format="bgr24")
            shown.pts, shown.time_base = number, Fraction(1)
            container.mux(video.encode(shown))
        heard = av.AudioFrame.from_ndarray(
            (sound("off", SECONDS) * 32767).astype("i2"), format="s16", layout="mono"
        )
        heard.sample_rate = RATE
        container.mux([*audio.encode(heard), *audio.encode(None), *video.encode(None)])
    return path


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = (spoilt("covered", number) for number in range(SECONDS))
    return film(tmp_path_factory.mktemp("quality") / "covered.mov", pictures)


def test_a_survey_says_everything_that_is_wrong_and_what_the_clock_shows(covered: Path) -> None:
    arguments = {"quality": True, "facts": {}, "start": "20261120182505"}
    with MediaChild() as child, covered.open("rb") as clip:
        answer = child.ask("survey", clip, name=covered.name, arguments=arguments)

    whole = {"from_ms": 0, "to_ms": SECONDS * 1000}
    assert answer["quality"] == {
        "findings": [{"code": code, **whole} for code in ("clock_differs", "covered", "silent")],
        "clock": "2026-11-20 18:20:00",
        "clock_at_ms": 0,
    }
