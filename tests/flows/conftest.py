from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.children import Server
from tests.fault.conftest import lab, memory_path
from tests.flows.footage import dock_into, make_archive, make_recorder, wait_until

__all__ = ["docking", "lab", "memory_path", "root", "server"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive")


@pytest.fixture
def docking(root: Path, tmp_path: Path) -> str:
    return dock_into(root, make_recorder(tmp_path / "recorder"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Prefect server for the suite: it takes 12 to 20 seconds to start."""
    server = Server(tmp_path_factory.mktemp("station") / "prefect", port=0)
    stopping = threading.Event()

    def tend() -> None:
        while not stopping.wait(0.2):
            server.tend()
        server.stop()

    thread = threading.Thread(target=tend)
    thread.start()
    try:
        wait_until(lambda: server.up, 120)
        yield server
    finally:
        stopping.set()
        thread.join()
