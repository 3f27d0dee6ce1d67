"""What the case file raises on purpose. Codes A200-A219, listed in docs/errors.md, never reused."""

from __future__ import annotations

from archive.errors import MACHINE, REFUSED, USAGE, ArchiveError


class StageOrderError(ArchiveError):
    """A stage that has to come before was not entered, or the case is concluded. Nothing was recorded."""

    code = "A200"
    exit_status = REFUSED


class StageTimeError(ArchiveError):
    """A stage in the future, or before the one that was entered last, without a reason. Nothing was recorded."""

    code = "A201"
    exit_status = USAGE


class NoFileError(ArchiveError):
    """Of the case it was never said which act it is. Nothing was recorded."""

    code = "A202"
    exit_status = REFUSED


class SubjectNumberError(ArchiveError):
    """A number that no person or organisation can have: its check digit is another. Nothing was recorded."""

    code = "A203"
    exit_status = USAGE


class UnknownSubjectError(ArchiveError):
    """There is no such subject, or more than one has this number. Nothing was recorded."""

    code = "A204"
    exit_status = REFUSED


class SameSubjectError(ArchiveError):
    """They are one already, or never were, or the case is not theirs to take. Nothing was recorded."""

    code = "A205"
    exit_status = REFUSED


class DocumentTimeError(ArchiveError):
    """Times or a part of the act that no document can say. Nothing was recorded."""

    code = "A206"
    exit_status = USAGE


class FormError(ArchiveError):
    """There is no such form, or what is filled in does not fit it. Nothing was kept."""

    code = "A207"
    exit_status = USAGE


class NoFontError(ArchiveError):
    """No font with Chinese is on this machine, so that no document can be made. Nothing was kept."""

    code = "A208"
    exit_status = MACHINE


class SignatureRefusedError(ArchiveError):
    """No signature over this catalogue, or by a certificate that is not believed. Nothing was recorded."""

    code = "A209"
    exit_status = REFUSED


class SigningKeyError(ArchiveError):
    """A key or certificate that cannot be read, or that do not belong together. Nothing was signed."""

    code = "A210"
    exit_status = USAGE


class CaseOpenError(ArchiveError):
    """The case is open: there is nothing to reopen. Nothing was recorded."""

    code = "A211"
    exit_status = REFUSED


class CatalogueTooLongError(ArchiveError):
    """The case has more in it than one volume catalogue holds. Nothing was recorded."""

    code = "A212"
    exit_status = REFUSED
