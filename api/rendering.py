"""Pages: templates, languages, how times, sizes and digests are written. No decisions about who may see what.

What always holds: everything that came from outside is escaped by the template engine; a name that a template lacks
is an error, not
an empty place; times are local with their zone, ISO on hover.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.access import Right, may
from api.figures import bytes_of, length_of
from api.identity.accounts import Account
from api.identity.agents import short_agent
from api.messages import LANGS, Lang, choose, name_of, say
from api.oversight.parts import case_parts_for
from archive.package.page import custody_engine

LANG_COOKIE: Final = "muniment_lang"
ENGINE: Final = "engine.js"
_FOLDER: Final = Path(__file__).parent
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_YEAR: Final = 365 * 24 * 3600


class Asset:
    """A static file of ours, read once at start."""

    def __init__(self, data: bytes, suffix: str) -> None:
        self.data = data
        self.media_type = _TYPES[suffix]
        self.version = hashlib.sha256(self.data).hexdigest()[:12]


class Pages:
    """The templates and the static files.

    Args:
        zone: in which times are written.
        alarms: how many open alarms an account may know of.
        sso: what people call the single sign-on provider, where there is one.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        alarms: Callable[[Account], int] = lambda _: 0,
        sso: str | None = None,
    ) -> None:
        self._env = Environment(
            loader=FileSystemLoader(_FOLDER / "pages"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.assets = {
            p.name: Asset(p.read_bytes(), p.suffix)
            for p in sorted((_FOLDER / "static").iterdir())
            if p.suffix in _TYPES
        }
        # Not a file of ours under static/: what checks entries is the text that verify.html runs, and no copy of it.
        self.assets[ENGINE] = Asset(custody_engine(), ".js")
        self._env.filters |= {
            "when": partial(when, zone=zone),
            "length_of": length_of,
            "bytes_of": bytes_of,
            "short": short,
            "agent": short_agent,
        }
        self._env.globals["asset"] = self._asset
        self._env.globals["case_href"] = case_href
        self._env.globals["may_find"] = partial(may, right=Right.SEARCH)
        self._env.globals["may_request"] = partial(may, right=Right.ASK)
        self._env.globals["may_make_packages"] = partial(may, right=Right.PACKAGE)
        self._env.globals["may_see_desk"] = partial(may, right=Right.DESK)
        self._env.globals["may_change_rights"] = partial(may, right=Right.ACCOUNTS)
        self._env.globals["may_place_units"] = partial(may, right=Right.UNITS)
        self._env.globals["may_see_alarms"] = partial(may, right=Right.ALARMS)
        self._env.globals["may_see_systems"] = partial(may, right=Right.SYSTEMS)
        self._env.globals["case_parts_for"] = case_parts_for
        self._env.globals["alarms_open"] = alarms
        self._env.globals["sso"] = sso

    def render(
        self,
        request: Request,
        template: str,
        *,
        account: Account | None,
        status: int = 200,
        here: str = "",
        values: Mapping[str, Any],
    ) -> HTMLResponse:
        """Write a page in the visitor's language."""
        lang = lang_of(request)
        text = self._env.get_template(template).render(
            lang=lang,
            t=partial(say, lang),
            named=partial(_named, lang),
            lang_link=partial(_lang_link, request),
            account=account,
            here=here,
            **values,
        )
        response = HTMLResponse(
            text,
            status_code=status,
            headers={
                "Cache-Control": "private, no-store",
                "Content-Language": lang,
                "Vary": "Cookie",
            },
        )
        if request.query_params.get("lang") in LANGS:
            response.set_cookie(
                LANG_COOKIE, lang, max_age=_YEAR, path="/", samesite="lax", httponly=True
            )
        return response

    def _asset(self, name: str) -> str:
        return f"/static/{name}?v={self.assets[name].version}"


def lang_of(request: Request) -> Lang:
    """The language to answer a request in."""
    return choose(
        request.query_params.get("lang"),
        request.cookies.get(LANG_COOKIE),
        request.headers.get("accept-language", ""),
    )


def when(text: str, *, zone: ZoneInfo) -> Markup:
    """A moment: local with its zone to read, ISO to copy."""
    try:
        local = datetime.fromisoformat(text).astimezone(zone)
    except ValueError:
        return Markup("<span>{}</span>").format(text)
    offset = local.strftime("%z")
    zone_words = f"UTC{offset[:3]}:{offset[3:5]}"
    return Markup(
        '<time datetime="{iso}" title="{iso}" class="nowrap">{shown} <span class="dim">{zone}</span></time>'
    ).format(iso=text, shown=local.strftime("%Y-%m-%d %H:%M:%S"), zone=zone_words)


def short(digest: str) -> str:
    """A digest shortened in the middle."""
    return f"{digest[:10]}…{digest[-6:]}"


def case_href(number: str) -> str:
    """The address of a case's page: its number is one segment."""
    return f"/cases/{quote(number, safe='')}"


def _named(lang: Lang, group: str, code: str | None) -> str:
    return name_of(lang, group, code or "unknown")


def _lang_link(request: Request, lang: Lang) -> str:
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    if request.method not in {"GET", "HEAD"}:
        return f"/?lang={lang}"
    path = request.scope.get("raw_path", b"/").decode("ascii", "replace").partition("?")[0]
    # `//elsewhere/` as a path would be a link to another site.
    return f"/{path.lstrip('/')}?{urlencode([*kept, ('lang', lang)])}"
