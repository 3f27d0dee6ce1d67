"""Lists to start from, put together from published ones. Of some kinds there is none."""

from __future__ import annotations

from pathlib import Path

from oversight.errors import UnknownListError
from oversight.lists.kinds import Kind


def sample_of(kind: Kind) -> bytes:
    """A list of this kind as TOML. Raises UnknownListError."""
    try:
        return Path(__file__).with_name(f"{kind}.toml").read_bytes()
    except FileNotFoundError as e:
        raise UnknownListError(f"there is no sample of the list {kind}") from e
