"""A single sign-on provider that tells the truth unless it is told to lie: discovery, keys, tokens, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "muniment", "a client's secret"
Lie = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class FakeProvider:
    """See the module. `code` is what a person would come back with."""

    person: str = "wang.wu"
    claims: Lie = lambda claims: claims
    discovery: Lie = lambda document: document
    sign: Callable[[dict[str, Any]], str] | None = None  # instead of the provider's own key
    slow: float = 0.0
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(fake.got(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                form = {k: v[0] for k, v in parse_qs(body).items()}
                self._answer(fake.token(form, self.headers.get("authorization", "")))

            def _answer(self, document: dict[str, Any] | None) -> None:
                time.sleep(fake.slow)
                body = json.dumps(document).encode()
                self.send_response(400 if document is None else fake.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def issuer(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def code(self, address: str) -> tuple[str, str]:
        """Sign the person in who was sent here: the code and the state that they come back with."""
        query = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = hashlib.sha256(address.encode()).hexdigest()
        self._codes[code] = query
        self.asked.append(query)
        return code, query["state"]

    def got(self, path: str) -> dict[str, Any]:
        """What its documents say."""
        if path == "/keys":
            return {"keys": [self._key.as_dict(private=False)]}
        if path == "/me":
            return {"sub": self.person, "employee": "E-42"}
        return self.discovery(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/me",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Tokens for a code, once, to the client that asked, with its verifier; None: refused."""
        query = self._codes.pop(form.get("code", ""), None)
        wanted = base64.b64encode(f"{CLIENT}:a+client%27s+secret".encode()).decode()
        if query is None or authorization != f"Basic {wanted}":
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if query["code_challenge"] != challenge or query["redirect_uri"] != form["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.person,
            "aud": CLIENT,
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        sign = self.sign or self.signed
        return {
            "id_token": sign(self.claims(claims)),
            "access_token": "opaque",
            "token_type": "Bearer",
        }

    def signed(self, claims: dict[str, Any]) -> str:
        """By its own key."""
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)

    def signed_by_a_stranger(self, claims: dict[str, Any]) -> str:
        """By a key that calls itself the provider's."""
        return jwt.encode(
            {"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"})
        )

    def signed_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """HS256 with the public key's bytes as the secret: the confusion of RFC 8725, 2.1."""
        text = ".".join(map(_encoded, ({"alg": "HS256", "kid": "one"}, claims)))
        mac = hmac.digest(self._key.as_pem(private=False), text.encode(), hashlib.sha256)
        return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """`alg: none` (RFC 7519, 6)."""
        return ".".join([*map(_encoded, ({"alg": "none", "kid": "one"}, claims)), ""])


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
