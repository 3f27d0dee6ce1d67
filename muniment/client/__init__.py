"""The client for programs: what the service's API offers, typed. It imports nothing else of this project."""

from muniment.client.connecting import Muniment
from muniment.client.errors import (
    AnswerError,
    ClientError,
    DigestError,
    NotReachedError,
    RefusedError,
)
from muniment.client.values import (
    Account,
    Case,
    Clip,
    CustodyEvent,
    Download,
    Marker,
    Package,
    Rendition,
    Request,
)

__all__ = [
    "Account",
    "AnswerError",
    "Case",
    "ClientError",
    "Clip",
    "CustodyEvent",
    "DigestError",
    "Download",
    "Marker",
    "Muniment",
    "NotReachedError",
    "Package",
    "RefusedError",
    "Rendition",
    "Request",
]
