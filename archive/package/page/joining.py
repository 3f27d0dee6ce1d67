"""Joins the parts of verify.html into one file: the same bytes from the same parts.

Holds: the page asks nothing of any network (its own policy forbids it), and runs no script and no style
but its own: the policy names their digests. It does not check a package; the scripts do.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

# What runs beside the page, in a worker; each part uses only those before it. Hashing and trees are parts of their own
# for other pages to use.
ENGINE: Final = (
    *("space", "bytes", "roots", "sha256", "sha512", "sha1", "merkle", "ed25519", "ecdsa", "rsa"),
    *(
        "json",
        "der",
        "x509",
        "revocation",
        "tokens",
        "notes",
        "paths",
        "zip",
        "hashing",
        "bag",
        "entries",
    ),
    *("seal", "consistency", "keys", "clips", "stamps", "checking", "worker"),
)
SURFACE: Final = ("words", "view", "page")
# What the custody pages check single entries with, in the same order.
CUSTODY: Final = (
    *("space", "bytes", "roots", "sha256", "sha512", "merkle", "ed25519"),
    *("json", "notes", "entries"),
)


def verifier_page() -> bytes:
    """verify.html."""
    here = files(__package__)
    engine, surface = _script(here, ENGINE), _script(here, SURFACE)
    style = here.joinpath("style.css").read_text(encoding="utf-8")
    parts = {
        "@POLICY@": _policy((engine, surface), style),
        "@STYLE@": style,
        "@ENGINE@": engine,
        "@SURFACE@": surface,
    }
    page = here.joinpath("page.html").read_text(encoding="utf-8")
    for mark, text in parts.items():
        before, after = page.split(mark)  # each once, also in what was put in
        page = before + text + after
    return page.encode()


def custody_engine() -> bytes:
    """The parts that check one entry, for a page that is served: the very text that verify.html runs."""
    return _script(files(__package__), CUSTODY).encode()


def _script(here: Traversable, names: tuple[str, ...]) -> str:
    folder = here.joinpath("parts")
    parts = (folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in names)
    text = "\n" + "\n".join(parts)
    if "</script" in text or "<!--" in text:
        raise ValueError("a part would end its own script element")
    return text


def _policy(scripts: tuple[str, ...], style: str) -> str:
    """Content-Security-Policy (CSP 3): nothing but these; the worker is made of the engine's own text.

    No part evaluates text; `unsafe-eval` is for those who drive a browser to watch the verdict come, which
    some do by evaluating an expression in the page.
    """
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; worker-src blob:; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
