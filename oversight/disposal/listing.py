"""The list of a disposal: which clips, by which rule. Canonical JSON, an object of its own (docs/formats/store.md).

It is a claim of the day on which it was proposed; what goes is looked at again when it goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.canonical import encode
from archive.ids import is_id
from oversight.disposal.errors import DisposalListError
from oversight.rules.model import Retention

FORMAT: Final = 1
MOST: Final = 100_000  # clips of one disposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One clip that is to go."""

    clip: str
    sha256: str
    size: int
    rule: str  # id of the retention rule that was the longest
    over: str  # since when nothing keeps it, RFC 3339


def write_list(items: Sequence[Item], rules: Sequence[Retention]) -> bytes:
    """The bytes of a list. Raises CanonicalError: it holds what canonical JSON cannot."""
    return encode(
        {
            "format": FORMAT,
            "rules": [_rule(rule) for rule in rules],
            "items": [
                {
                    "clip": item.clip,
                    "sha256": item.sha256,
                    "size": item.size,
                    "rule": item.rule,
                    "over": item.over,
                }
                for item in items
            ],
        }
    )


def _rule(rule: Retention) -> dict[str, Any]:
    basis = rule.basis
    return {
        "id": basis.id,
        "name": {"zh": rule.name.zh, "en": rule.name.en},
        "keep": str(rule.keep),
        "clause": {"zh": basis.clause.zh, "en": basis.clause.en},
        "source": {"zh": basis.source.zh, "en": basis.source.en},
        "in_force": basis.in_force.isoformat(),
    }


def read_list(data: bytes) -> list[Item]:
    """Raises DisposalListError: no list of ours."""
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise DisposalListError(f"the list has format {document['format']!r}, this is {FORMAT}")
        return [_item(each) for each in document["items"]]
    except (ValueError, KeyError, TypeError) as e:
        raise DisposalListError("the list is malformed") from e


def _item(each: dict[str, Any]) -> Item:
    item = Item(
        clip=each["clip"],
        sha256=each["sha256"],
        size=each["size"],
        rule=each["rule"],
        over=each["over"],
    )
    texts = (item.clip, item.sha256, item.rule, item.over)
    if not all(type(text) is str for text in texts) or type(item.size) is not int:
        raise DisposalListError("the list is malformed")
    if not is_id(item.clip, "clip"):
        raise DisposalListError(f"the list names {item.clip!r}, which is no clip")
    return item
