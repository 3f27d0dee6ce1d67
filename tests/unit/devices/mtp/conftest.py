"""Opening recorders in memory, and letting go of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from devices.mtp.listing import Limits
from devices.mtp.recorder import MtpRecorder
from tests.fakes.responder import Responder

Docked = Callable[..., MtpRecorder]


@pytest.fixture
def docked() -> Iterator[Docked]:
    opened: list[MtpRecorder] = []

    def dock(link: Responder, limits: Limits | None = None) -> MtpRecorder:
        recorder = MtpRecorder(
            link,
            zone=ZoneInfo("Asia/Shanghai"),
            serial="BWC1",
            port="1-1",
            timing=link.hand.timing(),
            limits=limits,
        )
        opened.append(recorder)
        return recorder

    yield dock
    for recorder in opened:
        recorder.close()
