"""What making a package over the page refuses. Codes P084-P089, listed in docs/errors.md, never reused."""

from __future__ import annotations

from api.errors import ApiError


class PackagingError(ApiError):
    """Base: a package was not begun, or cannot be fetched. Nothing was done."""

    code = "P084"


class PackageUnderWayError(PackagingError):
    """This account has a package that is being made: one at a time. Nothing was begun."""

    code = "P085"
    status = 409


class PackageNotReadyError(PackagingError):
    """The package is still being made, or could not be: its state says which. Nothing was sent."""

    code = "P086"
    status = 409
