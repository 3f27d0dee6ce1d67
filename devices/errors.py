"""What devices/ raises on purpose. Codes D000-D099, never reused.

`retryable` says whether asking again may help. No class here knows what to do next: that
is for whoever called. Messages are sentences for people and hold no secrets; bytes of
paths are shown as `devices.paths.display` shows them.
"""

from __future__ import annotations

from typing import ClassVar


class DeviceError(Exception):
    """Base: the recorder, or what it offered, could not be used."""

    code: ClassVar[str] = "D000"
    retryable: ClassVar[bool] = False


class NotAFolderError(DeviceError):
    """The source is not there, or is no folder that can be opened. Nothing was read."""

    code = "D001"

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be docked: {reason}.")
        self.path = path
        self.reason = reason


class ProfileError(DeviceError):
    """A maker profile breaks its format (docs/formats/profile.md). It was not loaded."""

    code = "D002"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The maker profile cannot be used: {reason}.")
        self.reason = reason


class SourceGoneError(DeviceError):
    """The folder or its volume vanished. What was read so far is good; the rest is not there."""

    code = "D010"
    retryable = True

    def __init__(self, *, source: str) -> None:
        super().__init__(f"The recorder {source} is gone: unplugged, unmounted or removed.")
        self.source = source


class ClipUnreadableError(DeviceError):
    """One clip cannot be read: no permission, or its medium failed. Other clips may be well."""

    code = "D011"
    retryable = True

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"The clip {path} cannot be read: {reason}.")
        self.path = path
        self.reason = reason


class ClipChangedError(DeviceError):
    """What lies at the clip's path is not the file that was listed. Nothing of it was read."""

    code = "D012"
    retryable = True

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"The clip {path} is not the file that was listed: {reason}.")
        self.path = path
        self.reason = reason
