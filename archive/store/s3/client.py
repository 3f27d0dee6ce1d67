"""Calls to one bucket: who we are, how long we wait, and what an answer means.

Holds: every call either is answered well or raises an error of `errors.py`, or MissingObjectError. What may pass by
itself (no connection, 5xx, "slow down") is tried again with growing pauses until `patience` is over; all else is said
at once. boto3's own retries are off: two layers of them would multiply. Credentials come from the environment or from
systemd, never from a file of ours, and are in no message.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from archive.settings.model import S3Settings
from archive.store.s3.errors import (
    CallRefusedError,
    S3Error,
    StoreClockError,
    StoreRefusedError,
    StoreUnreachableError,
)

PATIENCE: Final = 300.0  # seconds that a server may be away before a docking ends
_CONNECT: Final = 5.0
_READ: Final = 60.0
_LEAST_READ: Final = 10.0  # of somebody who has little patience
_PAUSES: Final = (0.1, 10.0)  # seconds: the first, the longest
_CONNECTIONS: Final = 24
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_PASSING_CODES: Final = frozenset(
    {
        "SlowDown",
        "InternalError",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "OperationAborted",
        "ConditionalRequestConflict",
    }
)
_SAID: Final = {
    "NoSuchBucket": "there is no bucket {bucket}: it is gone, or its name in muniment.toml is wrong",
    "InvalidAccessKeyId": "the server does not know this access key",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the credentials have expired: give new ones",
    "AccessDenied": "these credentials may not do this ({operation}) in bucket {bucket}",
}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """Who we are at the S3 server. Never shown."""

    access_key: str
    secret_key: str
    token: str | None = None


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """From AWS_ACCESS_KEY_ID and its like, or from systemd's folder of credentials.

    Raises:
        StoreRefusedError: there are none.
    """
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    access, secret, token = (environment.get(name, "").strip() for name in names)
    if not (access and secret) and (folder := environment.get("CREDENTIALS_DIRECTORY")):
        files = ("s3-access-key", "s3-secret-key", "s3-session-token")
        access, secret, token = (_text(Path(folder) / name) for name in files)
    if not (access and secret):
        raise StoreRefusedError(
            "no credentials for the S3 store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
            " or give systemd the credentials s3-access-key and s3-secret-key"
        )
    return Credentials(access_key=access, secret_key=secret, token=token or None)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


class S3:
    """One bucket. Threads may share it.

    Args:
        settings: which bucket, and where.
        credentials: by default the environment's.
        patience: seconds in which a call is tried again.

    Raises:
        StoreRefusedError: there are no credentials, or they are none.
    """

    def __init__(
        self,
        settings: S3Settings,
        *,
        credentials: Credentials | None = None,
        patience: float = PATIENCE,
    ) -> None:
        # A third of a second to import: who has no S3 store does not pay.
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

        self.bucket, self.prefix, self.settings = settings.bucket, settings.prefix, settings
        self.patience = patience
        self._own, self._theirs = BotoCoreError, ClientError
        found = credentials or credentials_of(os.environ)
        config = Config(
            signature_version="s3v4",
            connect_timeout=_CONNECT,
            read_timeout=min(_READ, max(patience * 2, _LEAST_READ)),
            retries={"total_max_attempts": 1},
            max_pool_connections=_CONNECTIONS,
            # Servers of some years ago refuse or mangle the checksums that boto3 adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={
                "addressing_style": "path" if settings.endpoint else "auto",
                # Each body's SHA-256 is part of its signature: the server cannot take other bytes.
                "payload_signing_enabled": True,
            },
        )
        try:
            self._client: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=settings.endpoint,
                region_name=settings.region,
                aws_access_key_id=found.access_key,
                aws_secret_access_key=found.secret_key,
                aws_session_token=found.token,
                config=config,
            )
        except (BotoCoreError, ValueError) as e:
            raise StoreRefusedError(f"the S3 store cannot be asked: {e}") from e

    def key(self, digest: str) -> str:
        """The key of an object."""
        return self.prefix + digest

    def call(self, operation: str, **arguments: Any) -> Any:
        """Make a call about the bucket, again and again while what is wrong may pass.

        Args:
            operation: of boto3's client.
            arguments: its own, and `patience` in seconds where it is not this bucket's.

        Raises:
            CallRefusedError: the server says no, for a reason that depends on the call.
            S3Error: see `errors.py`.
        """
        method, patience = getattr(self._client, operation), arguments.pop("patience", None)
        return self.patiently(
            operation, lambda: method(Bucket=self.bucket, **arguments), patience=patience
        )

    def once(self, operation: str, **arguments: Any) -> Any:
        """One try. Raises CallRefusedError, S3Error."""
        method = getattr(self._client, operation)
        return self._try(operation, lambda: method(Bucket=self.bucket, **arguments))

    def patiently(
        self, operation: str, step: Callable[[], _Answer], *, patience: float | None = None
    ) -> _Answer:
        """Do a step that makes calls of boto3's, until it is done or patience is over. Raises as `call`."""
        end = time.monotonic() + (self.patience if patience is None else patience)
        pause = _PAUSES[0]
        while True:
            try:
                return self._try(operation, step)
            except StoreUnreachableError:
                left = end - time.monotonic()
                if left <= 0:
                    raise
            # Not everybody at the same moment, when a server comes back.
            time.sleep(min(left, pause * random.uniform(0.5, 1)))  # noqa: S311
            pause = min(pause * 2, _PAUSES[1])

    def _try(self, operation: str, step: Callable[[], _Answer]) -> _Answer:
        try:
            return step()
        except self._theirs as e:
            raise self._meant(operation, e.response) from e
        except (self._own, OSError) as e:
            raise StoreUnreachableError(f"the S3 store does not answer ({operation}): {e}") from e

    def _meant(self, operation: str, answer: Mapping[str, Any]) -> S3Error:
        error = answer.get("Error", {})
        code, status = str(error.get("Code", "")), answer["ResponseMetadata"]["HTTPStatusCode"]
        if code == "RequestTimeTooSkewed":
            return StoreClockError(
                "the S3 server's clock and this machine's are more than a quarter of an hour apart: set them right"
            )
        if code in _PASSING_CODES or status in _PASSING:
            return StoreUnreachableError(f"the S3 store is busy ({operation}: {status} {code})")
        if code in _SAID:
            said = _SAID[code].format(bucket=self.bucket, operation=operation)
            return StoreRefusedError(f"the S3 store refuses: {said}")
        if status == 403:
            # HEAD and some servers give no code of their own.
            said = _SAID["AccessDenied"].format(bucket=self.bucket, operation=operation)
            return StoreRefusedError(f"the S3 store refuses: {said}")
        return CallRefusedError(code, int(status), str(error.get("Message", "")))
