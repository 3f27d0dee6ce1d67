"""All questions about case files and about the systems over them, in one class for the catalogue."""

from __future__ import annotations

from archive.catalogue.check_queries import CheckQueries
from archive.catalogue.class_queries import ClassQueries
from archive.catalogue.clock_queries import ClockQueries
from archive.catalogue.disposal_queries import DisposalQueries
from archive.catalogue.duty_queries import DutyQueries
from archive.catalogue.file_queries import FileQueries
from archive.catalogue.hold_queries import HoldQueries
from archive.catalogue.legal_queries import LegalQueries
from archive.catalogue.link_queries import LinkQueries
from archive.catalogue.list_queries import ListQueries
from archive.catalogue.publication_queries import PublicationQueries
from archive.catalogue.report_queries import ReportQueries
from archive.catalogue.statistic_queries import StatisticQueries
from archive.catalogue.subject_queries import SubjectQueries
from archive.catalogue.waiting_link_queries import WaitingLinkQueries


class OversightQueries(
    FileQueries,
    SubjectQueries,
    DutyQueries,
    ListQueries,
    LinkQueries,
    WaitingLinkQueries,
    StatisticQueries,
    LegalQueries,
    PublicationQueries,
    ReportQueries,
    ClassQueries,
    HoldQueries,
    DisposalQueries,
    ClockQueries,
    CheckQueries,
):
    """See the module."""
