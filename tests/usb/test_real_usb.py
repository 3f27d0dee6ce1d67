"""Recorders on a real USB stack, in a virtual machine; the tests themselves lie in guest/."""

from __future__ import annotations

import pytest

from tests.usb.conftest import SECONDS, Run


@pytest.mark.timeout(SECONDS + 120)
def test_on_real_usb(in_guest: str, run: Run, request: pytest.FixtureRequest) -> None:
    result = run.results.get(in_guest)
    if result is None:
        pytest.fail(run.lost or "the guest said nothing of this test", pytrace=False)
    # Not `record_property`: it warns of a form of report that has no place for it.
    request.node.user_properties.extend(result.figures.items())
    if result.outcome == "skipped":
        pytest.skip(result.said)
    if result.outcome == "failed":
        pytest.fail(result.said, pytrace=False)
