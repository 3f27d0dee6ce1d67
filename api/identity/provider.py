"""A single sign-on provider over the net: what it says of itself, its keys, its tokens (OpenID Connect Core 1.0).

What always holds: it is asked at the addresses that its own discovery document names, which has to be of the issuer of
the settings and of the same protection; no answer larger than MOST_BYTES is read and none waited for longer than twice
SECONDS; no redirect is followed, no proxy of the environment used. An identity token counts when it is signed by one of
the issuer's keys with an asymmetric algorithm, is of this issuer, for this client, of this moment and with the nonce
that was asked with. Nothing of what it says gives a right: only who somebody is.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.rights.errors import ProviderAwayError, ProviderError
from archive.settings.model import OidcSettings

MOST_BYTES: Final = 256 * 1024
SECONDS: Final = 5.0
LEEWAY: Final = 60  # seconds: clocks differ
_KEPT: Final = 3600.0  # seconds that discovery and keys are believed
_ANEW: Final = 30.0  # at most so often keys are asked for because one is unknown
_AT_ONCE: Final = 8  # requests to the provider; whoever comes on top is told that it is away
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one browser was sent to the provider with."""

    state: str
    nonce: str
    verifier: str  # PKCE, RFC 7636


class Provider:
    """One provider; see the module.

    Args:
        settings: which.
        secret: of the client; None: it has none.
        redirect_uri: where the provider sends people back to.
    """

    def __init__(self, settings: OidcSettings, *, secret: str | None, redirect_uri: str) -> None:
        self.settings, self._secret, self.redirect_uri = settings, secret, redirect_uri
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._tls: ssl.SSLContext | None = None
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def address(self, asked: Asked) -> str:
        """Where a browser is sent to.

        Raises:
            ProviderAwayError: it does not answer.
            ProviderError: what it says of itself is not to be believed.
        """
        metadata = await self._discovered()
        claim = self.settings.claim
        scope = (
            "openid" if claim == "sub" else "openid email" if claim == "email" else "openid profile"
        )
        found: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self.settings.client_id,
            response_type="code",
            redirect_uri=self.redirect_uri,
            scope=scope,
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
        )
        return found

    async def person(self, code: str, asked: Asked) -> str:
        """Whom the provider says is there: the value of the claim that names people.

        Raises:
            ProviderAwayError: it does not answer.
            ProviderError: the code, the token or a claim is not to be believed.
        """
        metadata = await self._discovered()
        tokens = await self._tokens(metadata, code, asked)
        claims = await self._claims(str(tokens.get("id_token") or ""), tokens, asked)
        claim = self.settings.claim
        if claim not in claims:
            claims |= await self._said_of(metadata, tokens, subject=claims["sub"])
        value = claims.get(claim)
        if not isinstance(value, str) or not value:
            raise ProviderError(f"the provider says no {claim} of this person")
        if claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("the provider has not verified this e-mail address")
        return value

    async def _claims(self, token: str, tokens: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        try:
            try:
                decoded = jwt.decode(token, await self._keys_now(), algorithms=list(_ALGORITHMS))
            except (JoseError, ValueError):
                # Perhaps signed by a key that is newer than what is kept.
                decoded = jwt.decode(
                    token, await self._keys_now(anew=True), algorithms=list(_ALGORITHMS)
                )
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": asked.nonce},
                },
                params={
                    "nonce": asked.nonce,
                    "client_id": self.settings.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(time.time()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as e:
            raise ProviderError(f"the identity token is not to be believed: {e}") from e
        return dict(claims)

    async def _tokens(self, metadata: Mapping[str, Any], code: str, asked: Asked) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": asked.verifier,
        }
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth = None
        if self._secret is None:
            form["client_id"] = self.settings.client_id
        elif "client_secret_basic" in ways:
            auth = httpx.BasicAuth(_form(self.settings.client_id), _form(self._secret))
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": self._secret}
        return await self._ask("POST", metadata["token_endpoint"], data=form, auth=auth)

    async def _said_of(
        self, metadata: Mapping[str, Any], tokens: Mapping[str, Any], *, subject: object
    ) -> dict[str, Any]:
        """What the provider says of the person beside the token (OpenID Connect Core 1.0, 5.3)."""
        address = metadata.get("userinfo_endpoint")
        if not isinstance(address, str) or not self._is_fit(address):
            return {}
        bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
        said = await self._ask("GET", address, headers=bearer)
        if said.get("sub") != subject:  # 5.3.2
            raise ProviderError("the provider speaks of somebody else")
        return said

    async def _discovered(self) -> dict[str, Any]:
        now = time.monotonic()
        if self._metadata is not None and now - self._metadata[0] < _KEPT:
            return self._metadata[1]
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._ask("GET", address)
        if found.get("issuer") != self.settings.issuer:  # OpenID Connect Discovery 1.0, 4.3
            raise ProviderError("the discovery document is of another issuer")
        for name in _ADDRESSES:
            if not isinstance(found.get(name), str) or not self._is_fit(found[name]):
                raise ProviderError(
                    f"the provider's {name} is missing, or less protected than the issuer"
                )
        self._metadata = now, found
        return found

    async def _keys_now(self, *, anew: bool = False) -> KeySet:
        now = time.monotonic()
        if self._keys is not None and now - self._keys[0] < (_ANEW if anew else _KEPT):
            return self._keys[1]
        found = await self._ask("GET", (await self._discovered())["jwks_uri"])
        keys = KeySet.import_key_set({"keys": found.get("keys") or []})
        self._keys = now, keys
        return keys

    def _is_fit(self, address: str) -> bool:
        wanted, given = urlsplit(self.settings.issuer), urlsplit(address)
        return given.scheme == "https" or (wanted.scheme, wanted.hostname) == (
            given.scheme,
            given.hostname,
        )

    async def _ask(
        self,
        method: str,
        address: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> dict[str, Any]:
        if self._places.locked():
            raise ProviderAwayError("too many people sign in through the provider at this moment")
        if self._tls is None:
            # The system's authorities: an agency's own is there, and not in a list that a library brings.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        try:
            async with (
                self._places,
                asyncio.timeout(2 * SECONDS),
                httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=SECONDS) as client,
                client.stream(method, address, data=data, headers=headers, auth=auth) as answer,
            ):
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise ProviderError("the provider's answer is too large")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as e:
            raise ProviderAwayError(f"the provider does not answer: {type(e).__name__}") from e
        if answer.status_code >= 500:
            raise ProviderAwayError(f"the provider answers {answer.status_code}")
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as e:
            raise ProviderError("the provider's answer is no JSON") from e
        if answer.status_code != 200 or not isinstance(document, dict):
            raise ProviderError(f"the provider refuses: {answer.status_code}")
        return document


def _form(text: str) -> str:
    # RFC 6749, 2.3.1: both are form-encoded before they become a user name and a password.
    return quote_plus(text)
