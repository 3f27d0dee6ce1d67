"""Whether a document has the form of a published schema: as much of JSON Schema as ours of a case is written in.

What always holds: a schema that asks for more than this knows is an error of ours, never passed over in silence.
"""

from __future__ import annotations

from typing import Any, Final

_TOLD: Final = {"$schema", "$id", "title"}  # asks for nothing
_KNOWN: Final = {"type", "const", "required", "properties", "items"}
_TYPES: Final[dict[str, type]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "null": type(None),
}


def has_form(value: object, schema: dict[str, Any]) -> bool:
    """Whether it is as the schema says. Raises ValueError: the schema asks for what is not known here."""
    if schema.keys() - _TOLD - _KNOWN:
        raise ValueError("the schema asks for more than is checked")
    if "const" in schema and (type(value), value) != (type(schema["const"]), schema["const"]):
        return False
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types
    # By the type itself: true is no integer.
    if names and type(value) not in [_TYPES[name] for name in names]:
        return False
    if isinstance(value, dict):
        return _has_members(value, schema)
    if isinstance(value, list) and "items" in schema:
        return all(has_form(one, schema["items"]) for one in value)
    return True


def _has_members(value: dict[str, object], schema: dict[str, Any]) -> bool:
    if not value.keys() >= set(schema.get("required", ())):
        return False
    members: dict[str, Any] = schema.get("properties", {})
    return all(has_form(value[name], asked) for name, asked in members.items() if name in value)
