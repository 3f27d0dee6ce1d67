"""The volume catalogue as a paper (卷内目录): the same items as its JSON, which alone is signed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.casefiles import paper, words
from archive.tables import Words

TITLE: Final = Words(zh="卷内目录", en="Volume catalogue")
_HEADS: Final = (
    Words(zh="序号", en="No"),
    Words(zh="类别", en="Kind"),
    Words(zh="题名", en="Title"),
    Words(zh="责任者", en="By"),
    Words(zh="日期", en="Date"),
    Words(zh="页次", en="Pages"),
    Words(zh="摘要", en="SHA-256"),
)
_WIDTHS: Final = (10.0, 16.0, 50.0, 24.0, 24.0, 14.0, 40.0)


def render(catalogue: bytes, *, zone: ZoneInfo, made_at: datetime, signer: str | None) -> bytes:
    """The catalogue's bytes as PDF.

    Args:
        catalogue: as `volume.build` made it.
        zone: in which days are written.
        made_at: the moment that the file says.
        signer: SHA-256 of the certificate that signed it.

    Raises:
        NoFontError: see paper.py.
    """
    found: dict[str, Any] = json.loads(catalogue)
    lines = [
        paper.Line(label=Words(zh="案号", en="Case"), value=found["case_number"] or found["case"]),
        paper.Line(label=Words(zh="案由", en="Cause"), value=found["title"] or ""),
        paper.Line(label=Words(zh="执法行为", en="Act"), value=words.act(found["act"]).zh),
        paper.Line(
            label=Words(zh="当事人", en="Subject"),
            value="、".join(s["name"] or s["subject"] for s in found["subjects"]),
        ),
        paper.Line(
            label=Words(zh="执法人员", en="Officers"),
            value="、".join(o["name"] or o["badge"] or o["officer"] for o in found["officers"]),
        ),
        paper.Line(label=Words(zh="总页数", en="Pages"), value=str(found["pages"])),
    ]
    if signer is not None:
        lines.append(
            paper.Line(label=Words(zh="签名证书", en="Signed with certificate"), value=signer)
        )
    rows = [_row(item, zone) for item in found["items"]]
    sheet = paper.Sheet(
        title=TITLE,
        below=found["unit"] or "",
        foot=f"{found['case_number'] or found['case']}  {TITLE.zh}  {found['archive']}",
        lines=lines,
        table=paper.Table(heads=_HEADS, widths=_WIDTHS, rows=rows),
        made_at=made_at,
    )
    return paper.render(sheet)[0]


def _row(item: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    pages = ""
    if "from_page" in item:
        first, last = item["from_page"], item["to_page"]
        pages = str(first) if first == last else f"{first}–{last}"
    at = item["at"]
    day = "" if at is None else datetime.fromisoformat(at).astimezone(zone).date().isoformat()
    return (
        str(item["number"]),
        words.kind(item["kind"]).zh,
        item["title"] or item["id"],
        item["by"] or "",
        day,
        pages,
        item["sha256"],
    )
