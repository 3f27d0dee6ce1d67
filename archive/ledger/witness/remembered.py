"""`witnesses.state` under ROOT: what each witness said last. Derived: it may be deleted.

What is lost with it: that a witness which was put back to an older state is noticed, and since when one is silent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from archive.durable import Disk

NAME: Final = "witnesses.state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One witness, as it was when it was asked last."""

    size: int = 0  # entries in the newest checkpoint that it cosigned for us
    root: str = ""  # hex
    time: int = 0  # its clock then, seconds since 1970
    asked: str = ""  # RFC 3339 UTC: our clock at its last answer, or when none came
    code: str = ""  # how that went: an `Answer.code`
    reason: str = ""
    failing_since: str | None = None  # RFC 3339 UTC: of the first failure since it last cosigned


def read_seen(root: Path) -> dict[str, Seen]:
    """What is remembered, by verifier key; nothing where the file is missing or is not ours."""
    try:
        found = json.loads((root / NAME).read_bytes())
        return {vkey: _seen(values) for vkey, values in found["witnesses"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_seen(root: Path, seen: Mapping[str, Seen], disk: Disk) -> None:
    """Remember. Raises OSError."""
    document = {"format": 1, "witnesses": {vkey: asdict(one) for vkey, one in seen.items()}}
    disk.replace_file(root / NAME, json.dumps(document, indent=1).encode() + b"\n")


def _seen(values: Any) -> Seen:
    one = Seen(**values)
    texts = one.root, one.asked, one.code, one.reason, one.failing_since or ""
    if not all(type(n) is int and n >= 0 for n in (one.size, one.time)) or not all(
        type(text) is str for text in texts
    ):
        raise ValueError("another kind of value")
    return one
