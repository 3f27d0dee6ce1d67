"""What is done while it is killed, and what has to hold of it in particular; the promises hold for all (promises.py).

Each operation is a command's own function. What somebody was told comes to the parent the moment it is printed. The
imports below are also what makes a fork cheap: all that an operation needs is there already.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes, set_attributes
from archive.catalogue.errors import CatalogueBehindError
from archive.ledger.entry import Entry
from archive.ledger.reader import LedgerReader
from archive.opening import create_archive, open_archive
from archive.package.errors import PackagePlaceError
from archive.package.report import fonts
from archive.package.verifier.checking import check_package
from muniment.answer import Asked
from muniment.commands import dock as docking
from muniment.commands.cases import NewCase, open_case
from muniment.commands.find import Search, find
from muniment.commands.keys import change
from muniment.commands.making import rebuild
from muniment.commands.packaging import package
from muniment.commands.timestamping import timestamp
from muniment.commands.users import NewUser, add_user, list_users
from tests.fault.kill.forked import Tell
from tests.fault.lab.promises import Promises, copied

SERIAL = "A1"
EARLIER = {"old.mp4": b"docked earlier" * 1000}
CLIPS = {
    "a.mp4": b"a" * 10_000,
    "b.mp4": bytes(range(256)) * (3 << 12),
    "c.txt": b"a" * 10_000,  # the bytes of another
    "empty.dat": b"",
}
_LOCKED = IMMUTABLE | APPEND_ONLY
Told = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An archive that knows one clip, a recorder with that and more, and a place for packages."""

    folder: Path

    @property
    def root(self) -> Path:
        """The archive."""
        return self.folder / "archive"

    @property
    def card(self) -> Path:
        """The recorder."""
        return self.folder / "card"

    @property
    def out(self) -> Path:
        """A package."""
        return self.folder / "packages" / "out.zip"

    @property
    def asked(self) -> Asked:
        """For people, in English."""
        return Asked(root=self.root, json=False, language="en", actor="local-0")

    def entries(self, kind: str) -> list[Entry]:
        """The committed entries of a type."""
        return [e for e in LedgerReader(self.root).entries() if e.type == kind]

    def copy(self, to: Path) -> Scene:
        """The same scene elsewhere."""
        return Scene(folder=copied(self.folder, to))

    def make_immutable(self) -> None:
        """From now on every object gets the attribute."""
        with (self.root / "muniment.toml").open("a", encoding="utf-8") as settings:
            settings.write("\n[store]\nimmutable = true\n")

    def set_free(self) -> None:
        """So that it can be removed."""
        for path in [self.root, *self.root.rglob("*")]:
            fd = os.open(path, os.O_RDONLY)
            try:
                if (now := attributes(fd)) & _LOCKED:
                    set_attributes(fd, now & ~_LOCKED)
            finally:
                os.close(fd)

    def promises(self) -> Promises:
        """Of this archive, the checkpoint that it shows now among them."""
        made = Promises(self.root, CLIPS | EARLIER, serial=SERIAL)
        made.shown()
        return made


def new_scene(folder: Path) -> Scene:
    """See the class."""
    scene = Scene(folder=folder)
    scene.card.mkdir(parents=True)
    scene.out.parent.mkdir()
    create_archive(scene.root, origin="station.example/1", unit="一大队")
    _fill(scene.card, EARLIER)
    dock(scene, lambda _: None)
    _fill(scene.card, CLIPS)
    return scene


def _fill(card: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (card / name).write_bytes(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that is killed."""

    name: str
    do: Callable[[Scene, Tell], None]
    look: Callable[[Scene, Promises, Told], None]  # right after the kill and the promises
    immutable: bool = False  # objects get the attribute that keeps root from changing them
    known: float = 0  # share of its calls, from the first, that another operation makes as well

    def __str__(self) -> str:
        """As a test's name shows it."""
        return self.name


def dock(
    scene: Scene,
    tell: Tell,
    *,
    card: Path | None = None,
    serial: str = SERIAL,
    erase: bool = False,
) -> None:
    """A docking with receipt, read-back, release where it is wanted, and timestamp."""
    order = docking.DockingOrder(
        source=card or scene.card, recorder=serial, officer="7", derive=False, erase=erase
    )
    with pytest.MonkeyPatch.context() as patch:
        shown = docking.show_receipt

        def show(*args: Any) -> dict[str, Any]:
            document = shown(*args)
            tell(document)
            return document

        patch.setattr(docking, "show_receipt", show)
        docking.dock(scene.asked, order)


def _docked(scene: Scene, promises: Promises, _told: Told) -> None:
    """What has gone from the recorder is held, as what was acknowledged."""
    promises.gone_is_held(scene.card)


def append(scene: Scene, tell: Tell) -> None:
    """One event with a text."""
    new = NewCase(number="京公(2026)7号", title="标题", subject="cause")
    tell(open_case(scene.asked, new).document)


def _appended(scene: Scene, _promises: Promises, told: Told) -> None:
    opened = {entry.subject for entry in scene.entries("case.opened")}
    assert {document["case"] for document in told} <= opened


def _rebuild(scene: Scene, tell: Tell) -> None:
    tell(rebuild(scene.asked).document)


def _rebuilt(scene: Scene, _promises: Promises, told: Told) -> None:
    """`find` gives the whole answer, or fails and says that a rebuild is due."""
    held = [entry.subject for entry in scene.entries("clip.ingested")]
    try:
        document = find(scene.asked, Search()).document
    except CatalogueBehindError:
        assert not told
    else:
        assert [clip["clip"] for clip in document["clips"]] == held


def _timestamp(scene: Scene, tell: Tell) -> None:
    tell(timestamp(scene.asked).document)


def _timestamped(scene: Scene, _promises: Promises, told: Told) -> None:
    kept = str([entry.data for entry in scene.entries("checkpoint.timestamped")])
    assert all(document["token"] in kept for document in told)


def _package(scene: Scene, tell: Tell) -> None:
    held = scene.entries("clip.ingested")[0].subject
    with pytest.MonkeyPatch.context() as patch:
        # As on a machine without a font for Chinese: a PDF takes a second, and is one more member.
        patch.setattr(fonts, "find", lambda: None)
        tell(package(scene.asked, held, out=scene.out, renditions="none").document)


def _packaged(scene: Scene, _promises: Promises, told: Told) -> None:
    """Under its name there is a whole package or nothing, and nothing else stays when it is asked for again."""
    assert scene.out.exists() or not told
    if scene.out.exists():
        assert _verified(scene.out)
    try:
        _package(scene, lambda _: None)
    except PackagePlaceError:
        assert scene.out.exists()
    assert [path.name for path in scene.out.parent.iterdir()] == [scene.out.name]
    assert _verified(scene.out)


def _verified(out: Path) -> bool:
    return bool(check_package(out)["ok"])


def _rotate(scene: Scene, tell: Tell) -> None:
    tell(change(scene.asked, hardware=False).document)


def _rotated(scene: Scene, _promises: Promises, told: Told) -> None:
    """The key that somebody was told of is in force."""
    known = LedgerReader(scene.root).known()
    assert all(document["vkey"] == known[-1].vkey() for document in told)


def _add_user(scene: Scene, tell: Tell) -> None:
    with pytest.MonkeyPatch.context() as patch:
        typed = io.TextIOWrapper(io.BytesIO(b"correct horse battery staple\n"))
        patch.setattr(sys, "stdin", typed)
        new = NewUser(name="wang", role="archivist")
        tell(add_user(scene.asked, new, from_stdin=True).document)


def _user_added(scene: Scene, _promises: Promises, told: Told) -> None:
    """Who looks next finds it or does not, and none that the ledger never heard of; the database has recovered."""
    users = list_users(scene.asked).document["users"]
    names = [user["user"] for user in users]
    assert names == ["wang"] if told else names in ([], ["wang"])
    added = {entry.subject for entry in scene.entries("account.added")}
    assert {user["id"] for user in users} <= added


def recover(scene: Scene, _tell: Tell) -> None:
    """What every writing command does first."""
    open_archive(scene.root, write=True).close()


def _recovered(_scene: Scene, _promises: Promises, _told: Told) -> None:
    """The promises say it all."""


DOCK = Operation(name="a docking", do=dock, look=_docked)
RECOVERY = Operation(name="recovery", do=recover, look=_recovered)
OPERATIONS = [
    DOCK,
    Operation(name="a docking that erases", do=partial(dock, erase=True), look=_docked, known=0.6),
    Operation(name="a docking into an immutable store", do=dock, look=_docked, immutable=True),
    Operation(name="an append", do=append, look=_appended),
    Operation(name="a rebuild", do=_rebuild, look=_rebuilt),
    Operation(name="a timestamp", do=_timestamp, look=_timestamped),
    Operation(name="a package", do=_package, look=_packaged),
    Operation(name="a change of the signing key", do=_rotate, look=_rotated),
    Operation(name="a new account", do=_add_user, look=_user_added),
]
