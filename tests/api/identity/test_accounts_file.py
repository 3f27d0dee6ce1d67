"""accounts.db: older forms are brought up, newer ones refused, passwords cost what they cost today."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import argon2
import pytest

from api.errors import AccountsError
from api.identity.accounts import Accounts
from api.identity.file import VERSION
from tests.api.world import HASHER, PASSWORD

FIRST = """
CREATE TABLE account (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, unit TEXT, officer TEXT,
    hash TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE session (digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(id),
    expires REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX session_of_account ON session (account);
CREATE TABLE try (at REAL NOT NULL, peer TEXT NOT NULL, name BLOB NOT NULL);
CREATE INDEX try_at ON try (at);
CREATE INDEX try_by_name ON try (name, peer, at);
CREATE INDEX try_by_peer ON try (peer, at);
CREATE TABLE known (peer TEXT NOT NULL, name BLOB NOT NULL, PRIMARY KEY (peer, name)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def first_form(path: Path) -> None:
    """A file as the version before made it, with one account and one session."""
    db = sqlite3.connect(path)
    db.executescript(FIRST)
    row = ("account-x", "x", "supervisor", "unit-1", None, HASHER.hash(PASSWORD), 0, 1.0)
    db.execute("INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("INSERT INTO session VALUES (?, 'account-x', 9e9)", (b"d" * 32,))
    db.commit()
    db.close()


def test_a_file_of_the_first_form_keeps_its_accounts(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    first_form(path)
    for _ in range(2):
        accounts = Accounts(path, hasher=HASHER)
        account = accounts.check("x", PASSWORD)
        assert account is not None
        assert (account.role, account.unit, account.must_change) == ("supervisor", "unit-1", False)
        token, _ = accounts.open_session(account)
        assert accounts.session(token) is not None
        accounts.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    new = sqlite3.connect(tmp_path / "new.db")
    new.close()
    fresh = Accounts(tmp_path / "new.db", hasher=HASHER)
    schema = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert [name for name, _ in db.execute(schema)] == [name for name, _ in fresh.rows(schema)]
    fresh.close()
    db.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    first_form(path)
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE reset (in_the_way)")
    db.close()
    with pytest.raises(AccountsError):
        Accounts(path, hasher=HASHER)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM session").fetchone() == (1,)
    db.close()


def test_a_file_of_a_newer_form_is_refused_with_words(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    Accounts(path, hasher=HASHER).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(AccountsError, match="install a newer one"):
        Accounts(path, hasher=HASHER)


def test_a_hash_of_less_cost_is_made_anew_when_it_is_next_used(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    accounts = Accounts(path, hasher=HASHER)
    accounts.add(
        id="account-x", name="x", role="officer", password=PASSWORD, unit=None, officer=None
    )
    dearer = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    accounts.hash_with(dearer)
    sql = "SELECT hash FROM account"
    before = accounts.one(sql)
    assert accounts.check("x", "wrong password") is None
    assert accounts.one(sql) == before
    for _ in range(2):
        assert accounts.check("x", PASSWORD) is not None
    after = accounts.one(sql)
    assert after != before
    assert not dearer.check_needs_rehash(str(after and after[0]))
    accounts.close()
