"""The newest entry about each subject, as the snapshot keeps it: rows in buckets, each bucket with a sum over its rows.

What holds: a row that is wrong or lost is noticed when its bucket is next asked for, so nothing is tied to
it; and asking costs one bucket, however many subjects there are. The sums are against rot, not against
malice: who can write here has the key as well. Transactions are the caller's.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar
from zlib import crc32

from archive.ledger.entry import Link

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS subjects (
  bucket INTEGER NOT NULL, subject TEXT NOT NULL, count INTEGER NOT NULL, entry INTEGER NOT NULL, leaf BLOB NOT NULL,
  PRIMARY KEY (bucket, subject)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sums (bucket INTEGER PRIMARY KEY, sum INTEGER NOT NULL);
"""
_BUCKETS: Final = 1 << 16  # ten million subjects are 150 rows a bucket
_MASK: Final = (1 << 62) - 1  # what an INTEGER of SQLite holds
_T = TypeVar("_T")
_A_SUM, _A_ROW = 1, 2  # what a row of the answer is
AT_ONCE: Final = 400  # two parameters each in one statement; SQLite takes 999 since long ago


class _Row(NamedTuple):
    """One subject."""

    bucket: int
    subject: str
    number: int  # of entries about it
    entry: int  # index of the newest
    leaf: bytes


def find(
    db: sqlite3.Connection, subjects: Collection[str], *, beside: str
) -> tuple[Any, dict[str, Link]]:
    """The newest entry about each of these subjects; unknown ones are left out.

    Args:
        db: the snapshot.
        subjects: who is asked for. Up to `AT_ONCE` are asked for in one statement, so of one moment; the caller has a
            transaction open for more.
        beside: SELECT of one value, which is of the same moment.

    Returns:
        That value, and the links. None where nobody is asked for.

    Raises:
        ValueError: a bucket is not what was written.
        sqlite3.Error: it cannot be read.
    """
    buckets: dict[int, list[_Row]] = {_bucket(subject): [] for subject in subjects}
    sums: dict[int, int] = {}
    value = None
    for asked in _chunks(sorted(buckets)):
        for row in db.execute(_question(len(asked), beside), asked):
            if row[0] == _A_ROW:
                buckets[row[1]].append(_Row(*row[1:]))
            elif row[0] == _A_SUM:
                sums[row[1]] = row[2]
            else:
                value = row[1]
    wanted = set(subjects)
    links: dict[str, Link] = {}
    for bucket, rows in buckets.items():
        if (_sum(rows) if rows else 0) != sums.get(bucket, 0):  # most are empty
            raise ValueError("the snapshot's rows are not those that were written")
        for row in rows:
            if row.subject in wanted:
                links[row.subject] = Link(count=row.number, index=row.entry, leaf=row.leaf)
    return value, links


@cache
def _question(count: int, beside: str) -> str:
    """The statement that asks for so many buckets: an event alone waits for it, and for each more there were."""
    marks = ",".join(f"?{number}" for number in range(1, count + 1))
    return (
        f"SELECT 0, ({beside}), 0, 0, 0, 0"  # noqa: S608 - all of it is of our own making
        f" UNION ALL SELECT {_A_SUM}, bucket, sum, 0, 0, 0 FROM sums WHERE bucket IN ({marks})"
        f" UNION ALL SELECT {_A_ROW}, bucket, subject, count, entry, leaf FROM subjects"
        f" WHERE bucket IN ({marks})"
    )


def put(db: sqlite3.Connection, links: Mapping[str, Link]) -> None:
    """Put these in the place of older ones.

    Raises:
        ValueError: a row in the way is of other types. Roll back.
        sqlite3.Error: roll back.
    """
    # In the table's own order: each of its pages is read and changed once.
    new = sorted([(_bucket(s), s, k.count, k.index, k.leaf) for s, k in links.items()])
    changes: defaultdict[int, int] = defaultdict(int)
    for rows in _chunks(new):
        marks = ",".join(["(?,?)"] * len(rows))
        keys = [value for row in rows for value in row[:2]]
        older = db.execute(
            f"SELECT * FROM subjects WHERE (bucket, subject) IN (VALUES {marks})",  # noqa: S608
            keys,
        )
        for bucket, *row in older:
            changes[bucket] -= _sum_of(*row)
    for bucket, *row in new:
        changes[bucket] += _sum_of(*row)
    db.executemany("INSERT OR REPLACE INTO subjects VALUES (?, ?, ?, ?, ?)", new)
    sums = {
        bucket: total
        for asked in _chunks(sorted(changes))
        for bucket, total in db.execute(
            f"SELECT bucket, sum FROM sums WHERE bucket IN ({','.join('?' * len(asked))})",  # noqa: S608
            asked,
        )
    }
    db.executemany(
        "INSERT OR REPLACE INTO sums VALUES (?, ?)",
        [(bucket, (sums.get(bucket, 0) + change) & _MASK) for bucket, change in changes.items()],
    )


def forget(db: sqlite3.Connection) -> None:
    """Remove all. Raises sqlite3.Error."""
    db.execute("DELETE FROM subjects")
    db.execute("DELETE FROM sums")


def _bucket(subject: str) -> int:
    return crc32(subject.encode()) % _BUCKETS


def _sum(rows: Iterable[_Row]) -> int:
    """Of rows in any order."""
    return sum([_sum_of(*row[1:]) for row in rows]) & _MASK


def _sum_of(subject: Any, number: Any, entry: Any, leaf: Any) -> int:
    """Of one row, as a database gave it. Raises ValueError: it is of other types."""
    try:
        return crc32(leaf, crc32(b"%d %d %s" % (number, entry, subject.encode())))
    except (TypeError, AttributeError, UnicodeError) as e:
        raise ValueError("the snapshot's rows are of other types") from e


def _chunks(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
