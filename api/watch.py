"""The page of one clip: everything one needs to judge it, its media first. And the form that asks for a rendition.

What always holds: the page holds facts, no footage; a player, a strip, a waveform and a plot ask for their bytes where
any program does, and that is where views are recorded. Without the right to footage the page names none of them.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import factswords, history, making, mediawords, playing, proofs, show
from api.access import Right, may
from api.approval.views import banner
from api.casefile.beside import tied_to
from api.damaged import is_withheld, shown_of
from api.entrance import pages_of
from api.gate import Seen, covers, known_clip, watchable_clip
from api.identity.sessions import form_of
from api.markers.shown import markers_of
from api.mediafacts import Known, known_of
from api.messages import Lang
from api.plays.shown import seen_by
from api.rendering import case_href, lang_of
from api.review import page_address, proof_words
from api.service import Service, service_of
from api.stills.shown import stills_of
from api.together.suggesting import beside
from api.watermark.words import lines
from archive.catalogue.rows import ClipRow, RenditionRow
from archive.errors import FixityError, MissingObjectError
from ingest.deriving.wanted import Wanted
from oversight.registers.certificates import recorded_with

router: Final = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_REPORT: Final = 4 << 20  # bytes
_LOW: Final = "proxy-low"
_CLOCK: Final = "%Y-%m-%d %H:%M:%S"  # in a picture
_SHOWN: Final = ("stream", "proxy", "repair", "page", "poster")  # what may show a clip


@router.api_route("/clips/{clip}", methods=["GET", "HEAD"])
async def watch_page(request: Request, seen: Annotated[Seen, Depends(known_clip)]) -> Response:
    """Everything one needs to judge a clip, on one page. Its bytes are a view of their own."""
    service, clip, account = service_of(request), seen.clip, seen.visitor.account
    footage = seen.footage
    lang, disposed = lang_of(request), clip.disposed_at
    withheld = disposed is not None or is_withheld(service, clip.sha256)
    page = await history.of_subject(service, clip.clip, request.query_params.get("custody"))
    ingested = await asyncio.to_thread(service.archive.reader.entry, clip.ingested_index)
    rows = service.archive.catalogue.renditions(clip.clip) if disposed is None else []
    proof = await proofs.shown(service, clip.ingested_index)
    view = show.clip_view(service, clip, footage=footage)
    view["ingested"] = ingested.time
    known = await asyncio.to_thread(
        known_of, service.archive.catalogue, service.archive.store, clip
    )
    values = {
        "clip": view,
        "disposed": disposed,
        "certificate": await asyncio.to_thread(
            recorded_with, service.archive.catalogue, service.zone, clip
        ),
        "codec": clip.video or clip.audio or clip.container or "—",
        "rate": show.rate_of(clip),
        "zone": service.zone.key,
        "footage": footage,
        "granted": banner(seen),
        "proof": proof_words(request, proof, "proof"),
        "history": show.events(service, lang, page.events),
        "rest": page_address(f"/clips/{clip.clip}", "custody", page.following),
        "cases": [{"number": n, "href": case_href(n)} for n in clip.cases],
        "part": service.archive.catalogue.parts_of([clip.clip]).get(clip.clip),
        "beside_it": [
            row
            for id_ in service.archive.catalogue.beside(clip)
            if (row := service.archive.catalogue.clip(id_)) and covers(service, seen.visitor, row)
        ],
        "may_link": may(account, Right.LINK),
        "markers": markers_of(service, seen),
        "watermark": "\n".join(lines(service, seen)),
        "together": beside(service, seen.visitor, clip),
        "stills": stills_of(service, seen),
        "tied": tied_to(service, seen, lang),
        **await seen_by(service, seen, lang),
        **_media(lang, clip, known),
        **_shown(
            clip,
            shown_of(service, rows),
            request.query_params.get("show"),
            known,
            footage=footage,
            withheld=withheld,
        ),
        "spoilt": any(is_withheld(service, row.sha256) for row in rows),
        **await asyncio.to_thread(
            _derived,
            service,
            lang,
            clip,
            rows,
            known,
            footage=footage,
            withheld=withheld,
        ),
    }
    return pages_of(request).render(request, "watch.html", account=account, values=values)


@router.post("/clips/{clip}/renditions")
async def rendition_form(
    request: Request, seen: Annotated[Seen, Depends(watchable_clip)]
) -> Response:
    """Ask for a rendition by form."""
    form = await form_of(request)
    await making.ask(service_of(request), seen.clip, form.get("kind", ""))
    return RedirectResponse(f"/clips/{seen.clip.clip}#renditions", _SEE_OTHER)


def _media(lang: Lang, clip: ClipRow, known: Known) -> dict[str, Any]:
    """What the facts and the checks say."""
    seen = known.assessment
    return {
        "faults": mediawords.damage(lang, known.facts, clip.damage),
        "rows": factswords.rows(lang, known.facts),
        "clocks": factswords.clocks(lang, known.facts),
        "streams": factswords.streams(lang, known.facts),
        "pages": known.facts.get("pages"),
        "assessed": seen is not None,
        "in_picture": None if seen is None else seen.clock,
        "file_start": show.file_start(clip),
        "picture_start": None if seen is None else _picture_start(seen.clock, seen.clock_at_ms),
        "in_picture_at": None
        if seen is None or seen.clock_at_ms is None
        else mediawords.moment(seen.clock_at_ms / 1000),
        "findings": [] if seen is None else mediawords.findings(lang, seen),
        "findings_by": None if seen is None else f"{seen.tool} {seen.version}",
    }


def _picture_start(clock: str | None, at_ms: int | None) -> str | None:
    """What the clock in the picture said when the clip began, as if it were UTC: it says no zone."""
    if clock is None or at_ms is None:
        return None
    try:
        read = datetime.strptime(clock[:19], _CLOCK).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (read - timedelta(milliseconds=at_ms)).isoformat()


def _shown(
    clip: ClipRow,
    rows: list[RenditionRow],
    wish: str | None,
    known: Known,
    *,
    footage: bool,
    withheld: bool,
) -> dict[str, Any]:
    """What plays, what else could, and what goes with its times; without the original while that is withheld."""
    ways = playing.ways(clip, rows, withheld=withheld) if footage else []
    way = next((w for w in ways if w.name == wish), next(iter(ways), None))
    waits = (
        footage
        and not withheld
        and way is None
        and (not clip.examined or any(kind in clip.due for kind in _SHOWN))
    )
    kept = playing.newest(rows)
    base = f"/api/v1/clips/{clip.clip}"
    # What has the times of another file than the one that plays would point to the wrong moments.
    beside = {
        kind: f"{base}/renditions/{kind}"
        for kind in ("strip", "waveform")
        if way is not None
        and way.tag != "image"
        and kind in kept
        and playing.basis(kept[kind], clip) == way.of
    }
    has_frames = isinstance(known.facts.get("frames"), dict)
    exact = way is not None and way.of == clip.sha256 and way.kind != _LOW and has_frames
    return {
        "way": way,
        "ways": ways,
        "player": _player(way, footage=footage, withheld=withheld),
        "withheld": withheld,
        "source": "" if way is None else way.source,
        "waits": waits,
        "beside": beside,
        "exact": f"{base}/facts" if exact else None,
        # A frame is taken out of the original, so its time has to be the original's.
        "may_still": way is not None
        and not withheld
        and way.tag == "video"
        and way.of == clip.sha256,
        "track": kept.get("track") if footage else None,
        # The track is on the original's own axis.
        "track_moves": way is not None and way.tag != "image" and way.of == clip.sha256,
    }


def _player(way: playing.Way | None, *, footage: bool, withheld: bool) -> str:
    if not footage:
        return "closed"
    if way is None:
        return "withheld" if withheld else "none"
    return way.tag


def _derived(
    service: Service,
    lang: Lang,
    clip: ClipRow,
    rows: list[RenditionRow],
    known: Known,
    *,
    footage: bool,
    withheld: bool,
) -> dict[str, Any]:
    """Every rendition and how it came about; what is being made; what could not be."""
    kept = playing.newest(rows)
    failed = {f.kind: f.code for f in known.failures if f.kind not in kept}
    wanted = Wanted(service.archive.root)
    asked = {want.kind for want in wanted.pending() if want.clip == clip.clip}
    waiting = [kind for kind in clip.due if kind not in kept and kind not in failed]
    if footage and not withheld:  # nothing is made from what is wrong
        # Of a clip that nobody has looked into, its poster: whoever makes that looks first.
        for kind in waiting if clip.examined else ["poster"]:
            wanted.want(clip.clip, kind)  # somebody looks at it now: before all else
    if _LOW in asked and _LOW not in kept and _LOW not in failed:
        waiting.append(_LOW)
    is_film = clip.kind in {"video", "audio"} and not clip.protected  # a photo has a codec too
    return {
        "renditions": [_view(row, clip) for row in kept.values()],
        "failed": failed,
        "waiting": waiting,
        "unseen": not clip.examined,
        "may_ask": footage and not withheld and is_film and _LOW not in {*kept, *failed, *waiting},
        "repair": _repair(service, lang, kept.get("repair")) if footage else None,
    }


def _view(row: RenditionRow, clip: ClipRow) -> dict[str, Any]:
    source = playing.basis(row, clip)
    return {
        "row": row,
        "repaired": source if source != clip.sha256 else None,
        "how": _how(row),
        "bare": (row.version or "").split(" (")[0],
    }


def _how(row: RenditionRow) -> list[str]:
    """The exact command, and every other parameter."""
    lines: list[str] = []
    for name, value in sorted(row.parameters.items()):
        if name != "command" or not isinstance(value, str):
            lines.append(f"{name} = {value}")
            continue
        try:
            lines.insert(0, shlex.join(map(str, json.loads(value))))
        except (ValueError, TypeError):
            lines.insert(0, value)
    return lines


def _repair(service: Service, lang: Lang, row: RenditionRow | None) -> mediawords.Repaired | None:
    """The report of a repair in words; None where there is none or it cannot be read: the audit finds that."""
    if row is None or row.index_sha256 is None:
        return None
    try:
        report = json.loads(service.archive.store.read(row.index_sha256, most=_REPORT))
    except (FixityError, MissingObjectError, OSError, ValueError):
        return None
    return mediawords.repaired(lang, report) if isinstance(report, dict) else None
