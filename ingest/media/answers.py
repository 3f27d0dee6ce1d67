"""What the media child answered to `examine`, as values of ours.

The answer's form is not trusted: a clip may have taken the parser over. Its facts are its own word all the same.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

from ingest.media.errors import MediaTaskError
from ingest.media.facts import DUE, Damage, Examined, Fault, MediaFacts, PosterResult
from ingest.media.sniff import sniff


def unparsed(head: bytes, size: int, name: str, damage: Damage) -> Examined:
    """Return the facts of a clip that the parser did not come back from, by its first bytes and its name."""
    sniffed = sniff(head, name)
    facts = MediaFacts(kind=sniffed.kind, container=sniffed.container, damage=(damage,))
    document: dict[str, object] = {
        "format": 2,
        "size": size,
        "tool": "muniment.media",
        "kind": sniffed.kind,
        "container": sniffed.container,
        "streams": [],
        "damage": [Fault(code=damage).to_json()],
    }
    return Examined(facts=facts, poster=None, document=document)


def as_damage(error: MediaTaskError) -> Damage:
    """Return what a task that was not done says about the clip."""
    return "parser_timeout" if error.why == "parser_timeout" else "parser_crashed"


def examined(answer: dict[str, object], out: Path | None) -> Examined:
    """Return what a child found, and write its poster to `out`.

    Raises:
        MediaTaskError: this is no answer.
        OSError: the poster cannot be written.
    """
    facts, poster, document = answer.get("facts"), answer.get("poster"), answer.get("document", {})
    due = answer.get("due", [])
    if not (
        isinstance(facts, dict)
        and isinstance(poster, dict | None)
        and isinstance(document, dict)
        and isinstance(due, list)
    ):
        raise MediaTaskError("parser_crashed")
    try:
        parsed = MediaFacts.from_json(facts)
    except ValueError as error:
        raise MediaTaskError("parser_crashed") from error
    return Examined(
        facts=parsed,
        poster=_keep(poster, out) if poster and out else None,
        document=document,
        due=tuple(kind for kind in DUE if kind in due),
    )


def _keep(poster: Mapping[str, object], out: Path) -> PosterResult | None:
    """Write the child's picture. It may not write files itself; its form is not trusted."""
    width, height, parameters = poster.get("width"), poster.get("height"), poster.get("parameters")
    try:
        jpeg = base64.b64decode(str(poster.get("jpeg")), validate=True)
    except binascii.Error:
        return None
    # ITU-T T.81, B.2.1: an image is between SOI and EOI
    if not (jpeg.startswith(b"\xff\xd8\xff") and jpeg.endswith(b"\xff\xd9")):
        return None
    if not (isinstance(width, int) and isinstance(height, int) and isinstance(parameters, dict)):
        return None
    out.write_bytes(jpeg)
    return PosterResult(
        path=out,
        size=len(jpeg),
        width=width,
        height=height,
        tool="pyav",
        version=str(poster.get("version")),
        parameters=parameters,
    )
