"""JSON Schema in few words: what the tables of this folder are written with.

What always holds: every member of an `obj` is required; what may be absent is given apart.
"""

from __future__ import annotations

from typing import Any, Final

Shape = dict[str, Any]

TEXT: Final[Shape] = {"type": "string"}
WHOLE: Final[Shape] = {"type": "integer"}
NUMBER: Final[Shape] = {"type": "number"}
YES: Final[Shape] = {"type": "boolean"}
TIME: Final[Shape] = {"type": "string", "description": "RFC 3339, UTC"}
ANY: Final[Shape] = {"type": "object", "additionalProperties": True}


def maybe(shape: Shape) -> Shape:
    """Or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def many(shape: Shape) -> Shape:
    """A list."""
    return {"type": "array", "items": shape}


def one_of(*words: str) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def by_name(shape: Shape) -> Shape:
    """Values by a name that is not known before."""
    return {"type": "object", "additionalProperties": shape}


def named(name: str) -> Shape:
    """A shape of the tables by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(members: dict[str, Shape], absent: dict[str, Shape] | None = None) -> Shape:
    """An object; `absent`: members that are there only sometimes."""
    more = absent or {}
    return {
        "type": "object",
        "properties": members | more,
        "required": sorted(members),
        # A later version may say more; whoever reads it leaves aside what they do not know.
        "additionalProperties": True,
    }


def texts(*names: str) -> dict[str, Shape]:
    """Members that are text."""
    return dict.fromkeys(names, TEXT)


def maybe_texts(*names: str) -> dict[str, Shape]:
    """Members that are text or null."""
    return dict.fromkeys(names, maybe(TEXT))


def page_of(name: str, shape: Shape, **more: Shape) -> Shape:
    """One page of a list: `next` is the cursor of the one after, null at the end."""
    return obj({name: many(shape), "next": maybe(TEXT), **more})
