"""Where a package comes from: a zip or a folder. Both give paths, sizes and bytes, and nothing that leads outside.

Holds: links and what is no plain file are not followed and not read, only named in `unsafe`.
"""

from __future__ import annotations

from collections.abc import Callable
from os import fsencode, scandir
from pathlib import Path
from unicodedata import normalize

from archive.package.verifier.found import Sentence, VerifierError, sentence
from archive.package.verifier.hashing import PIECE, ReadingAhead, ReadInto, stream_digest
from archive.package.verifier.zips import (
    DEEPEST,
    MOST_MEMBERS,
    Member,
    MemberReader,
    ZipError,
    list_zip,
    unsafe_path,
)

MOST_PARSED = 16 << 20


class PackageFileError(VerifierError):
    """A file of the package cannot be read, or is larger than it may be."""


class Source:
    """A package's files: path below the bag's folder, and size."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.unsafe: list[tuple[str, Sentence]] = []

    def opened(self, path: str) -> tuple[ReadInto, Callable[[], None]]:
        """How to read a file, and how to be done with it. Raises OSError, VerifierError."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing more is wanted."""

    def digest(self, path: str, tell: Callable[[int], None]) -> tuple[str, int]:
        """Hex SHA-256 and length. Raises PackageFileError."""
        try:
            readinto, done = self.opened(path)
            try:
                return stream_digest(readinto, self.files[path], tell)
            finally:
                done()
        except OSError as e:
            raise PackageFileError("file.unreadable", why=e.strerror or "I/O") from e
        except ZipError as e:
            raise PackageFileError("file.unreadable", why=e.sentence) from e

    def read(self, path: str, most: int = MOST_PARSED) -> bytes:
        """All of a small file. Raises PackageFileError."""
        if self.files[path] > most:
            raise PackageFileError("file.large", most=most)
        data = bytearray(self.files[path] + 1)
        try:
            readinto, done = self.opened(path)
            try:
                filled = 0
                while count := readinto(memoryview(data)[filled:]):
                    filled += count
            finally:
                done()
        except OSError as e:
            raise PackageFileError("file.unreadable", why=e.strerror or "I/O") from e
        except ZipError as e:
            raise PackageFileError("file.unreadable", why=e.sentence) from e
        return bytes(memoryview(data)[:filled])


class ZipSource(Source):
    """A package in its zip."""

    def __init__(self, path: Path) -> None:
        """Raises ZipError: no zip; OSError: the medium."""
        super().__init__()
        self._file = path.open("rb", buffering=0)
        try:
            listing = list_zip(self._file, self._file.seek(0, 2))
        except BaseException:
            self._file.close()
            raise
        self.unsafe = listing.unsafe
        self._members: dict[str, Member] = listing.members
        self.files = {name: member.size for name, member in listing.members.items()}

    def opened(self, path: str) -> tuple[ReadInto, Callable[[], None]]:
        """See Source."""
        return MemberReader(self._file, self._members[path]).readinto, _nothing

    def close(self) -> None:
        """See Source."""
        self._file.close()


class FolderSource(Source):
    """A package that was unpacked."""

    def __init__(self, root: Path) -> None:
        """Raises OSError: the folder cannot be listed."""
        super().__init__()
        self._paths: dict[str, Path] = {}
        pending = [(root, "")]
        while pending:
            pending += self._list(*pending.pop())

    def _list(self, folder: Path, below: str) -> list[tuple[Path, str]]:
        """The files of one folder; the folders in it."""
        folders = []
        with scandir(folder) as there:
            for item in there:
                path = below + normalize("NFC", item.name)
                if len(self.files) >= MOST_MEMBERS:
                    raise ZipError("zip.large")
                if item.is_dir(follow_symlinks=False) and path.count("/") < DEEPEST:
                    folders.append((Path(item.path), path + "/"))
                elif not item.is_file(follow_symlinks=False):
                    self.unsafe.append((path, sentence("zip.link")))
                elif unsafe_path(path) or path in self.files or _is_no_text(path):
                    self.unsafe.append(
                        (fsencode(path).decode("utf-8", "replace"), sentence("zip.name"))
                    )
                else:
                    self.files[path] = item.stat(follow_symlinks=False).st_size
                    self._paths[path] = Path(item.path)
        return folders

    def opened(self, path: str) -> tuple[ReadInto, Callable[[], None]]:
        """See Source."""
        file = self._paths[path].open("rb", buffering=0)
        ahead, large = ReadingAhead(file), self.files[path] > PIECE

        def readinto(view: memoryview) -> int:
            if large:
                ahead.at(file.tell())
            return file.readinto(view) or 0

        return readinto, file.close


def _is_no_text(path: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in path)


def _nothing() -> None:
    return


def open_source(path: Path) -> Source:
    """A zip, a bag's folder, or a folder that holds one bag's folder and nothing else.

    Raises:
        ZipError: it is no zip.
        OSError: there is nothing, or it cannot be read.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ZipError("zip.none")  # a pipe would be waited for
    if not path.is_dir():
        return ZipSource(path)
    if not (path / "bagit.txt").exists():
        inside = list(path.iterdir())
        if len(inside) == 1 and (inside[0] / "bagit.txt").is_file():
            path = inside[0]
    return FolderSource(path)
