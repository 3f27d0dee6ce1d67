"""One header field of a request, looked up where many requests a second come.

What always holds: names are lower case, as ASGI has them; of a field that is there twice the first counts, as the
framework's own look-up has it.
"""

from __future__ import annotations

from starlette.requests import Request


def field(request: Request, name: bytes) -> str | None:
    """The field's value; None where it is absent."""
    for found, value in request.scope["headers"]:
        if found == name:
            text: str = value.decode("latin-1")
            return text
    return None
