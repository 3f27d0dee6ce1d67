"""Single sign-on: people are sent to the provider of the settings, and come back as an account that was tied to them.

What always holds: state, nonce and PKCE verifier are made of one secret in a cookie of the browser that asked, so what
comes back counts in that browser only, once and for ten minutes; nobody is led to another site afterwards; which role
somebody has is never the provider's word, only who they are; an account has to be tied by two administrators or at the
machine itself before anybody comes in as it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.entrance import SEE_OTHER, pages_of
from api.errors import ApiError, UnknownAccountError
from api.gate import anyone
from api.identity import signing
from api.identity.accounts import Account
from api.identity.entering import local
from api.identity.sessions import set_cookie
from api.messages import say
from api.rendering import lang_of
from api.rights.errors import NoProviderError, ProviderAwayError, ProviderError
from api.service import Service, service_of
from archive.keys.secrets import oidc_client_secret

if TYPE_CHECKING:
    from api.identity.provider import Asked, Provider

router: Final = APIRouter(include_in_schema=False)
CALLBACK: Final = "/sign-in/oidc/callback"
MINUTES: Final = 10
_COOKIE: Final = "muniment_sso"
_MOST_NEXT: Final = 1500
_MOST_CODE: Final = 4096
_log = structlog.get_logger(__name__)


@router.get("/sign-in/oidc", dependencies=[Depends(anyone)])
async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    service, next_ = service_of(request), local(request.query_params.get("next"))[:_MOST_NEXT]
    url = service.archive.settings.url or ""
    try:
        provider = provider_of(service)
        here = f"{request.url.scheme}://{request.headers.get('host', '').lower()}"
        if here != url and request.query_params.get("again") is None:
            # Under another name the cookie would not be there when the provider sends people back.
            again = urlencode({"next": next_, "again": 1})
            return RedirectResponse(f"{url}/sign-in/oidc?{again}", SEE_OTHER)
        secret = secrets.token_urlsafe(32)
        address = await provider.address(_asked(secret))
    except ApiError as error:
        return _failed(request, error, next_)
    response = RedirectResponse(address, SEE_OTHER)
    packed = base64.urlsafe_b64encode(next_.encode()).decode()
    response.set_cookie(
        _name(service),
        f"{secret}.{int(time.time())}.{packed}",
        max_age=MINUTES * 60,
        path="/",
        httponly=True,
        samesite="lax",  # strict would not come back with the provider's redirect
        secure=service.secure,
    )
    return response


@router.get(CALLBACK, dependencies=[Depends(anyone)])
async def come_back(request: Request) -> Response:
    """What the provider sends people back with."""
    service = service_of(request)
    secret, next_ = _kept(request.cookies.get(_name(service), ""))
    try:
        person = await _person(request, service, secret)
        account = await asyncio.to_thread(tied, service, person)
        token, session = await signing.opened(request, account, by="oidc")
        response: Response = RedirectResponse(next_, SEE_OTHER)
        set_cookie(response, service, token, session)
    except ApiError as error:
        response = _failed(request, error, next_)
    # Whatever came of it: what this browser asked with is used up.
    response.delete_cookie(
        _name(service), path="/", httponly=True, samesite="lax", secure=service.secure
    )
    return response


async def _person(request: Request, service: Service, secret: str | None) -> str:
    provider, query = provider_of(service), request.query_params
    if secret is None:
        raise ProviderError("this browser asked for nothing, or too long ago")
    asked = _asked(secret)
    if not hmac.compare_digest(query.get("state", "").encode(), asked.state.encode()):
        raise ProviderError("the state is not the one that this browser asked with")
    # RFC 9207: an answer of another provider, sent on to us.
    if query.get("iss", provider.settings.issuer) != provider.settings.issuer:
        raise ProviderError("the answer is of another issuer")
    code = query.get("code", "")
    if query.get("error") is not None or not 0 < len(code) <= _MOST_CODE:
        raise ProviderError("the provider did not let this person in")
    return await provider.person(code, asked)


def tied(service: Service, person: str) -> Account:
    """The account that a person at the provider may come in as.

    Raises:
        UnknownAccountError: there is none, or it is disabled.
    """
    oidc = service.archive.settings.identity.oidc
    row = service.accounts.one(
        "SELECT account FROM identity WHERE issuer = ? AND subject = ?",
        oidc.issuer if oidc else "",
        person,
    )
    account = None if row is None else service.accounts.by_id(str(row[0]))
    if account is None or account.disabled:
        raise UnknownAccountError("no account is tied to this person")
    return account


def provider_of(service: Service) -> Provider:
    """The provider of the settings.

    Raises:
        NoProviderError: there is none.
    """
    from api.identity.provider import Provider  # httpx, Authlib: only where somebody comes that way

    settings = service.archive.settings
    if settings.identity.oidc is None or settings.url is None:
        raise NoProviderError("no single sign-on provider is configured")
    if not service.providers:
        service.providers.append(
            Provider(
                settings.identity.oidc,
                secret=oidc_client_secret(),
                redirect_uri=settings.url + CALLBACK,
            )
        )
    return service.providers[0]


def _asked(secret: str) -> Asked:
    from api.identity.provider import Asked

    return Asked(
        state=_derived(secret, "state"),
        nonce=_derived(secret, "nonce"),
        verifier=_derived(secret, "verifier"),
    )


def _derived(secret: str, use: str) -> str:
    digest = hmac.digest(secret.encode(), use.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _kept(cookie: str) -> tuple[str | None, str]:
    """The browser's secret, None where it is none or too old, and where it wanted to go."""
    secret, _, rest = cookie.partition(".")
    at, _, packed = rest.partition(".")
    try:
        next_ = base64.b64decode(packed, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        next_ = "/"
    young = (
        at.isascii()
        and at.isdigit()
        and len(at) < 12
        and 0 <= time.time() - int(at) <= MINUTES * 60
    )
    return secret if young and len(secret) == 43 else None, local(next_)


def _name(service: Service) -> str:
    # RFC 6265bis, 4.1.3.2: no other site below the same domain can set it.
    return f"__Host-{_COOKIE}" if service.secure else _COOKIE


def _failed(request: Request, error: ApiError, next_: str) -> Response:
    """The sign-in page, which says what went wrong and that passwords work."""
    _log.warning("single sign-on failed", code=error.code, detail=str(error))
    if isinstance(error, NoProviderError):
        raise error
    oidc = service_of(request).archive.settings.identity.oidc
    name = oidc.name if oidc else ""
    key = (
        "oidc.away"
        if isinstance(error, ProviderAwayError)
        else "oidc.failed"
        if isinstance(error, ProviderError)
        else "oidc.nobody"
    )
    status = 403 if isinstance(error, UnknownAccountError) else error.status
    values = {"stage": "", "step": "", "user": "", "picture": "", "secret": "", "codes": []}
    return pages_of(request).render(
        request,
        "sign_in.html",
        account=None,
        status=status,
        values=values | {"next": next_, "said": say(lang_of(request), key, name=name)},
    )
