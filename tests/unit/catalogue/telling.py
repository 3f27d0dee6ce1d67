"""A short story with a little of everything."""

from __future__ import annotations

from tests.unit.catalogue.story import Story


def tell(story: Story) -> None:
    """A little of everything."""
    unit = story.unit("第一中队")
    officer, recorder = story.officer("7", unit=unit), story.recorder("SN1")
    case = story.case("2026-1", title="夜查", officers=[officer])
    for n in range(5):
        clip = story.clip(
            f"{n}.mp4", source="modified", officer=officer, recorder=recorder, unit=unit
        )
        story.link(clip, case)
        story.examined(clip, created=f"2026-01-17T1{n}:00:00Z")
        story.rendition(clip)
    story.unlink(clip, case)
