"""Lists that are being written: one of each kind, below ROOT/lists, until it is published or given up.

What always holds: a draft is whole and free of mistakes, and says who saved it last. It binds nobody and is no
evidence: its loss costs the work on it and nothing else. Who drafted a version is in the
entry by which it was published.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive.opening import Archive
from oversight.errors import ListFileError, UnknownListError
from oversight.lists.kinds import Kind
from oversight.lists.model import AgencyList
from oversight.lists.reading import read_list

FOLDER: Final = "lists"  # below ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A list that is being written."""

    list: AgencyList
    actor: str  # who saved it last
    saved_at: str

    @property
    def digest(self) -> str:
        """SHA-256 of what would be published: by which it is said which text somebody has read."""
        return hashlib.sha256(self.list.to_bytes()).hexdigest()


def save(archive: Archive, found: AgencyList, *, actor: str) -> Draft:
    """Keep a draft in the place of the one before. Raises OSError, NoSpaceError: the one before is still there."""
    draft = Draft(list=found, actor=actor, saved_at=datetime.now(UTC).isoformat())
    path = _path(archive, found.kind)
    archive.disk.make_dirs_synced(path.parent)
    data = {"actor": draft.actor, "saved_at": draft.saved_at, "list": found.to_bytes().decode()}
    archive.disk.replace_file(path, json.dumps(data, ensure_ascii=False).encode())
    return draft


def is_there(archive: Archive, kind: Kind) -> bool:
    """Whether somebody is writing a list of a kind. Reads nothing."""
    return _path(archive, kind).is_file()


def draft_of(archive: Archive, kind: Kind) -> Draft | None:
    """The draft of a kind; None: nobody is writing one, or what is there cannot be read (nothing rests on it)."""
    try:
        data = json.loads(_path(archive, kind).read_bytes())
        found = read_list(data["list"].encode(), "list.json", kind=kind)
        return Draft(list=found, actor=str(data["actor"]), saved_at=str(data["saved_at"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, ListFileError):
        return None


def need_draft(archive: Archive, kind: Kind) -> Draft:
    """The draft of a kind. Raises UnknownListError."""
    found = draft_of(archive, kind)
    if found is None:
        raise UnknownListError(f"there is no draft of the list {kind}")
    return found


def give_up(archive: Archive, kind: Kind) -> None:
    """Throw the draft of a kind away, where there is one."""
    _path(archive, kind).unlink(missing_ok=True)


def _path(archive: Archive, kind: Kind) -> Path:
    return archive.root / FOLDER / f"draft-{kind}.json"
