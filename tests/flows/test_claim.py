from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from muniment.claim import FOLDER, claimed

HOLD = """
import sys, pathlib
from muniment.claim import claimed
with claimed(pathlib.Path(sys.argv[1]), "docking-1") as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


def test_a_docking_is_finished_by_one_process_at_a_time_and_a_killed_one_blocks_nobody(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        with claimed(tmp_path, "docking-1") as mine:
            assert not mine
        with claimed(tmp_path, "docking-2") as mine:
            assert mine
        holder.kill()
    with claimed(tmp_path, "docking-1") as mine:
        assert mine
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_where_no_claim_can_be_written_the_work_is_done_all_the_same(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    with claimed(tmp_path, "docking-1") as mine:
        assert mine


def test_many_who_ask_again_and_again_never_hold_it_together(tmp_path: Path) -> None:
    lock, inside = threading.Lock(), list[int]()
    until = time.monotonic() + 0.5

    def ask(number: int) -> int:
        held = 0
        while time.monotonic() < until:
            with claimed(tmp_path, "docking-1") as mine:
                if mine:
                    with lock:
                        inside.append(number)
                        assert inside == [number]
                    time.sleep(0)
                    with lock:
                        inside.remove(number)
                    held += 1
        return held

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(4))) > 1
