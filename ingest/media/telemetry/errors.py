"""The error of this folder's parsers."""

from ingest.media.errors import MediaError


class TelemetryError(MediaError):
    """Bytes that are not the telemetry they claim to be. Nothing of them was used."""

    code = "M020"
