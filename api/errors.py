"""What api/ raises on purpose. Codes P001-P099, listed in docs/errors.md, never reused.

Each class knows the HTTP status it becomes (problems.py). Messages are for people and hold no secret.
"""

from __future__ import annotations

from typing import ClassVar


class ApiError(Exception):
    """Base: the request was refused."""

    code: ClassVar[str] = "P000"
    status: ClassVar[int] = 400

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer needs beside the problem document."""
        return {}


class MalformedRequestError(ApiError):
    """The request is not what HTTP or this API allows. Nothing was done."""

    code = "P001"


class UnknownHostError(ApiError):
    """The Host header names a machine that this service does not answer for."""

    code = "P002"


class SignInNeededError(ApiError):
    """Nobody is signed in, or no longer."""

    code = "P010"
    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, 11.6.1: a 401 names a scheme."""
        return {"WWW-Authenticate": 'Bearer realm="muniment"'}


class WrongCredentialsError(SignInNeededError):
    """User name or password is wrong, or the account is disabled; which one is not said."""

    code = "P011"


class TooManyTriesError(ApiError):
    """Too many wrong sign-ins; nothing was checked."""

    code = "P012"
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too many wrong sign-ins; try again in {retry_after} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When it is worth trying again."""
        return {"Retry-After": str(self.retry_after)}


class CrossOriginError(ApiError):
    """A change asked for by a page that is not ours. Nothing was done."""

    code = "P013"
    status = 403


class NotPermittedError(ApiError):
    """The account's role does not allow this. The attempt is in the ledger."""

    code = "P020"
    status = 403


class NotFoundError(ApiError):
    """There is no such thing, or this account may not know that there is."""

    code = "P021"
    status = 404


class MethodNotAllowedError(ApiError):
    """The address exists, the method does not."""

    code = "P022"
    status = 405


class BodyTooLargeError(ApiError):
    """The request's body is larger than anything this API takes."""

    code = "P023"
    status = 413


class HeadTooLargeError(ApiError):
    """The request's first line and header fields are larger than anything this API asks for."""

    code = "P027"
    status = 431


class InvalidInputError(ApiError):
    """A value is missing, or not of the form that is asked for. Nothing was done."""

    code = "P024"
    status = 422


class RangeNotSatisfiableError(ApiError):
    """No byte of the range exists."""

    code = "P025"
    status = 416

    def __init__(self, *, size: int) -> None:
        super().__init__(f"the whole has {size} bytes")
        self.size = size

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.17: how long it is."""
        return {"Content-Range": f"bytes */{self.size}"}


class PreconditionFailedError(ApiError):
    """If-Match names other bytes than those that are here."""

    code = "P026"
    status = 412


class ObjectWithheldError(ApiError):
    """A finding on this file is open: its bytes no longer equal its hash, or could not be read. Nothing was sent."""

    code = "P082"
    status = 409


class ObjectDisposedError(ApiError):
    """It was lawfully disposed of: its bytes are gone for good, its history stays. Nothing was sent."""

    code = "P150"
    status = 410


class NotMadeYetError(ApiError):
    """It will be there: it is being made, or waits its turn. Ask again."""

    code = "P028"
    status = 404

    @property
    def headers(self) -> dict[str, str]:
        """When to ask again."""
        return {"Retry-After": "2"}


class NothingToMakeError(ApiError):
    """It was tried, and cannot be made of this clip."""

    code = "P029"
    status = 404


class AccountExistsError(ApiError):
    """The name is taken."""

    code = "P030"
    status = 409


class UnknownAccountError(ApiError):
    """There is no account of this name."""

    code = "P031"
    status = 404


class PasswordRefusedError(ApiError):
    """The password is too short or too long. Nothing was changed."""

    code = "P032"
    status = 422


class AccountsError(ApiError):
    """accounts.db cannot be used: damaged, of a newer version, or not writable."""

    code = "P033"
    status = 503


class CodeNeededError(SignInNeededError):
    """The password is right; this account also needs a code of its second factor. Nobody is signed in."""

    code = "P034"


class WrongCodeError(SignInNeededError):
    """The code is wrong, too old, or was used before. Nobody is signed in."""

    code = "P035"


class PasswordChangeNeededError(ApiError):
    """The password was set by somebody else: it has to be changed before anybody is signed in."""

    code = "P036"
    status = 403


class TokenNetworkError(ApiError):
    """The token is not for use from this address. The attempt is in the ledger."""

    code = "P037"
    status = 403


class FactorNeededError(ApiError):
    """This role signs in with a second factor, and the account has none: set it up on the sign-in page."""

    code = "P038"
    status = 403


class NotInPersonError(ApiError):
    """This is done by a person who signed in, not with a token. The attempt is in the ledger."""

    code = "P039"
    status = 403


class NotNowError(ApiError):
    """The account is not in the state that this needs: it is there already, or not yet. Nothing was changed."""

    code = "P040"
    status = 409


class ServiceFaultError(ApiError):
    """Our bug; the log has the details."""

    code = "P050"
    status = 500


class NotReadyError(ApiError):
    """A part that every answer needs does not work now."""

    code = "P051"
    status = 503


class TooOftenError(ApiError):
    """The same is asked for or reported too often. Nothing was done; a later one is taken."""

    code = "P080"
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too often; try again in {retry_after} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When it is worth trying again."""
        return {"Retry-After": str(self.retry_after)}


class StreamEndedError(ApiError):
    """Whoever is sent this may see it no longer: signed out, another role, or the grant ended. No more was sent."""

    code = "P081"
    status = 403
