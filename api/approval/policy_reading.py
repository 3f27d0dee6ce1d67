"""Reading a policy: TOML, then every value, each mistake with the line it stands on.

What always holds: one error type leaves here, with all mistakes that were found; what is not named in
docs/formats/policy.md is a mistake, so a misspelt rule is never silently no rule.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from api.approval.errors import PolicyError
from api.approval.policy import (
    ASKERS,
    DECIDERS,
    EMERGENCIES_A_DAY,
    RELATIONS,
    Hours,
    Policy,
    Purpose,
    Relation,
    Rule,
    Unusual,
)
from api.identity.accounts import Role
from archive.tables import Document, Table, TableError, all_among, among, read_document

NAME: Final = "policy.toml"  # below ROOT
FORMAT: Final = 1
MOST: Final = 64 * 1024  # bytes
_LONGEST: Final = {"emergency": timedelta(hours=24)}
_YEAR: Final = timedelta(days=366)
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,3})([hd])")
_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_NO_ROLES: Final[tuple[Role, ...]] = ()
_NO_CODES: Final[tuple[str, ...]] = ()


def policy_of(root: Path) -> Policy:
    """The policy in force in an archive: ROOT/policy.toml, else the one that is shipped.

    Raises:
        PolicyError: it is malformed, or cannot be read. Nobody is granted anything by it.
    """
    own = root / NAME
    path = own if own.exists() else Path(__file__).with_name(NAME)
    try:
        data = path.read_bytes()
    except OSError as e:
        raise PolicyError(path.name, ((0, f"cannot be read: {e.strerror}"),)) from e
    return read_policy(data, path.name)


def shipped() -> Policy:
    """The policy that comes with this software."""
    return read_policy(Path(__file__).with_name(NAME).read_bytes(), NAME)


@lru_cache(maxsize=8)
def read_policy(data: bytes, source: str = NAME) -> Policy:
    """A policy out of its bytes.

    Raises:
        PolicyError: malformed.
    """
    try:
        document = read_document(data, most=MOST, about="docs/formats/policy.md")
    except TableError as e:
        raise PolicyError(source, e.mistakes) from e
    policy = _policy(document, data)
    if document.mistakes or policy is None:
        raise PolicyError(source, tuple(sorted(document.mistakes)))
    return policy


def _policy(document: Document, data: bytes) -> Policy | None:
    if not document.is_format(FORMAT):
        return None
    title = document.table("title")
    zh, en = title.text("zh"), title.text("en")
    title.end()
    purposes = tuple(_purpose(t) for t in document.rows("purpose", needed=True))
    rules = tuple(
        _rule(t, frozenset(p.code for p in purposes)) for t in document.rows("rule", needed=True)
    )
    document.no_twins("purpose", "code", [p.code for p in purposes])
    document.no_twins("rule", "id", [r.id for r in rules])
    unusual = _unusual(document.table("unusual"), document)
    document.end()
    return Policy(zh=zh, en=en, purposes=purposes, rules=rules, unusual=unusual, data=data)


def _purpose(table: Table) -> Purpose:
    found = Purpose(code=table.code("code"), zh=table.text("zh"), en=table.text("en"))
    table.end()
    return found


def _rule(table: Table, purposes: frozenset[str]) -> Rule:
    relation = table.among("relation", RELATIONS)
    deciders, longest = DECIDERS[relation], _LONGEST.get(relation, _YEAR)
    found = Rule(
        id=table.code("id"),
        relation=relation,
        roles=frozenset(
            table.take("roles", all_among(ASKERS), f"some of {', '.join(ASKERS)}", _NO_ROLES)
        ),
        decided_by=table.take(
            "decided_by",
            among(deciders),
            f"for {relation} one of {', '.join(deciders)}",
            deciders[0],
        ),
        longest=table.take(
            "longest",
            lambda value: _length(value, longest),
            f'hours or days, like "4h" or "30d", for {relation} at most {longest.days}d',
            longest,
        ),
        purposes=table.take(
            "purposes", all_among(tuple(purposes)), "codes of purposes of this file", _NO_CODES
        ),
        clause=table.words("clause"),
        source=table.words("source"),
        in_force=table.day("in_force"),
        a_day=_a_day(table, relation),
    )
    table.end()
    return found


def _a_day(table: Table, relation: Relation) -> int:
    if relation != "emergency":
        return 0  # there the key is one that nobody knows
    if "a_day" not in table.left:
        return EMERGENCIES_A_DAY
    said = "it has to be a whole number from 1 to 100"
    return table.take("a_day", among(tuple(range(1, 101))), said, EMERGENCIES_A_DAY)


def _unusual(table: Table, document: Document) -> Unusual:
    said = 'hours of the day, like "22:00-06:00"'
    midnight = Hours(begin=time(), end=time())
    duty: dict[str, Hours] = {}
    for row in document.rows("duty", needed=False):
        duty[row.text("unit")] = row.take("hours", _hours, said, midnight)
        row.end()
    found = Unusual(
        clips_an_hour=table.count("clips_an_hour"),
        refusals_an_hour=table.count("refusals_an_hour"),
        exports_an_hour=table.count("exports_an_hour"),
        night=table.take("night", _hours, said, midnight),
        night_clips=table.count("night_clips"),
        duty=duty,
    )
    table.end()
    return found


def _length(value: Any, longest: timedelta) -> timedelta | None:
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    length = timedelta(**{{"h": "hours", "d": "days"}[found[2]]: int(found[1])})
    return length if length <= longest else None


def _hours(value: Any) -> Hours | None:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    return Hours(begin=begin, end=end)
