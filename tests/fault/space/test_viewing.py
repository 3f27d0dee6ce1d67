"""A disk without room under the page: nothing is shown that is not in the ledger, and it goes on when there is room."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.api.world import VIDEO, make_world
from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.space.places import fill, tmpfs


@pytest.mark.slow
def test_footage_is_shown_only_where_the_ledger_can_say_so(lab: Lab, tmp_path: Path) -> None:
    # Not in mounts of its own: the server's threads outlive the block, and hold them.
    with lab.row(area="space", fault="full disk under the page", how="tmpfs, seeded room") as row:
        for seed in lab.seeds(short=1, long=12):
            free = int((1 << 16) * random.Random(seed).random() ** 2)  # noqa: S311 - the same again
            with tmpfs(tmp_path / "disk", "size=24m") as folder:
                world = make_world(folder / "root")
                try:
                    programs = [world.client("chief") for _ in range(60 if lab.long else 12)]
                    ballast = fill(folder, free=free)
                    if lab.long:  # somebody wrote until the ledger's reserve was gone too
                        (folder / "root/ledger/reserve").unlink(missing_ok=True)
                        fill(folder, free=free)
                    refused = 0
                    for program in programs:
                        views = len(world.entries("clip.viewed"))
                        answer = program.get(f"{world.clip('first')}/original")
                        if answer.status_code == 200:
                            assert answer.content.startswith(VIDEO)
                            assert len(world.entries("clip.viewed")) > views
                            continue
                        refused += 1
                        assert answer.status_code in {503, 507}, answer.text
                        assert VIDEO[:64] not in answer.content
                        assert answer.json()["code"].startswith("A0")
                        break
                    row.saw(
                        "refused with a code; shown again when there was room"
                        if refused
                        else "the ledger's reserve was enough"
                    )
                    ballast.unlink()
                    assert programs[-1].get(f"{world.clip('first')}/original").status_code == 200
                finally:
                    world.close()
                Promises(folder / "root", {}).check()
