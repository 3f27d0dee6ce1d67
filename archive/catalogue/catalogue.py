"""The catalogue of one archive: brings itself to the ledger's end, makes itself anew, answers questions.

What always holds: it shows a prefix of the ledger and nothing else; each transaction takes it from one prefix
to a longer one, whoever else is writing; it never goes backwards but by `rebuild`. A query sees what `catch_up`
has seen: call it before asking. The first query of a `Catalogue` does so by itself, so that a killed rebuild
cannot pass for an empty archive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Final

from archive.catalogue.arrival_queries import ArrivalQueries
from archive.catalogue.case_finding_queries import CaseFindingQueries
from archive.catalogue.casefile_queries import CasefileQueries
from archive.catalogue.clip_queries import ClipQueries
from archive.catalogue.database import open_database
from archive.catalogue.docking_queries import DockingQueries
from archive.catalogue.errors import CatalogueBehindError, CatalogueDamagedError
from archive.catalogue.events import event_of
from archive.catalogue.media_queries import MediaQueries
from archive.catalogue.object_queries import ObjectQueries
from archive.catalogue.oversight_queries import OversightQueries
from archive.catalogue.package_queries import PackageQueries
from archive.catalogue.projection import project
from archive.catalogue.reading import Head, head_of
from archive.catalogue.recorder_queries import RecorderQueries
from archive.catalogue.recording_queries import RecordingQueries
from archive.catalogue.register_queries import RegisterQueries
from archive.catalogue.request_queries import RequestQueries
from archive.catalogue.rights_queries import RightsQueries
from archive.catalogue.session_queries import SessionQueries
from archive.catalogue.sources import Entries, TextRows
from archive.catalogue.statements import Writer
from archive.catalogue.still_queries import StillQueries
from archive.catalogue.timestamp_queries import TimestampQueries
from archive.catalogue.together_queries import TogetherQueries
from archive.catalogue.waiting_queries import WaitingQueries
from archive.catalogue.watching_queries import WatchingQueries
from archive.catalogue.writing import write_head, write_rows
from archive.ledger.entry import Entry

BATCH: Final = 5_000  # entries in one transaction


class Catalogue(
    ClipQueries,
    RegisterQueries,
    RequestQueries,
    RightsQueries,
    CaseFindingQueries,
    CasefileQueries,
    DockingQueries,
    RecorderQueries,
    WaitingQueries,
    ArrivalQueries,
    PackageQueries,
    ObjectQueries,
    TimestampQueries,
    MediaQueries,
    RecordingQueries,
    SessionQueries,
    StillQueries,
    TogetherQueries,
    WatchingQueries,
    OversightQueries,
):
    """See the module. Threads may share it.

    Args:
        url: where the database is; the file need not be there.
        reader: the ledger.
        texts: the text rows that it names.

    Raises:
        SettingsError: the URL names no database that can be used.
    """

    def __init__(self, url: str, *, reader: Entries, texts: TextRows) -> None:
        super().__init__(open_database(url), reader=reader, texts=texts)
        self._lock = threading.RLock()
        self._compared = False

    def close(self) -> None:
        """Let go of the database; a later call opens it again."""
        self._file.close()

    def size(self) -> int:
        """Entries projected."""
        return self.head().size

    def root(self) -> bytes | None:
        """Root hash of the tree that was projected, as it was then; None while a long catch-up is under way."""
        root = self.head().root
        return None if root is None else bytes.fromhex(root)

    def catch_up(self) -> int:
        """Bring the catalogue to the ledger's end; answers with how many entries it lacked.

        Raises:
            CatalogueDamagedError: it is no view of this ledger: another one, or one that is shorter now.
                Nothing was changed.
            CatalogueBehindError: it lacks something, and cannot be written here.
            ArchiveBusyError, NoSpaceError: what was projected before stays.
        """
        with self._lock:
            self._file.migrate()
            # The head first: the ledger only grows, so it cannot be behind a head that was read before.
            head = head_of(self._file)
            size = self._reader.size()
            self._compare(head, size)
            if head.size < size:
                if not self._file.writable:
                    raise CatalogueBehindError(
                        f"the catalogue has {head.size} of {size} entries and cannot be written here: a rebuild is due"
                    )
                projected = self._project_to_end()
            else:
                projected = 0
            self._ready = True
            return projected

    def rebuild(self) -> int:
        """Forget everything and project the ledger again; answers with the number of entries.

        A rebuild that is killed leaves a catalogue that is behind; the next `catch_up` goes on with it.

        Raises:
            ReadOnlyArchiveError: it cannot be written here. Nothing was changed.
        """
        with self._lock:
            self._compared = False
            self._names = None
            self._file.start_again()
            return self.catch_up()

    def _compare(self, head: Head, size: int) -> None:
        """Hold the last leaf hash against the ledger's; by the chain of `prev` it stands for all before."""
        if head.size > size:
            raise CatalogueDamagedError(
                f"the ledger has {size} entries, the catalogue has seen {head.size}: the ledger was put back"
                " to an older copy, or the catalogue belongs to another; `muniment audit` says more"
            )
        if not self._compared and head.size:
            _check_leaf(head, self._reader.entry(head.size - 1).leaf.hex())
            self._compared = True

    def _project_to_end(self) -> int:
        projected, at = 0, -1
        waiting: Iterator[Entry] = iter(())
        while True:
            with self._file.write() as connection:
                head = _read_head(connection)
                if head.size != at:  # the first round, or another process was here in between
                    waiting, at = self._reader.entries(head.size), head.size
                entries = list(islice(waiting, BATCH))
                if not entries:
                    return projected
                at += len(entries)
                self._project(connection, head, entries)
            projected += len(entries)

    def _project(self, connection: Writer, head: Head, entries: list[Entry]) -> None:
        if head.size:
            _check_leaf(head, entries[0].prev)
        rows = project(event_of(entry, self._texts) for entry in entries)
        write_rows(connection, rows)
        size = head.size + len(entries)
        write_head(
            connection,
            {
                "size": size,
                "leaf": entries[-1].leaf.hex(),
                # While more is to come, the root would cost a walk of its own; the leaf stands for it.
                "root": self._reader.root(size).hex() if self._reader.size() == size else None,
                "names": head.names if rows.names_changed is None else rows.names_changed,
            },
        )


def _check_leaf(head: Head, leaf: str | None) -> None:
    if head.leaf != leaf:
        raise CatalogueDamagedError(
            f"entry {head.size - 1} of the ledger is not the one the catalogue has seen: the ledger was changed,"
            " or the catalogue belongs to another; `muniment audit` says more"
        )


def _read_head(connection: Writer) -> Head:
    found = connection.exec_driver_sql("SELECT size, leaf, root, names FROM head")
    [(size, leaf, root, names)] = found
    return Head(size=size, leaf=leaf, root=root, names=names)
