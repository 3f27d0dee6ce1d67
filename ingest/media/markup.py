"""XML of strangers, by expat: no document type and so no entity of its own, bounded depth and number of elements.

Expat opens nothing by itself. Keeps no tree: whoever reads is told of each element as it comes.
"""

from typing import Final, NoReturn, Protocol
from xml.parsers import expat

from ingest.media.errors import MarkupError

DEEPEST: Final = 32
MOST_ELEMENTS: Final = 4_000_000


class Reader(Protocol):
    """Who is told. Names come without their namespace; `path` is where the element stands, itself the last."""

    def start(self, path: list[str], attributes: dict[str, str]) -> None:
        """An element begins."""

    def text(self, path: list[str], data: str) -> None:
        """A piece of the text of an element."""

    def end(self, path: list[str]) -> None:
        """An element ends."""


def read_xml(data: bytes, reader: Reader) -> None:
    """Tell `reader` of every element.

    Raises:
        MarkupError: no well-formed XML, a document type, or beyond the bounds. The reader was told a part of it.
    """
    path: list[str] = []
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(path) >= DEEPEST or count > MOST_ELEMENTS:
            raise MarkupError("XML too deep or of too many elements")
        path.append(name.rpartition(" ")[2])
        reader.start(path, attributes)

    def end(_name: str) -> None:
        reader.end(path)
        path.pop()

    def refuse(*_: object) -> NoReturn:
        raise MarkupError("a document type is refused")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: reader.text(path, text)
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that nobody knows
        raise MarkupError("not well-formed XML") from error
