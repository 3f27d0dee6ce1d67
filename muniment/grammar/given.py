"""Texts on a command line are what they are: pydantic, which typer asks about every value, is loaded for the rest.

It takes a tenth of a second, a third of an audit's start. What typer answers is the same; where a later typer keeps
its converter elsewhere this does nothing, and a test says that the start became slower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer.core

_BUILDER = "build_runtime_param"


@dataclass(frozen=True, slots=True)
class AsGiven:
    """In place of typer's converter of one parameter; `build` makes that, when it is needed."""

    descriptor: Any
    build: Callable[[Any], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command's function gets it. Raises typer's BadParameter."""
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        if not many and self.descriptor.annotation is str and _is_plain(value):
            return value
        return self.build(self.descriptor).coerce(value, param=param, ctx=ctx)


def spare_pydantic() -> None:
    """From now on typer's parameters convert by `AsGiven`."""
    build = getattr(typer.core, _BUILDER, None)
    if build is not None and not getattr(build, "spares", False):

        def lazily(descriptor: Any) -> AsGiven:
            return AsGiven(descriptor, build)

        lazily.spares = True  # type: ignore[attr-defined]
        setattr(typer.core, _BUILDER, lazily)


def _is_plain(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False
