"""The task `examine`: facts of a clip, and a poster of it."""

import base64

import av

from ingest.media import poster
from ingest.media.probe import opening
from ingest.media.tasks import Asked


def run(asked: Asked) -> dict[str, object]:
    """Examine a clip. Argument: `poster`, whether one is wanted."""
    facts, sniffed = opening.look(asked.clip, asked.name)
    picture = None
    if sniffed.demuxer is not None and "no_index" not in facts.damage:
        try:
            with opening.opened(asked.clip, sniffed) as container:
                facts = opening.describe(container, facts, sniffed)
                # decoded whether or not a poster is wanted, so that the facts are the same
                if poster.has_picture(facts):
                    picture = poster.make_poster(container, still=facts.kind == "photo")
                    facts = facts if picture else opening.undecodable(facts)
                if sniffed.demuxer != "mov" and facts.kind != "photo":
                    container.seek(0)
                    facts = opening.walk_packets(container, facts)
        except (av.FFmpegError, ValueError):
            facts = opening.undecodable(facts)
    made = picture and {
        "jpeg": base64.b64encode(picture.jpeg).decode("ascii"),
        "width": picture.width,
        "height": picture.height,
        "version": poster.versions(),
        "parameters": picture.parameters,
    }
    wanted = asked.arguments.get("poster") is True
    return {"facts": facts.to_json(), "poster": made if wanted else None}
