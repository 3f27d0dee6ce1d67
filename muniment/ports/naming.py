"""What a recorder, and who has it, is called on the board. Decides nothing about who may be docked."""

from __future__ import annotations

import time

from archive.catalogue.rows import RecorderRow
from archive.opening import Archive
from devices.hotplug import Plugged


def badge_now(archive: Archive, recorder: RecorderRow) -> str | None:
    """The badge of who has a recorder now."""
    now = round(time.time() * 1_000_000)
    terms = [t for t in archive.catalogue.assignments(recorder.id) if t.from_us <= now]
    holder = terms[-1].officer_id if terms else recorder.officer_id
    officer = None if holder is None else archive.catalogue.officer(holder)
    return None if officer is None else officer.badge


def nameless_serial(plugged: Plugged) -> str:
    """What a recorder without any serial is called. Another one may be called so too: its bytes are compared."""
    return f"usb:{plugged.vendor:04x}:{plugged.product:04x}"
