"""The report as one HTML file: no script, no outside address, prints on A4 with the checkpoint on its last page.

Holds: first what it is, whether it is whole, since when provably and who had it; then the timeline; then proofs.
"""

from __future__ import annotations

import io
from typing import Final

import segno

from archive.package.report.elements import (
    NOTHING,
    Html,
    both,
    facts_list,
    join,
    label,
    side_by_side,
    table,
    tag,
    text,
)
from archive.package.report.facts import ClipFacts, Facts
from archive.package.report.words import OWN, UNSYNCHRONISED, pair

_STYLE: Final = """
:root{color-scheme:light;--ink:#1b1f24;--soft:#5b6470;--line:#d5dae0;--accent:#1d3f77;--mark:#fff6e0}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:14px/1.55 "Noto Sans SC","Noto Sans CJK SC","PingFang SC",
"Microsoft YaHei","WenQuanYi Micro Hei",system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:24px}
header{border-bottom:3px solid var(--accent);padding-bottom:12px;margin-bottom:16px}
h1{font-size:24px;margin:0 0 8px}h2{font-size:18px;margin:28px 0 8px;color:var(--accent)}
h3{font-size:15px;margin:24px 0 6px;overflow-wrap:anywhere}
.en{color:var(--soft)}h1 .en,h2 .en{font-weight:400;font-size:.75em}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:4px 24px}.pair p{margin:4px 0}.pair p[lang=en]{color:var(--soft)}
section.answer{border:1px solid var(--line);border-left:4px solid var(--accent);padding:8px 16px;margin:12px 0;
break-inside:avoid}section.answer h2{margin:0 0 4px}
.own{background:var(--mark);padding:0 4px}
table{border-collapse:collapse;width:100%;margin:8px 0}th,td{border-bottom:1px solid var(--line);padding:4px 8px;
text-align:left;vertical-align:top;overflow-wrap:anywhere}th{font-weight:600;font-size:12px}thead{display:table-header-group}
tr{break-inside:avoid}.number td:first-child{white-space:nowrap}
dl{display:grid;grid-template-columns:1fr 1fr;gap:2px 24px;margin:8px 0}dl div{display:flex;gap:8px}
dt{min-width:130px;font-size:12px}dt .en{display:block}dd{margin:0;overflow-wrap:anywhere}
code{font:12px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.qr{display:flex;gap:24px;align-items:flex-start;flex-wrap:wrap}.qr svg{width:170px;height:170px;flex:none}
.qr>div{flex:1 1 400px}.qr dl{grid-template-columns:1fr}
@media print{main{max-width:none;padding:0}body{font-size:11px}h3{break-after:avoid}@page{size:A4;margin:14mm}}
@media (max-width:640px){.pair,dl{grid-template-columns:1fr}}
"""


def render(facts: Facts) -> bytes:
    """The whole file."""
    body = tag(
        "main",
        _head(facts),
        _what(facts),
        _whole(facts),
        _since(facts),
        _who(facts),
        tag("h2", label("timeline")),
        side_by_side(pair("times", zone=facts.zone)),
        *(_clip(clip) for clip in facts.clips),
        _proofs(facts),
    )
    title = f"{pair('title')[0]} {pair('title')[1]} {facts.number or facts.subject}"
    head = tag(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        Html('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '),
        Html("style-src 'unsafe-inline'\">"),
        tag("title", text(title)),
        tag("style", Html(_STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='zh')}\n".encode()


def _head(facts: Facts) -> Html:
    rows: list[tuple[str, Html]] = [
        ("case" if facts.number is not None else "clip", text(facts.number or facts.subject)),
        ("made", text(facts.made)),
        ("origin", text(facts.origin)),
        ("package", text(facts.name)),
    ]
    for key, value in (
        ("case_title", facts.title),
        ("concerns", facts.concerns),
        ("place", facts.place),
    ):
        if value:
            rows.append((key, text(value)))
    return tag("header", tag("h1", label("title")), facts_list(rows))


def _answer(key: str, *children: Html) -> Html:
    return tag("section", tag("h2", label(key)), *children, class_="answer")


def _what(facts: Facts) -> Html:
    listed = table(
        ("file", "size", "start", "sha256"),
        (
            [
                text(clip.name),
                text(clip.size),
                _maybe(clip.start),
                tag("code", text(clip.sha256)),
            ]
            for clip in facts.clips
        ),
    )
    left_out = (
        [
            tag("h3", label("left_out")),
            table(
                ("clip", "why"),
                ([text(item.clip), both(pair(f"why.{item.why}"))] for item in facts.left_out),
            ),
        ]
        if facts.left_out
        else []
    )
    count = len(facts.clips)
    return _answer("what", side_by_side(pair("what_text", count=count)), listed, *left_out)


def _whole(facts: Facts) -> Html:
    events = sum(len(clip.events) for clip in facts.clips)
    damaged = sum(clip.damaged for clip in facts.clips)
    note = [side_by_side(pair("damaged_text", count=damaged))] if damaged else []
    return _answer("whole", side_by_side(pair("whole_text", events=events, size=facts.size)), *note)


def _since(facts: Facts) -> Html:
    if not facts.tokens:
        return _answer("since", side_by_side(pair("since_none")))
    rows = ([text(clip.name), _maybe(clip.existed_by), _authority(clip)] for clip in facts.clips)
    return _answer(
        "since", side_by_side(pair("since_text")), table(("file", "existed", "authority"), rows)
    )


def _authority(clip: ClipFacts) -> Html:
    if clip.authority is None:
        return both(pair("none"))
    return _named(clip.authority, own=clip.own, unsynchronised=clip.unsynchronised)


def _named(authority: str, *, own: bool, unsynchronised: bool) -> Html:
    parts = [tag("span", both(OWN), class_="own") if own else text(authority)]
    if unsynchronised:
        parts.append(tag("span", both(UNSYNCHRONISED), class_="own"))
    return join(tag("div", part) for part in parts)


def _who(facts: Facts) -> Html:
    rows = (
        [
            text(clip.name),
            _maybe(clip.officer),
            text(clip.recorder),
            _maybe(clip.unit),
            join(tag("div", text(who)) for who in clip.hands),
        ]
        for clip in facts.clips
    )
    return _answer("who", table(("file", "officer", "recorder", "unit", "handled"), rows))


def _clip(clip: ClipFacts) -> Html:
    rows = (
        [
            text(event.time),
            both((event.zh, event.en)),
            text(event.who),
            text(event.detail),
            text(event.index),
        ]
        for event in clip.events
    )
    facts: list[tuple[str, Html]] = [
        ("clip", text(clip.id)),
        ("start", _start(clip)),
        ("recorder", text(clip.recorder)),
        ("officer", _maybe(clip.officer)),
        ("ingested", text(clip.ingested)),
        ("verified", _maybe(clip.verified)),
        ("path", tag("code", text(clip.path))),
        ("sha256", tag("code", text(clip.sha256))),
    ]
    for kind, path, digest in clip.renditions:
        facts.append(("renditions", tag("code", text(f"{kind}  {path}  {digest}"))))
    return tag(
        "section",
        tag("h3", text(clip.name)),
        facts_list(facts),
        table(("time", "event", "actor", "detail", "entry"), rows, class_="number"),
    )


def _start(clip: ClipFacts) -> Html:
    if clip.start is None:
        return both(pair("unknown"))
    parts = [text(clip.start)]
    if clip.start_source is not None:
        parts.append(both(pair(f"source.{clip.start_source}")))
    if clip.offset_ms:
        parts.append(both(pair("corrected", seconds=f"{clip.offset_ms / 1000:+.1f}")))
    return join(tag("div", part) for part in parts)


def _proofs(facts: Facts) -> Html:
    tokens = (
        [
            text(token.time),
            _named(token.authority, own=token.own, unsynchronised=token.unsynchronised),
            text(token.size),
            text(token.clips),
            tag("code", text(token.folder)),
        ]
        for token in facts.tokens
    )
    count = len(facts.witnesses)
    return tag(
        "section",
        tag("h2", label("proofs")),
        side_by_side(pair("cited_text")),
        tag("div", _qr(facts), tag("div", _checkpoint(facts)), class_="qr"),
        table(("time", "authority", "covers", "dates", "folder"), tokens),
        *(
            side_by_side(pair(key))
            for key in ("seal_text", "verifier_text", facts.recorded_key, "not_shown")
        ),
        side_by_side(pair("witnesses_text", count=count, quorum=facts.quorum))
        if count
        else NOTHING,
    )


def _checkpoint(facts: Facts) -> Html:
    return facts_list(
        [
            ("origin", tag("code", text(facts.origin))),
            ("entries", tag("code", text(facts.size))),
            ("root", tag("code", text(facts.root))),
            ("key", tag("code", text(facts.vkey))),
            (
                "witnesses",
                text(", ".join(facts.witnesses)) if facts.witnesses else both(pair("none")),
            ),
        ]
    )


def _qr(facts: Facts) -> Html:
    code = segno.make(facts.checkpoint, error="m", micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, nl=False)
    return Html(drawn.getvalue().decode())


def _maybe(value: str | None) -> Html:
    return both(pair("unknown")) if value is None else text(value)
