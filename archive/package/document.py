"""`package.json`: what is in a package, by the words of docs/formats/package.md. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from archive.ledger.note import Checkpoint
from archive.package.naming import file_name, rendition_name
from archive.package.selecting import Clip, Selection
from archive.package.tokens import Token
from archive.settings import Settings

FORMAT: Final = "muniment-package 1"


def original_path(clip: Clip) -> str:
    """Where a clip's original is in the bag."""
    return f"data/clips/{clip.row.clip}/original/{file_name(clip.row.path or clip.row.clip)}"


def rendition_path(clip: str, kind: str, media_type: str | None) -> str:
    """Where a rendition is in the bag."""
    return f"data/clips/{clip}/renditions/{rendition_name(kind, media_type)}"


def package_json(
    selection: Selection,
    *,
    made: datetime,
    software: str,
    settings: Settings,
    cites: Checkpoint,
    tokens: Sequence[Token],
) -> bytes:
    """The whole file."""
    policy = settings.witnesses
    document = {
        "format": FORMAT,
        "made": f"{made:%Y-%m-%dT%H:%M:%SZ}",
        "software": software,
        "origin": settings.origin,
        "subject": {
            "kind": "clip" if selection.case is None else "case",
            "id": selection.subject,
            "number": selection.number,
        },
        "clips": [_clip(clip) for clip in selection.clips],
        "cites": {"size": cites.size, "root": cites.root.hex()},
        "timestamps": [_token(token) for token in tokens],
        "witnesses": {
            "quorum": policy.quorum,
            "vkeys": [witness.vkey for witness in policy.witnesses],
        },
        "left_out": [{"clip": item.clip, "why": item.why} for item in selection.left_out],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _clip(clip: Clip) -> dict[str, Any]:
    row, data = clip.row, clip.ingested.data
    withheld = {"renditions_left_out": list(clip.withheld)} if clip.withheld else {}
    return withheld | {
        "clip": row.clip,
        "ingested": row.ingested_index,
        "events": len(clip.entries),
        "head": clip.entries[-1].leaf.hex(),
        "original": original_path(clip),
        "sha256": row.sha256,
        "size": row.size,
        "start": data["start"],
        "start_source": data["start_source"],
        "recorder": data["recorder"],
        "officer": data["officer"],
        "path": row.path,
        "renditions": [
            {
                "kind": r.kind,
                "path": rendition_path(row.clip, r.kind, r.media_type),
                "sha256": r.sha256,
                "size": r.size,
                "tool": r.tool,
                "version": r.version,
                "parameters": r.parameters,
            }
            for r in clip.renditions
        ],
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "folder": token.folder,
        "authority": token.authority,
        "own": token.own,
        "time": token.time,
        "size": token.checkpoint.size,
        "root": token.checkpoint.root.hex(),
        "entry": token.entry.index,
        "dates": [clip.row.clip for clip in token.dates],
    }
