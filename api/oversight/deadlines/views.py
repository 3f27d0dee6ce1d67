"""Deadlines as pages say them: what has to be done, until when, how long is left or gone. Decides nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.documents import Document
from api.messages import Lang, name_of, say
from api.rendering import case_href
from api.service import Service
from oversight.clocks.reckoning import at

_DAY: Final = 86_400
_HOUR: Final = 3_600
_LONG: Final = 2 * _DAY  # from here on days are told, and no hours


class Views:
    """For one page.

    Args:
        service: for names.
        lang: of the page.
        now: microseconds since 1970.
    """

    def __init__(self, service: Service, lang: Lang, now: int) -> None:
        self._service, self._lang, self._now = service, lang, at(now)

    def row(self, document: Document) -> dict[str, Any]:
        """One deadline."""
        due, ended = _time(document["due"]), document["ended"]
        until = self._now if ended is None else _time(ended)
        excuse = document["excuse"]
        return {
            "state": document["state"],
            "what": name_of(self._lang, "deadline", document["ends"]),
            **self._about(document),
            "unit": document["unit"],
            "due": due_words(due, self._service.zone),
            "iso": document["due"],
            "left": self._left(document["state"], due - until),
            "ended": ended,
            "provisional": document["provisional"],
            "clause": _of(document["clause"], self._lang),
            "source": _of(document["source"], self._lang),
            "excuse": None if excuse is None else self._excuse(excuse),
            "form": None,  # where the visitor may state a reason
        }

    def _about(self, document: Document) -> dict[str, Any]:
        catalogue = self._service.archive.catalogue
        if document["clip"] is not None:
            clip = catalogue.clip(document["clip"])
            path = None if clip is None else clip.path
            return {"label": path or document["clip"], "href": f"/clips/{document['clip']}"}
        if document["list"] is not None:
            versions = catalogue.list_versions(list_id=document["list"])
            title = versions[-1].title if versions else None
            return {"label": title or document["list"], "href": None}
        if document["year"] is not None:
            return {"label": say(self._lang, "deadline.year", year=document["year"]), "href": None}
        number = document["case"] or ""
        return {"label": number, "href": f"{case_href(number)}/deadlines" if number else None}

    def _left(self, state: str, left: timedelta) -> str:
        if state in {"met", "excused"}:
            return ""
        seconds = abs(int(left.total_seconds()))
        unit, size = ("days", _DAY) if seconds >= _LONG else ("hours", _HOUR)
        kind = "over" if state in {"missed", "late"} else "left"
        return say(self._lang, f"deadline.{kind}.{unit}", count=max(1, seconds // size))

    def _excuse(self, excuse: Document) -> dict[str, Any]:
        account = self._service.archive.catalogue.account(excuse["by"])
        return {
            "words": _of(excuse["words"], self._lang),
            "reason": excuse["reason"],
            "by": excuse["by"] if account is None or account.name is None else account.name,
            "at": excuse["at"],
        }


def due_words(due: datetime, zone: ZoneInfo) -> str:
    """The last day of a period of days, the moment of one of hours; where the archive is."""
    local = due.astimezone(zone)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return (local - timedelta(seconds=1)).strftime("%Y-%m-%d")
    return local.strftime("%Y-%m-%d %H:%M")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _of(words: dict[str, str] | None, lang: Lang) -> str:
    return "" if words is None else words[lang]
