"""`user add|list|disable|password|factor`.

A password comes from standard input or is typed unseen, never from the command line.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.identity import registering
from api.identity.accounts import ROLES, Account, Accounts
from api.messages import name_of
from api.rights.alarms import record_alarm
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.names import officer_id, unit_id
from muniment.opening import writing


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What was typed."""

    name: str
    role: str
    badge: str | None = None
    unit: str | None = None


def add_user(asked: Asked, new: NewUser, *, from_stdin: bool) -> Answer:
    """Add an account. Raises as `registering.add_account`; WrongUsageError: no such role, or no password."""
    if new.role not in ROLES:
        raise WrongUsageError(f"--role is one of {', '.join(ROLES)}, not {new.role!r}")
    password = _password(from_stdin=from_stdin)
    with _accounts(asked) as (archive, accounts):
        account = registering.add_account(
            archive,
            accounts,
            actor=asked.actor,
            name=new.name,
            role=new.role,
            password=password,
            unit=unit_id(archive, new.unit, actor=asked.actor),
            officer=officer_id(archive, new.badge, actor=asked.actor) if new.badge else None,
        )
        # By one person, where the page asks for two: whoever looks after the unit is told.
        record_alarm(archive, actor=asked.actor, subject=account.id, code="account_added_locally")
        archive.catalogue.catch_up()
        document = _document(archive, account)
    role = name_of(asked.language, "role", account.role)
    text = asked.words("user.added", name=printable(account.name), role=role)
    return Answer(document=document, text=text)


def list_users(asked: Asked) -> Answer:
    """All accounts."""
    with _accounts(asked) as (archive, accounts):
        last, factors = accounts.last_sign_ins(), accounts.with_factor()
        documents = [
            _document(archive, account)
            | {"factor": account.id in factors, "signed_in": _moment(last.get(account.id))}
            for account in accounts.all()
        ]
    if not documents:
        return Answer(document={"users": []}, text=asked.words("user.none"))
    rows = [
        [
            d["user"],
            name_of(asked.language, "role", d["role"]),
            d["unit"] or "-",
            d["badge"] or "-",
            asked.words("user.factor" if d["factor"] else "user.no_factor"),
            d["signed_in"] or "-",
            asked.words("user.is_disabled" if d["disabled"] else "user.active"),
        ]
        for d in documents
    ]
    lines = table(asked.words("user.head").split("|"), rows)
    return Answer(document={"users": documents}, text="\n".join(lines))


def disable_user(asked: Asked, name: str) -> Answer:
    """Let nobody sign in with it again. Raises UnknownAccountError."""
    with _accounts(asked) as (archive, accounts):
        account = registering.disable(archive, accounts, actor=asked.actor, name=name)
        document = _document(archive, account)
    return Answer(
        document=document, text=asked.words("user.disabled", name=printable(account.name))
    )


def set_password(asked: Asked, name: str, *, from_stdin: bool) -> Answer:
    """Set a new password. Raises UnknownAccountError, PasswordRefusedError, WrongUsageError."""
    password = _password(from_stdin=from_stdin)
    with _accounts(asked) as (archive, accounts):
        account = registering.set_password(
            archive, accounts, actor=asked.actor, name=name, password=password
        )
        document = _document(archive, account)
    return Answer(
        document=document, text=asked.words("user.password", name=printable(account.name))
    )


def factor_of(asked: Asked, name: str) -> Answer:
    """Whether an account has a second factor. Raises UnknownAccountError."""
    with _accounts(asked) as (archive, accounts):
        account = accounts.by_name(name)
        has = accounts.has_factor(account.id)
        document = _document(archive, account) | {"factor": has}
    word = "user.has_factor" if has else "user.had_no_factor"
    return Answer(document=document, text=asked.words(word, name=printable(account.name)))


def remove_factor(asked: Asked, name: str) -> Answer:
    """Take away a second factor that was lost; whoever looks after the unit is told. Raises UnknownAccountError."""
    with _accounts(asked) as (archive, accounts):
        account = accounts.by_name(name)
        had = accounts.has_factor(account.id)
        if had:
            registering.remove_factor(archive, accounts, actor=asked.actor, account=account)
            record_alarm(
                archive, actor=asked.actor, subject=account.id, code="factor_removed_locally"
            )
        archive.catalogue.catch_up()
        document = _document(archive, account) | {"factor": False}
    word = "user.factor_removed" if had else "user.had_no_factor"
    return Answer(document=document, text=asked.words(word, name=printable(account.name)))


def _moment(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def _accounts(asked: Asked) -> Iterator[tuple[Archive, Accounts]]:
    # Not by api.serving, which would load the whole web server.
    with (
        writing(asked) as archive,
        closing(
            Accounts(archive.root / "accounts.db", settings=archive.settings.identity)
        ) as accounts,
    ):
        yield archive, accounts


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        # One line, its end not part of it; a pipe may hold more than a password could be long.
        line = sys.stdin.buffer.readline(8192) if sys.stdin is not None else b""
        try:
            password = line.rstrip(b"\r\n").decode()
        except UnicodeDecodeError as error:
            raise WrongUsageError("the password is not UTF-8") from error
    elif sys.stdin is not None and sys.stdin.isatty():
        password = getpass.getpass("Password / 密码: ", stream=sys.stderr)
        if getpass.getpass("Again / 再输一次: ", stream=sys.stderr) != password:
            raise WrongUsageError("the two passwords differ")
    else:
        raise WrongUsageError("give the password on standard input, with --password-stdin")
    if not password:
        raise WrongUsageError("the password is empty")
    return password


def _document(archive: Archive, account: Account) -> dict[str, Any]:
    unit = archive.catalogue.unit(account.unit) if account.unit else None
    officer = archive.catalogue.officer(account.officer) if account.officer else None
    return {
        "id": account.id,
        "user": account.name,
        "role": account.role,
        "unit": account.unit if unit is None else unit.name,
        "badge": account.officer if officer is None else officer.badge,
        "disabled": account.disabled,
    }
