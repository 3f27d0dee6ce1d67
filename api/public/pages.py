"""The public site's answers: pages in Chinese and English, the feed and its schema. What always holds: app.py."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.messages import LANGS, Lang, choose, name_of, say
from api.public import reading
from api.public.reading import PAGE, Wish
from api.rendering import Asset
from oversight.lists.kinds import CHOICE_WORDS, columns_of
from oversight.lists.shown import shown
from oversight.publication import public_db
from oversight.publication.public_db import looking, meta
from oversight.report.tables import cells, csv_of, heads
from oversight.rules.model import ACTS

_HERE: Final = Path(__file__).parent
_STATIC: Final = (
    _HERE.parent / "static" / "style.css",
    _HERE.parent / "static" / "mark.svg",
    _HERE / "static" / "public.css",
)
_SUBJECTS: Final = ("person", "organisation")
_MOST_ITEMS: Final = 200
_MOST_PAGE: Final = 100_000
_SCHEMA: Final = Path(public_db.__file__).with_name("feed.schema.json")


class Site:
    """All answers, over one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._env = Environment(
            loader=FileSystemLoader(_HERE / "pages"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._assets = {path.name: Asset(path.read_bytes(), path.suffix) for path in _STATIC}

    def decisions(self, request: Request) -> Response:
        """The search, and what it finds."""
        wish = _wish(request)
        with looking(self._folder) as db:
            today, about = _today(meta(db, "zone")), meta(db, "agency")
            rows, total = reading.find(db, wish, today)
        pages = max(1, -(-total // PAGE))
        values = {"wish": wish, "rows": rows, "total": total, "pages": pages, "acts": ACTS}
        return self._page(request, "decisions.html", about, values)

    def decision(self, request: Request) -> Response:
        """One decision, or the trace of it."""
        with looking(self._folder) as db:
            today, about = _today(meta(db, "zone")), meta(db, "agency")
            found = reading.record(db, request.path_params["publication"], today)
        if found is None or found["kind"] != "decision":
            raise HTTPException(404)
        status = 410 if found["state"] == "expired" else 200
        return self._page(request, "decision.html", about, {"found": found}, status=status)

    def lists(self, request: Request) -> Response:
        """Every list."""
        with looking(self._folder) as db:
            today, about = _today(meta(db, "zone")), meta(db, "agency")
            rows = reading.lists(db)
        return self._page(request, "lists.html", about, {"rows": rows, "today": today.isoformat()})

    def one_list(self, request: Request) -> Response:
        """What a version of a list says."""
        kind, version = request.path_params["kind"], request.path_params["version"]
        with looking(self._folder) as db:
            about = meta(db, "agency")
            found = reading.one_list(db, kind, min(version, 2**31))
        if found is None:
            raise HTTPException(404)
        lang, said = _lang(request), found["said"]
        used = [
            c for key, c in columns_of(found["kind"]).items() if any(key in r for r in said["rows"])
        ]
        rows = [[shown(c, row.get(c.key), lang) for c in used] for row in said["rows"]]
        heads = [c.name.of(lang) for c in used]
        values = {"found": found, "heads": heads, "rows": rows}
        return self._page(request, "list.html", about, values)

    def certificate(self, request: Request) -> Response:
        """Whether an officer's certificate is good today."""
        typed = request.query_params.get("number", "")[:64]
        with looking(self._folder) as db:
            today, about = _today(meta(db, "zone")), meta(db, "agency")
            found = reading.certificate(db, typed, today)
        status = 404 if typed.strip() and found is None else 200
        values = {"typed": typed, "found": found, "today": today.isoformat()}
        return self._page(request, "certificate.html", about, values, status=status)

    def code(self, request: Request) -> Response:
        """The code that leads to a certificate's page (ISO/IEC 18004)."""
        typed = request.query_params.get("number", "")[:64]
        with looking(self._folder) as db:
            base = meta(db, "url") or str(request.base_url).rstrip("/")
            found = reading.certificate(db, typed, _today(meta(db, "zone")))
        if found is None:
            raise HTTPException(404)
        return Response(code_of(base, found["number"]), media_type="image/svg+xml")

    def reports(self, request: Request) -> Response:
        """The annual reports."""
        with looking(self._folder) as db:
            about, rows = meta(db, "agency"), reading.reports(db)
        return self._page(request, "reports.html", about, {"rows": rows})

    def report(self, request: Request) -> Response:
        """One annual report."""
        found, about = self._report(request)
        rows = cells(found["record"], _lang(request))
        values = {"found": found, "heads": heads(), "rows": rows}
        return self._page(request, "report.html", about, values)

    def report_csv(self, request: Request) -> Response:
        """Its figures as CSV."""
        found, _ = self._report(request)
        text = csv_of(found["record"], _lang(request))
        return Response(text.encode(), media_type="text/csv; charset=utf-8")

    def feed(self, request: Request) -> Response:
        """Signed items, from behind a number."""
        after, limit = (
            _whole(request, "after", 0, 2**53),
            _whole(request, "limit", 100, _MOST_ITEMS),
        )
        with looking(self._folder) as db:
            items, length = reading.feed(db, after, limit)
            origin = meta(db, "origin") or ""
        head = json.dumps({"origin": origin, "length": length}, ensure_ascii=False)
        text = f'{head[:-1]}, "items": [{",".join(items)}]}}'
        return Response(text.encode(), media_type="application/json")

    def keys(self, _request: Request) -> Response:
        """The keys that items are signed by, oldest first."""
        with looking(self._folder) as db:
            return PlainTextResponse(meta(db, "vkeys") or "")

    def schema(self, _request: Request) -> Response:
        """The JSON Schema of an item."""
        return Response(_SCHEMA.read_bytes(), media_type="application/schema+json")

    def static(self, request: Request) -> Response:
        """A file of ours."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(asset.data, media_type=asset.media_type, headers=lasting)

    def health(self, _request: Request) -> Response:
        """Whether what is public can be read."""
        with looking(self._folder) as db:
            return PlainTextResponse(f"ok {meta(db, 'written_at')}\n")

    def http_error(self, request: Request, error: Exception) -> Response:
        """A page that is not there."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._page(request, "error.html", None, {"status": status}, status=status)

    def unavailable(self, request: Request, _error: Exception) -> Response:
        """The file cannot be read now."""
        return self._page(request, "error.html", None, {"status": 503}, status=503)

    def _report(self, request: Request) -> tuple[dict[str, Any], str | None]:
        with looking(self._folder) as db:
            about, today = meta(db, "agency"), _today(meta(db, "zone"))
            found = reading.record(db, request.path_params["publication"], today)
        if found is None or found["kind"] != "report" or found["record"] is None:
            raise HTTPException(404)
        return found, about

    def _page(
        self,
        request: Request,
        template: str,
        about: str | None,
        values: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> HTMLResponse:
        lang = _lang(request)
        asked = (
            request.query_params.get("lang") if request.query_params.get("lang") in LANGS else None
        )
        text = self._env.get_template(template).render(
            lang=lang,
            t=partial(say, lang),
            named=partial(name_of, lang),
            act=partial(_choice, lang),
            asset=self._asset,
            link=partial(_link, asked),
            other=partial(_other, request),
            path=request.url.path,
            agency=about or "",
            **values,
        )
        headers = {"Content-Language": lang, "Vary": "Accept-Language"}
        return HTMLResponse(text, status_code=status, headers=headers)

    def _asset(self, name: str) -> str:
        return f"/static/{name}?v={self._assets[name].version}"


def code_of(base: str, number: str) -> bytes:
    """A picture of a code that leads to a certificate's page, as SVG."""
    made = io.BytesIO()
    code = segno.make(f"{base}/certificate?{urlencode({'number': number})}", error="m")
    code.save(made, kind="svg", scale=4, border=4, xmldecl=False)
    return made.getvalue()


def _wish(request: Request) -> Wish:
    asked = request.query_params
    act, subject = asked.get("act", ""), asked.get("subject", "")
    return Wish(
        number=asked.get("number", "")[:200],
        act=act if act in ACTS else "",
        subject=subject if subject in _SUBJECTS else "",
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
        page=max(1, _whole(request, "page", 1, _MOST_PAGE)),
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _whole(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    digits = text.isascii() and text.isdecimal() and len(text) < 17
    return min(int(text), most) if digits else default


def _today(zone: str | None) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(zone or "UTC")).date()


def _lang(request: Request) -> Lang:
    asked, accepted = request.query_params.get("lang"), request.headers.get("accept-language", "")
    return choose(asked, None, accepted)


def _choice(lang: Lang, code: str) -> str:
    return CHOICE_WORDS[code].of(lang) if code in CHOICE_WORDS else code


def _link(asked: str | None, path: str, **query: object) -> str:
    """An address of ours that keeps the language that was asked for."""
    said = {name: value for name, value in query.items() if value not in ("", None)}
    if asked is not None:
        said["lang"] = asked
    return f"{path}?{urlencode(said)}" if said else path


def _other(request: Request, lang: Lang) -> str:
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return f"?{urlencode([*kept, ('lang', lang)])}"
