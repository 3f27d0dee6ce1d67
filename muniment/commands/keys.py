"""`key list|rotate|retire|protect`: the ledger's signing key. A passphrase is never on the command line."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from archive.keys.history import KeyPeriod
from archive.keys.loading import StationKeys
from archive.keys.rotation import history_of
from archive.keys.rotation import protect as protect_file
from archive.keys.rotation import rotate as rotate_key
from archive.opening import Archive, open_archive
from muniment.answer import Answer, Asked
from muniment.columns import table
from muniment.errors import WrongUsageError
from muniment.moments import moment_text
from muniment.opening import writing


def list_keys(asked: Asked) -> Answer:
    """Every key that ever signed, oldest first. Writes nothing. Raises KeyHistoryError, LedgerDamagedError."""
    with open_archive(asked.root, write=False) as archive:
        periods = history_of(archive).periods
        place = StationKeys(archive.root, archive.settings.pkcs11).place(periods[-1].verifier)
        times = [_time(archive, period) for period in periods]
        zone = archive.settings.zone
    documents = [
        _document(period, time, place if period is periods[-1] else "")
        for period, time in zip(periods, times, strict=True)
    ]
    rows = [
        [
            d["id"],
            moment_text(d["introduced"], zone) if d["introduced"] else "-",
            asked.words(f"key.{d['status']}"),
            "-" if d["until"] is None else str(d["until"]),
            asked.words(f"key.place.{d['place'] or 'none'}") if d["status"] == "in_force" else "",
        ]
        for d in documents
    ]
    lines = table(asked.words("key.head").split("|"), rows)
    return Answer(document={"keys": documents}, text="\n".join(lines))


def change(asked: Asked, *, hardware: bool, compromised: str | None = None) -> Answer:
    """Bring a new key into force. Raises as `archive.keys.rotation.rotate`."""
    with writing(asked) as archive:
        done = rotate_key(archive, actor=asked.actor, hardware=hardware, compromised=compromised)
        archive.catalogue.catch_up()
    document = {
        "before": done.before.id.hex(),
        "id": done.key.id.hex(),
        "vkey": done.key.vkey(),
        "index": done.index,
        "destroyed": not done.left,
    }
    said = "key.changed" if compromised is None else "key.withdrawn"
    left = f"key.left.{done.left}" if done.left else "key.destroyed"
    text = asked.words(said, old=document["before"], new=document["id"], vkey=document["vkey"])
    text += "\n" + asked.words(left, old=document["before"])
    return Answer(document=document, text=text)


def retire(asked: Asked, *, compromised: bool, reason: str, hardware: bool) -> Answer:
    """Bring a new key into force because the old one is in wrong hands. Raises as `change`; WrongUsageError."""
    if not compromised:
        raise WrongUsageError(asked.words("key.say_compromised"))
    return change(asked, hardware=hardware, compromised=reason)


def protect(asked: Asked) -> Answer:
    """Put the key's file under a passphrase. Raises as `archive.keys.rotation.protect`; WrongUsageError."""
    passphrase = _passphrase(asked)
    with open_archive(asked.root, write=True) as archive:
        protect_file(archive, passphrase)
        key = archive.ledger.key.id.hex()
    return Answer(document={"id": key}, text=asked.words("key.protected"))


def _document(period: KeyPeriod, time: str | None, place: str) -> dict[str, Any]:
    return {
        "id": period.verifier.id.hex(),
        "vkey": period.verifier.vkey(),
        "key": period.subject or None,
        "introduced": time,
        "status": "in_force" if period.retired is None else period.why,
        "until": period.until,
        "place": place,
    }


def _time(archive: Archive, period: KeyPeriod) -> str | None:
    return archive.reader.entry(period.introduced).time if period.introduced >= 0 else None


def _passphrase(asked: Asked) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        first = getpass.getpass("Passphrase / 口令: ", stream=sys.stderr)
        if getpass.getpass("Again / 再输一次: ", stream=sys.stderr) != first:
            raise WrongUsageError(asked.words("key.differ"))
        return first
    line = sys.stdin.buffer.readline(8192) if sys.stdin is not None else b""
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise WrongUsageError("the passphrase is not UTF-8") from error
