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


class RecorderSilentError(DeviceError):
    """The recorder did not answer in time, also after its session was reset. What was read so far is good."""

    code = "D020"
    retryable = True

    def __init__(self, *, source: str, doing: str) -> None:
        super().__init__(
            f"The recorder {source} did not answer while {doing}: unplug it, switch it on, plug it in again."
        )
        self.source = source
        self.doing = doing


class ProtocolError(DeviceError):
    """The recorder sent a length, a count or a transaction that cannot be. What was read so far is good."""

    code = "D021"
    retryable = True

    def __init__(self, *, source: str, reason: str) -> None:
        super().__init__(f"The recorder {source} sent what cannot be: {reason}.")
        self.source = source
        self.reason = reason


class NotErasableError(DeviceError):
    """The recorder, or its card, refuses to have something removed. Nothing was removed."""

    code = "D022"

    def __init__(self, *, source: str, reason: str) -> None:
        super().__init__(f"The recorder {source} cannot be erased from: {reason}.")
        self.source = source
        self.reason = reason


class NoRecorderError(DeviceError):
    """No recorder with this serial is plugged in, or two are. Nothing was read."""

    code = "D023"
    retryable = True

    def __init__(self, *, serial: str, reason: str) -> None:
        super().__init__(f"The recorder {serial} cannot be docked: {reason}.")
        self.serial = serial
        self.reason = reason


class NoAccessError(DeviceError):
    """This program may not use the device, or another one (a kernel driver, a desktop) holds it. Nothing was read."""

    code = "D024"

    def __init__(self, *, source: str, reason: str) -> None:
        super().__init__(f"The recorder {source} cannot be opened: {reason}.")
        self.source = source
        self.reason = reason


class MountError(DeviceError):
    """A card or volume cannot be mounted read-only. Nothing was read and nothing stays mounted."""

    code = "D025"

    def __init__(self, *, source: str, reason: str) -> None:
        super().__init__(f"The volume {source} cannot be mounted: {reason}.")
        self.source = source
        self.reason = reason
