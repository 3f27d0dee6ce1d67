"""What changes of rights, units, alarms and single sign-on refuse. Codes P060-P068, listed in docs/errors.md."""

from __future__ import annotations

from api.errors import ApiError


class RightsError(ApiError):
    """Base: a change of rights, units or alarms was refused. Nothing was changed."""

    code = "P060"
    status = 409


class OwnRightsError(RightsError):
    """Nobody changes their own rights, nor confirms what they proposed. Nothing was changed."""

    code = "P068"
    status = 403


class NotOpenError(RightsError):
    """Somebody decided or settled it before. Nothing was changed."""

    code = "P061"
    status = 409


class NoSecondPersonError(RightsError):
    """No other administrator could confirm the change: it is made at the machine itself. Nothing was changed."""

    code = "P062"
    status = 409


class ChangeRefusedError(RightsError):
    """The change does not fit the account as it is now. Nothing was changed."""

    code = "P063"
    status = 409


class UnitRefusedError(RightsError):
    """The name is taken, or the unit would stand under itself. Nothing was changed."""

    code = "P064"
    status = 409


class ProviderError(RightsError):
    """What the single sign-on provider sent is not to be believed, or is of nobody here. Nobody is signed in."""

    code = "P065"
    status = 403


class ProviderAwayError(RightsError):
    """The single sign-on provider does not answer. Nobody is signed in; passwords work."""

    code = "P066"
    status = 503


class NoProviderError(RightsError):
    """No single sign-on provider is configured."""

    code = "P067"
    status = 404
