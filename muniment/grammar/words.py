"""What the parts of the grammar share: how help is asked for, and how text from a command line is checked."""

from __future__ import annotations

from typing import Protocol

from muniment.errors import WrongUsageError


class Words(Protocol):
    """A sentence by its key."""

    def __call__(self, key: str, **values: object) -> str:
        """Raises KeyError: there is none of this name."""


def text_of(name: str, value: str | None) -> str | None:
    """An option's text as it may be written into an archive.

    Raises:
        WrongUsageError: bytes that are not UTF-8 (they arrive as lone surrogates), or nothing but blanks.
    """
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise WrongUsageError(f"{name} is not UTF-8") from error
    if not value.strip():
        raise WrongUsageError(f"{name} is empty")
    return value


def required(name: str, value: str) -> str:
    """As `text_of`, for what has to be there."""
    return text_of(name, value) or value
