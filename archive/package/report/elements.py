"""HTML put together from escaped parts: what is no `Html` is text, and is escaped. No templates, no scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NewType

from archive.package.report.words import Pair, pair

Html = NewType("Html", str)
NOTHING = Html("")


def text(value: object) -> Html:
    """Anything as text."""
    return Html(escape(str(value)))


def tag(name: str, *children: Html, **attributes: str) -> Html:
    """An element; `class_` is `class`."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{given}>{''.join(children)}</{name}>")


def join(children: Iterable[Html]) -> Html:
    """Elements one after the other."""
    return Html("".join(children))


def both(words: Pair) -> Html:
    """A short pair in one line: Chinese first, then English in grey."""
    zh, en = words
    return Html(
        f"{tag('span', text(zh), lang='zh')} {tag('span', text(en), lang='en', class_='en')}"
    )


def label(key: str) -> Html:
    """A label in both languages."""
    return both(pair(key))


def side_by_side(words: Pair) -> Html:
    """A sentence in two columns."""
    zh, en = words
    return tag("div", tag("p", text(zh), lang="zh"), tag("p", text(en), lang="en"), class_="pair")


def table(heads: Iterable[str], rows: Iterable[Iterable[Html]], **attributes: str) -> Html:
    """A table with labels above."""
    head = tag("tr", *(tag("th", label(key), scope="col") for key in heads))
    body = join(tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag("table", tag("thead", head), tag("tbody", body), **attributes)


def facts_list(rows: Iterable[tuple[str, Html]]) -> Html:
    """Labels and values."""
    return tag("dl", *(tag("div", tag("dt", label(key)), tag("dd", value)) for key, value in rows))
