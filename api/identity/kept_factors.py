"""Second factors in accounts.db: time-based codes (RFC 6238), and recovery codes for a lost telephone.

What always holds: a secret counts only after a code of it was right; a code is taken once, also when it is asked for
twice at the same moment; one step of clock skew either way is allowed, no more. Recovery codes are kept as digests and
taken once. The secret itself has to be kept readable: whoever reads accounts.db could make codes, and no password.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final, cast

from api.errors import NotNowError, WrongCodeError
from api.identity.file import digest_of
from api.identity.kept_tokens import Tokens
from api.identity.people import Account

STEP: Final = 30  # seconds
_DAY: Final = 86_400 // STEP
RECOVERY_CODES: Final = 10
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_ISSUER: Final = "Muniment"


class Factors(Tokens):
    """The second factors of accounts.db."""

    def has_factor(self, account: str) -> bool:
        """Whether codes are asked for when it signs in."""
        return (
            self.one("SELECT 1 FROM factor WHERE account = ? AND confirmed = 1", account)
            is not None
        )

    def with_factor(self) -> frozenset[str]:
        """The accounts that have one."""
        return frozenset(
            str(a) for (a,) in self.rows("SELECT account FROM factor WHERE confirmed = 1")
        )

    def recovery_left(self, account: str) -> int:
        """How many recovery codes were not used yet."""
        row = self.one("SELECT count(*) FROM recovery WHERE account = ?", account)
        return 0 if row is None else int(cast(int, row[0]))

    def begin_factor(self, account: Account) -> str:
        """The secret that the account is setting up: the same until it is confirmed.

        Raises:
            NotNowError: it has a factor already.
        """
        import pyotp

        with self.writing() as db:
            sql = "SELECT secret, confirmed FROM factor WHERE account = ?"
            row = db.execute(sql, (account.id,)).fetchone()
            if row is not None and row[1]:
                raise NotNowError("this account has a second factor; remove it first")
            if row is not None:
                return str(row[0])
            secret = pyotp.random_base32()
            sql = "INSERT INTO factor (account, secret, added) VALUES (?, ?, ?)"
            db.execute(sql, (account.id, secret, self.clock()))
        return secret

    def demand_right_code(self, account: Account, code: str) -> None:
        """Refuse a wrong code of the secret that is being set up, without using it up.

        Raises:
            WrongCodeError, NotNowError: nothing is being set up.
        """
        row = self.one("SELECT secret FROM factor WHERE account = ? AND confirmed = 0", account.id)
        if row is None:
            raise NotNowError("no second factor is being set up")
        if self._matching(str(row[0]), code) is None:
            raise WrongCodeError("the code is wrong; see that the telephone's clock is right")

    def confirm_factor(self, account: Account, code: str) -> list[str]:
        """Let the factor count, and return new recovery codes, which are kept nowhere.

        Raises:
            WrongCodeError, NotNowError: nothing was changed.
        """
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        with self.writing() as db:
            sql = "SELECT secret FROM factor WHERE account = ? AND confirmed = 0"
            row = db.execute(sql, (account.id,)).fetchone()
            if row is None:
                raise NotNowError("no second factor is being set up")
            step = self._matching(str(row[0]), code)
            if step is None:
                raise WrongCodeError("the code is wrong; see that the telephone's clock is right")
            sql = "UPDATE factor SET confirmed = 1, step = ? WHERE account = ?"
            db.execute(sql, (step, account.id))
            db.execute("DELETE FROM recovery WHERE account = ?", (account.id,))
            pairs = [(account.id, digest_of(_plain(c))) for c in codes]
            db.executemany("INSERT INTO recovery VALUES (?, ?)", pairs)
        return codes

    def check_code(self, account: Account, code: str) -> bool:
        """Whether it is a code of now, or a recovery code, that nobody has used; used up then."""
        with self.writing() as db:
            sql = "SELECT secret, step FROM factor WHERE account = ? AND confirmed = 1"
            row = db.execute(sql, (account.id,)).fetchone()
            if row is None:
                return False
            step = self._matching(str(row[0]), code)
            if step is not None:
                # RFC 6238, 5.2: a second attempt with the same code is not accepted. In one statement: no two at once.
                # One from more than a day ahead was used while the clock was wrong: it does not lock out for years.
                sql = "UPDATE factor SET step = ? WHERE account = ? AND (step < ? OR step > ?)"
                values = (step, account.id, step, step + _DAY)
                return db.execute(sql, values).rowcount > 0
            sql = "DELETE FROM recovery WHERE account = ? AND digest = ?"
            return db.execute(sql, (account.id, digest_of(_plain(code)))).rowcount > 0

    def remove_factor(self, account: Account) -> bool:
        """Ask for no code any more; False where none was asked for."""
        with self.writing() as db:
            db.execute("DELETE FROM recovery WHERE account = ?", (account.id,))
            sql = "DELETE FROM factor WHERE account = ? RETURNING confirmed"
            row = db.execute(sql, (account.id,)).fetchone()
        return row is not None and bool(row[0])

    def _matching(self, secret: str, code: str) -> int | None:
        import pyotp

        given, found = "".join(code.split()), None
        now = int(self.clock() // STEP)
        totp = pyotp.TOTP(secret, interval=STEP)
        for step in (now - 1, now, now + 1):
            right = totp.at(step * STEP)
            # All three are compared, so that the time to the answer does not tell which was near.
            if hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogatepass")):
                found = step
        return found


def address_of(secret: str, account: Account) -> str:
    """What an authenticator application reads from the picture (otpauth)."""
    import pyotp

    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(
        name=account.name, issuer_name=_ISSUER
    )


def picture_of(address: str) -> str:
    """The address as a QR code: an SVG element that may stand in a page."""
    import segno

    svg = segno.make(address, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return str(svg)


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def _plain(code: str) -> str:
    return "".join(c for c in code.lower() if c.isalnum())
