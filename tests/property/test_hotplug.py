"""Any bytes in any attribute of /sys: recorders or none, never an error."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.hotplug import Watcher
from tests.fakes.sys_tree import SysTree

BYTES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"", b"06", b"08", b"-1", b"0" * 400, "٣".encode(), b"1\n2"]),
)
DEVICE = ("idVendor", "idProduct", "busnum", "devnum", "serial", "manufacturer", "product")
INTERFACE = ("bInterfaceClass", "bInterfaceSubClass", "interface")
BLOCK = ("dev", "size", "ro", "partition")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*DEVICE, *INTERFACE, *BLOCK]), BYTES))
def test_any_attribute_is_a_value_or_none(attributes: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = SysTree(Path(folder) / "sys")
        device = tree.storage("1-1")
        interface = device / "1-1:1.0"
        disk = tree.disk(interface, "sdb")
        places = (DEVICE, device), (INTERFACE, interface), (BLOCK, disk)
        for names, at in places:
            for name in attributes.keys() & names:
                (at / name).write_bytes(attributes[name])
        with Watcher(sysfs=tree.root, poll=0.01, settle=0, patience=0) as watch:
            for recorder in watch.present():
                # What is shown can be encoded: no lone surrogates.
                json.dumps(asdict(recorder), ensure_ascii=False).encode()
                assert all(text.isprintable() for text in (recorder.serial, recorder.make) if text)
