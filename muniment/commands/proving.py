"""That whoever sits at the machine is the reviewer they say they are: by the password of the reviewer's own account.

What always holds: the password comes from standard input or is typed unseen. Where the account asks for a second
factor, the machine is no way around it: such a reviewer uses the page.
"""

from __future__ import annotations

import getpass
import sys
from contextlib import closing
from typing import Final

from api.errors import WrongCredentialsError
from api.identity.accounts import Accounts
from archive.opening import Archive
from muniment.errors import WrongUsageError

_MOST: Final = 8192  # bytes of a line


def proven(archive: Archive, officer: str) -> str:
    """The account (id) with the role of a reviewer that is an officer's own.

    Raises:
        WrongCredentialsError: there is none, it has a second factor, or the password is not its.
        WrongUsageError: no password was given.
    """
    path = archive.root / "accounts.db"
    with closing(Accounts(path, settings=archive.settings.identity)) as accounts:
        named = [
            row
            for row in accounts.all()
            if row.officer == officer and row.role == "reviewer" and not row.disabled
        ]
        if not named:
            raise WrongCredentialsError("this officer has no account with the role of a reviewer")
        password = _password()
        for row in named:
            account = accounts.check(row.name, password)
            if account is None:
                continue
            if accounts.has_factor(account.id):
                raise WrongCredentialsError(
                    "this account has a second factor: review on the page, where it is asked for"
                )
            return account.id
    raise WrongCredentialsError("the password is not the reviewer's")


def _password() -> str:
    """One line. Raises WrongUsageError."""
    if sys.stdin is None:
        raise WrongUsageError("give the reviewer's password on standard input")
    if sys.stdin.isatty():
        return getpass.getpass("Password / 密码: ", stream=sys.stderr)
    try:
        return sys.stdin.buffer.readline(_MOST).rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise WrongUsageError("the password is not UTF-8") from error
