"""A child that gives up its rights has none left, and gets none back by starting another program."""

from __future__ import annotations

import os
import subprocess
import sys

from devices.rights import FILES

STATUS = "print(open('/proc/self/status').read())"


def rights_after(call: str, then: str = STATUS) -> dict[str, int]:
    """What /proc says of a child that made this call; as root it has what the packaged station has, and more."""
    wrapper = []
    if os.geteuid() == 0:
        given = "+sys_admin,+dac_override"
        wrapper = ["setpriv", f"--inh-caps={given}", f"--ambient-caps={given}"]
    code = f"from devices.rights import *; {call}; {then}"
    done = subprocess.run(
        [*wrapper, sys.executable, "-I", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    words = [line.split() for line in done.stdout.splitlines() if line.startswith("Cap")]
    return {name.rstrip(":"): int(value, 16) for name, value in words if name != "CapBnd:"}


def test_nothing_is_left_also_not_to_be_lent_to_others() -> None:
    assert rights_after("drop_rights()") == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapAmb"), 0
    )
    before = rights_after("pass")
    assert before["CapAmb"] != 0 if os.geteuid() == 0 else before["CapEff"] == 0


def test_a_program_that_it_starts_gets_none_back() -> None:
    exec_ = f"import os, sys; os.execv(sys.executable, [sys.executable, '-I', '-c', {STATUS!r}])"
    assert rights_after("drop_rights()", exec_)["CapEff"] == 0


def test_what_is_kept_is_no_more_than_it_had() -> None:
    kept = rights_after("drop_rights(keep=FILES)")
    had = rights_after("pass")
    assert kept["CapEff"] == kept["CapPrm"] == had["CapPrm"] & sum(1 << n for n in FILES)
    assert kept["CapInh"] == kept["CapAmb"] == 0
