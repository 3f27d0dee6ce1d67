"""Every module of the three systems that has routes; app.py puts them in. Decides nothing."""

from __future__ import annotations

from typing import Final, Protocol

from fastapi import APIRouter

from api.oversight import pages
from api.oversight.deadlines import pages as deadline_pages
from api.oversight.deadlines import routes as deadlines


class Routed(Protocol):
    """A module with routes."""

    @property
    def router(self) -> APIRouter:
        """They."""


MOUNTED: Final[tuple[Routed, ...]] = (
    pages,
    *(deadlines, deadline_pages),
)
