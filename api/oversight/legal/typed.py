"""What somebody typed into the sheet of a legal review, as values. Decides nothing about whether it may be said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from api.errors import InvalidInputError
from api.markers.marking import place_of
from api.service import Service
from oversight.legal.answers import OUTCOMES, Answer, Outcome, PointAnswer
from oversight.legal.rounds import points_on

_MOST_YUAN: Final = 10**13
_Form = Mapping[str, str]


def answer_of(service: Service, form: _Form) -> Answer:
    """The whole sheet; a point that was neither found right nor wrong is missing. Raises InvalidInputError."""
    points = points_on(service.archive, datetime.now(service.zone).date())
    said = [_point(form, p.basis.id) for p in points if form.get(f"ok_{p.basis.id}")]
    return Answer(outcome=outcome_of(form), reason=form.get("reason", ""), points=said)


def outcome_of(form: _Form) -> Outcome:
    """One of the three. Raises InvalidInputError."""
    for outcome in OUTCOMES:
        if form.get("outcome") == outcome:
            return outcome
    raise InvalidInputError("say what comes of it: agree, correct or transfer")


def amount_of(form: _Form) -> int | None:
    """An amount in 分, typed in yuan; None: none. Raises InvalidInputError."""
    text = form.get("amount", "").strip().replace(",", "").removesuffix("元")
    if not text:
        return None
    try:
        cents = Decimal(text) * 100
        whole = cents == cents.to_integral_value() and 0 <= cents <= _MOST_YUAN * 100
    except InvalidOperation as e:
        raise InvalidInputError("an amount in yuan, with at most two decimals") from e
    if not whole:
        raise InvalidInputError("an amount in yuan, with at most two decimals")
    return int(cents)


def page_of(form: _Form, name: str) -> int | None:
    """A page number. Raises InvalidInputError."""
    text = form.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise InvalidInputError("pages are numbers from 1")
    return int(text)


def _point(form: _Form, point: str) -> PointAnswer:
    clip, document = form.get(f"clip_{point}"), form.get(f"document_{point}")
    return PointAnswer(
        point=point,
        ok=form.get(f"ok_{point}") == "yes",
        document=document or None,
        page=page_of(form, f"page_{point}") if document else None,
        clip=clip or None,
        at_us=place_of(form.get(f"at_{point}", "")) if clip else None,
        note=form.get(f"note_{point}") or None,
    )
