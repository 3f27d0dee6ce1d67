"""Every module of the three systems that has routes; app.py puts them in. Decides nothing."""

from __future__ import annotations

from typing import Final, Protocol

from fastapi import APIRouter

from api.oversight import pages
from api.oversight.checks import pages as check_pages
from api.oversight.checks import routes as checks
from api.oversight.deadlines import pages as deadline_pages
from api.oversight.deadlines import routes as deadlines
from api.oversight.file import pages as file_pages
from api.oversight.file import routes as file
from api.oversight.file import subject_pages, subject_routes
from api.oversight.legal import pages as legal_pages
from api.oversight.legal import routes as legal
from api.oversight.linking import pages as linking_pages
from api.oversight.linking import routes as linking
from api.oversight.lists import draft_pages
from api.oversight.lists import pages as list_pages
from api.oversight.lists import routes as lists
from api.oversight.publication import pages as publication_pages
from api.oversight.publication import report_pages
from api.oversight.publication import routes as publication
from api.oversight.registers import pages as register_pages
from api.oversight.registers import routes as registers
from api.oversight.retention import pages as retention_pages
from api.oversight.retention import routes as retention
from api.oversight.statistics import routes as statistics


class Routed(Protocol):
    """A module with routes."""

    @property
    def router(self) -> APIRouter:
        """They."""


MOUNTED: Final[tuple[Routed, ...]] = (
    pages,
    *(file, file_pages, subject_routes, subject_pages),
    *(deadlines, deadline_pages),
    *(linking, linking_pages),
    *(lists, list_pages, draft_pages, checks, check_pages),
    *(registers, register_pages),
    *(legal, legal_pages),
    *(retention, retention_pages),
    *(publication, publication_pages, report_pages),
    statistics,
)
