"""`unit add|place|list`, `user role|enable|identity`, `alarms list|settle`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from api.errors import NotFoundError
from api.identity.accounts import ROLES, Accounts
from api.messages import name_of
from api.rights import locally, placing, showing
from api.rights.alarms import settle
from api.rights.errors import NotOpenError
from api.rights.units import LEVELS, in_order
from archive.catalogue.rows import UnitRow
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.names import officer_id, unit_id
from muniment.opening import reading, writing

_TOP = "-"


def add_unit(asked: Asked, *, name: str, parent: str | None, level: str | None) -> Answer:
    """Add a unit. Raises UnitRefusedError, WrongUsageError, NotFoundError."""
    _check_level(level)
    with writing(asked) as archive:
        row = placing.register(
            archive,
            actor=asked.actor,
            name=name,
            parent=_unit(archive, parent),
            level=level,
        )
        return _unit_answer(asked, archive, row, "unit.added")


def place_unit(asked: Asked, *, name: str, parent: str | None, level: str | None) -> Answer:
    """Place a unit; what is not said stays, `-` takes it away. Raises as `add_unit`."""
    _check_level(None if level == _TOP else level)
    with writing(asked) as archive:
        unit = archive.catalogue.unit(_unit(archive, name) or "")
        if unit is None:
            raise NotFoundError(f"no unit {printable(name)}")
        kept = unit.parent if parent is None else None
        row = placing.place(
            archive,
            actor=asked.actor,
            unit=unit.id,
            parent=kept if parent in {None, _TOP} else _unit(archive, parent),
            level=unit.level if level is None else None if level == _TOP else level,
        )
        return _unit_answer(asked, archive, row, "unit.placed")


def list_units(asked: Asked) -> Answer:
    """The tree of units."""
    with reading(asked) as archive:
        tree = archive.catalogue.unit_tree()
    rows = [
        [f"{'  ' * depth}{row.name or row.id}", asked.words(f"unit.level.{row.level or 'none'}")]
        for row, depth in in_order(tree)
    ]
    text = "\n".join(table(asked.words("unit.head").split("|"), rows))
    documents = [showing.unit(row, tree) for row, _ in in_order(tree)]
    return Answer(document={"units": documents}, text=text if rows else asked.words("unit.none"))


def set_role(asked: Asked, *, name: str, role: str, unit: str | None, badge: str | None) -> Answer:
    """Give an account another role at once, with an alarm. Raises UnknownAccountError, WrongUsageError."""
    if role not in ROLES:
        raise WrongUsageError(f"--role is one of {', '.join(ROLES)}, not {role!r}")
    with _accounts(asked) as (archive, accounts):
        account = locally.change_role(
            archive,
            accounts,
            actor=asked.actor,
            name=name,
            role=role,
            unit=unit_id(archive, unit, actor=asked.actor),
            officer=officer_id(archive, badge, actor=asked.actor) if badge else None,
        )
        return _account_answer(asked, archive, account.id, "user.changed")


def enable_user(asked: Asked, name: str) -> Answer:
    """Let a disabled account sign in again, with an alarm. Raises UnknownAccountError."""
    with _accounts(asked) as (archive, accounts):
        account = locally.enable(archive, accounts, actor=asked.actor, name=name)
        return _account_answer(asked, archive, account.id, "user.enabled")


def tie_user(asked: Asked, *, name: str, identity: str | None) -> Answer:
    """Tie an account to a person at the provider; None takes it off. Raises NoProviderError, UnknownAccountError."""
    with _accounts(asked) as (archive, accounts):
        if identity is None:
            account = accounts.by_name(name)
            locally.untie(archive, accounts, actor=asked.actor, account=account)
            return _account_answer(asked, archive, account.id, "user.untied")
        account = locally.tie(
            archive, accounts, actor=asked.actor, name=name, identity=identity.strip()
        )
        return _account_answer(asked, archive, account.id, "user.tied")


def list_alarms(asked: Asked, *, every: bool) -> Answer:
    """Open alarms, the newest first; or every one."""
    with reading(asked) as archive:
        rows = archive.catalogue.alarms(settled=None if every else False, limit=10_000)
        names = showing.Names.of(archive)
        documents = [showing.alarm(row, names, footage=True) for row in rows]
    lines = [
        [
            str(d["alarm"]),
            d["raised_at"][:19] + "Z",
            name_of(asked.language, "alarm", d["code"]),
            printable(d["about"]),
            asked.words("alarms.open") if d["settled_at"] is None else printable(d["settled_by"]),
        ]
        for d in documents
    ]
    text = "\n".join(table(asked.words("alarms.head").split("|"), lines))
    return Answer(
        document={"alarms": documents}, text=text if lines else asked.words("alarms.none")
    )


def settle_alarm(asked: Asked, *, index: int, reason: str) -> Answer:
    """Say what came of an alarm. Raises NotFoundError, NotOpenError."""
    with writing(asked) as archive:
        row = archive.catalogue.alarm(index) if 0 <= index < 2**53 else None
        if row is None:
            raise NotFoundError(f"no alarm {index}")
        if row.settled_at is not None:
            raise NotOpenError("somebody settled this alarm before")
        settle(archive, actor=asked.actor, index=index, subject=row.subject, reason=reason)
        archive.catalogue.catch_up()
        now = archive.catalogue.alarm(index) or row
        document = showing.alarm(now, showing.Names.of(archive), footage=True)
    return Answer(document=document, text=asked.words("alarms.settled", index=index))


@contextmanager
def _accounts(asked: Asked) -> Iterator[tuple[Archive, Accounts]]:
    with writing(asked) as archive, closing(Accounts(archive.root / "accounts.db")) as accounts:
        yield archive, accounts


def _account_answer(asked: Asked, archive: Archive, account: str, key: str) -> Answer:
    archive.catalogue.catch_up()
    row = archive.catalogue.account(account)
    document: dict[str, Any] = {}
    if row is not None:
        document = showing.account(row, showing.Names.of(archive), {})
        del document["last_sign_in"]
    role = name_of(asked.language, "role", document["role"])
    text = asked.words(key, name=printable(document["user"] or ""), role=role)
    return Answer(document=document, text=text)


def _unit_answer(asked: Asked, archive: Archive, row: UnitRow, key: str) -> Answer:
    document = showing.unit(row, archive.catalogue.unit_tree())
    return Answer(document=document, text=asked.words(key, name=printable(row.name or row.id)))


def _unit(archive: Archive, name: str | None) -> str | None:
    if name is None:
        return None
    row = archive.catalogue.unit_by_name(name) or archive.catalogue.unit(name)
    if row is None:
        raise NotFoundError(f"no unit {printable(name)}")
    return row.id


def _check_level(level: str | None) -> None:
    if level is not None and level not in LEVELS:
        raise WrongUsageError(f"--level is one of {', '.join(LEVELS)}, not {level!r}")
