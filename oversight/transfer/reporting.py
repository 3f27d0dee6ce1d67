"""The report of the four properties (四性检测): JSON for programs, a page for people. No host but this file is asked.

What always holds: both say the same, in Chinese and English; each test is there, with its result and what was looked
at. The page has no script, and is fit for printing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from oversight.transfer.model import PROPERTIES, REPORT_FORMAT, RESULTS, TESTS, Property, Test

_STYLE: Final = (
    "body{font:15px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "th,td{border:1px solid #999;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "td.failed{font-weight:700;color:#a00}td.found{overflow-wrap:anywhere}"
    "@media print{body{margin:0;max-width:none}}"
)


def document(head: dict[str, Any], tests: Sequence[Test]) -> dict[str, Any]:
    """The report for programs; `head` says of which case, by whom, and when."""
    return {
        "format": REPORT_FORMAT,
        **head,
        "ok": all(test.result != "failed" for test in tests),
        "tests": [
            {
                "property": TESTS[test.id][0],
                "test": test.id,
                "name": {"zh": TESTS[test.id][1].zh, "en": TESTS[test.id][1].en},
                "result": test.result,
                "looked_at": {"zh": test.looked.zh, "en": test.looked.en},
                "found": list(test.found),
            }
            for test in tests
        ],
    }


def encoded(report: dict[str, Any]) -> bytes:
    """Its bytes."""
    return (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode()


def page(head: dict[str, Any], tests: Sequence[Test]) -> bytes:
    """The report for people."""
    ok = all(test.result != "failed" for test in tests)
    said = "无未通过的检测 No test failed" if ok else "有未通过的检测 Some tests failed"
    rows = "".join(
        f"<tr><th>{zh} {en}</th><td>{escape(str(head[key] or '—'))}</td></tr>"
        for key, zh, en in (
            ("code", "档号", "Archival code"),
            ("number", "案号", "Case"),
            ("from", "移交方", "From"),
            ("to", "接收方", "To"),
            ("made", "制作时间", "Made"),
        )
    )
    parts = "".join(_part(name, tests) for name in PROPERTIES)
    return (
        '<!doctype html>\n<html lang="zh"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>四性检测报告 Report of the four properties</title><style>{_STYLE}</style></head><body>"
        f"<h1>四性检测报告 <small>Report of the four properties</small></h1><p><b>{said}</b></p>"
        f"<table>{rows}</table>{parts}</body></html>\n"
    ).encode()


def _part(name: Property, tests: Sequence[Test]) -> str:
    title = PROPERTIES[name]
    rows = "".join(_row(test) for test in tests if TESTS[test.id][0] == name)
    return (
        f"<h2>{title.zh} <small>{title.en}</small></h2><table><tr><th>检测 Test</th><th>结果 Result</th>"
        f"<th>检测内容 Looked at</th><th>发现 Found</th></tr>{rows}</table>"
    )


def _row(test: Test) -> str:
    named, result = TESTS[test.id][1], RESULTS[test.result]
    found = "<br>".join(escape(one) for one in test.found) or "—"
    return (
        f'<tr><td>{named.zh}<br>{named.en}</td><td class="{test.result}">{result.zh}<br>{result.en}</td>'
        f'<td>{escape(test.looked.zh)}<br>{escape(test.looked.en)}</td><td class="found">{found}</td></tr>'
    )
