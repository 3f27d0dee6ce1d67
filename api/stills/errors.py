"""Why a frame is not exported. Codes in docs/errors.md."""

from __future__ import annotations

from api.errors import ApiError


class NoStillError(ApiError):
    """Nothing of this clip is a frame of a film: a photo, sound, a document, something encrypted. Nothing was done."""

    code = "P090"
    status = 422


class FrameDamagedError(NoStillError):
    """The frame at this moment does not decode, or what it depends on does not. Nothing was done."""

    code = "P091"


class NotExaminedError(NoStillError):
    """Nothing has looked into this clip yet, so the times of its frames are not known. Nothing was done."""

    code = "P092"
    status = 409
