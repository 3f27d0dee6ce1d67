"""A repair in the confined child, as an archive has it done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from tests.media.repair.conftest import Pair
from tests.media.repair.damage import packets, seen, without_index


@pytest.mark.slow
def test_the_child_repairs_with_what_it_is_handed_and_no_more(pair: Pair, tmp_path: Path) -> None:
    original, healthy = pair("h264-b", "stereo")
    damaged, out = tmp_path / "damaged.mp4", tmp_path / "repaired.mp4"
    damaged.write_bytes(without_index(original))
    with (
        MediaChild(writes=8 << 20) as child,
        damaged.open("rb") as clip,
        healthy.open("rb") as relative,
        out.open("x+b") as file,
    ):
        arguments = {"facts": {"of": "0" * 64}, "references": ["1" * 64]}
        answer = child.ask(
            "repair", clip, name="x.mp4", others=[relative], out=file, arguments=arguments
        )
    assert packets(out, "video") == packets(original, "video")
    assert seen(out) == seen(original)
    assert answer["media_type"] == "video/mp4"
    report = answer["report"]
    assert isinstance(report, dict)
    assert (report["of"], report["reference"]) == ("0" * 64, "1" * 64)


@pytest.mark.slow
def test_a_repair_that_would_write_more_than_allowed_is_given_up(
    pair: Pair, tmp_path: Path
) -> None:
    original, healthy = pair("h264-b", "stereo")
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(without_index(original))
    with (
        MediaChild(writes=4096) as child,
        damaged.open("rb") as clip,
        healthy.open("rb") as relative,
        (tmp_path / "repaired.mp4").open("x+b") as file,
        pytest.raises(MediaTaskError, match="too_large"),
    ):
        child.ask("repair", clip, name="x.mp4", others=[relative], out=file)
