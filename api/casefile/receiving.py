"""Taking a document in: streamed to the store's own area, looked at in the confined child, then kept.

What always holds: a body is never held in memory; what it is, its bytes say and not its name; nothing is an object
before it is whole and of a kind that is kept. A transfer that breaks off leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from api.casefile.errors import DocumentRefusedError
from api.deciding import PATIENCE
from api.errors import InvalidInputError, NotReadyError
from api.gate import Visitor
from api.service import Service
from archive.casefiles import documents as casefile
from archive.cases import CaseNotOpenError, patience
from archive.catalogue.rows import CaseRow
from archive.errors import ArchiveError
from archive.store.writing import Writing, full_is_said
from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError

MOST_NAME: Final = 255
MOST_TITLE: Final = 1000
_BUFFER: Final = 1 << 20
_SECONDS: Final = 30.0  # for the child
_AT_ONCE: Final = 4
_room = asyncio.Semaphore(_AT_ONCE)


async def receive(
    service: Service,
    visitor: Visitor,
    case: CaseRow,
    body: AsyncIterator[bytes],
    *,
    name: str,
    title: str | None,
) -> tuple[str, bool]:
    """Keep a document; answers with its id and whether it is new in this case.

    Raises:
        InvalidInputError: no bytes, or a malformed name or title. Nothing was kept.
        DocumentRefusedError: none of the kinds that a case keeps. Nothing was kept.
        NotReadyError: too many are sent at the same time.
        ArchiveError, OSError: it could not be kept or recorded. Nothing was recorded.
    """
    name, title = checked_name(name), checked_title(title)
    if _room.locked():
        raise NotReadyError("other documents are being sent: try again in a moment")
    async with _room:
        stack = ExitStack()
        writing = await asyncio.to_thread(stack.enter_context, service.archive.store.writing())
        path = writing.new_path()
        try:
            await _written(path, body)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(_given_up, stack, path))
            raise
        work = partial(
            _kept, stack, service, writing, case, path, name=name, title=title, visitor=visitor
        )
        try:
            # Shielded: who goes away now does not take the area from under the thread.
            return await asyncio.shield(asyncio.to_thread(work))
        finally:
            service.freshness.changed()
            await service.freshness.for_search()


def _given_up(stack: ExitStack, path: Path) -> None:
    path.unlink(missing_ok=True)
    stack.close()


def checked_name(name: str) -> str:
    """What a file was called: the last part of a path, as text.

    Raises:
        InvalidInputError: nothing is left of it, it is too long, or it has control characters.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if last in {"", ".", ".."} or len(last) > MOST_NAME:
        raise InvalidInputError(f"a file has a name of 1 to {MOST_NAME} characters")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in last):
        raise InvalidInputError("a file's name has no control characters")
    return last


def checked_title(title: str | None) -> str | None:
    """A title, trimmed. Raises InvalidInputError."""
    said = (title or "").strip()
    if len(said) > MOST_TITLE or any(unicodedata.category(c) in {"Cc", "Cs"} for c in said):
        raise InvalidInputError(f"a title has at most {MOST_TITLE} characters, in one line")
    return said or None


async def _written(path: Path, body: AsyncIterator[bytes]) -> None:
    with path.open("xb") as file:
        waiting = bytearray()
        async for piece in body:
            waiting += piece
            if len(waiting) >= _BUFFER:
                await asyncio.to_thread(_write, file, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_write, file, bytes(waiting))
        if file.tell() == 0:
            raise InvalidInputError("there are no bytes in that file")


def _write(file: BinaryIO, data: bytes) -> None:
    with full_is_said():
        file.write(data)
        file.flush()


def _kept(
    stack: ExitStack,
    service: Service,
    writing: Writing,
    case: CaseRow,
    path: Path,
    *,
    name: str,
    title: str | None,
    visitor: Visitor,
) -> tuple[str, bool]:
    # The area hears of what is raised: a name in it stays until an entry names the object.
    with stack:
        try:
            media_type, pages = _looked_at(path, name)
        except BaseException:
            path.unlink(missing_ok=True)  # no object yet
            raise
        new = casefile.NewDocument(
            path=path, media_type=media_type, pages=pages, name=name, title=title
        )
        try:
            with patience(PATIENCE):
                return casefile.add(service.archive, writing, case, new, actor=visitor.account.id)
        except (CaseNotOpenError, casefile.TooManyDocumentsError):
            path.unlink(missing_ok=True)  # refused before it was made one
            raise


def _looked_at(path: Path, name: str) -> tuple[str, int | None]:
    try:
        with MediaChild(timeout=_SECONDS) as child, path.open("rb") as file:
            said = child.ask("document", file, name=name)
    except MediaTaskError as error:
        raise DocumentRefusedError(
            "a case keeps PDF, OFD, pictures, Word, Excel and PowerPoint: this is none of them"
        ) from error
    media_type, pages = said.get("media_type"), said.get("pages")
    if not isinstance(media_type, str) or not (pages is None or type(pages) is int):
        raise ArchiveError("the media parser gave an answer that is none")
    return media_type, pages
