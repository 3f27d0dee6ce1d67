"""Recorders on a real USB stack, in a virtual machine; the tests themselves lie in guest/."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.usb.conftest import SECONDS, Run


@pytest.mark.timeout(SECONDS + 120)
def test_on_real_usb(
    in_guest: str, run: Run, record_property: Callable[[str, object], None]
) -> None:
    result = run.results.get(in_guest)
    if result is None:
        pytest.fail(run.lost or "the guest said nothing of this test", pytrace=False)
    for name, figure in result.figures.items():
        record_property(name, figure)
        print(f"{name}: {figure}")
    if result.outcome == "skipped":
        pytest.skip(result.said)
    if result.outcome == "failed":
        pytest.fail(result.said, pytrace=False)
