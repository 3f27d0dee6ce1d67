"""Joins the parts of the verifier into verify.py: one file that any Python from 3.9 runs, and that a stranger can read.

Holds: the same parts give the same bytes; what is taken out of a part are its imports and nothing else; a name that
two parts define, or an import of another form, is refused here and not found out in a courtroom.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

_PACKAGE: Final = "archive.package.verifier"
# In this order each part stands behind those that it imports.
PARTS: Final = (
    *(
        "found",
        "framing",
        "words",
        "ed25519",
        "der",
        "ecdsa",
        "rsa",
        "mldsa",
        "signatures",
        "x509",
        "revocation",
        "tokens",
    ),
    *("notes", "merkle", "entries", "hashing", "zips", "reading", "bag", "contents"),
    *(
        "consistency",
        "places",
        "sealed",
        "ledger",
        "clips",
        "times",
        "stamps",
        "checking",
        "showing",
        "main",
    ),
)
_HEADER: Final = '''#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: Apache-2.0
"""Checks a Muniment evidence package. 检查 Muniment 证据包。

    python3 -I -S verify.py [FOLDER | FILE.zip] [--vkey V] [--tsa-ca PEM] [--witness V] [--json] [--lang zh|en]

Needs Python 3.9 or newer and nothing else; reads, and changes nothing; asks no network. Without FOLDER it checks the
folder that it lies in. Exit status 0: nothing is wrong; 1: something is, or it could not be checked.
需要 Python 3.9 或更高版本，无需其他软件；只读取，不修改，不联网。
省略参数时检查本文件所在文件夹。退出码 0 表示无误，1 表示有误或无法检查。

The copy inside a package is the word of whoever made the package. Get this file from elsewhere (the release of
Muniment, another agency, an earlier package) and compare its SHA-256; the ledger entry package.made names it, too.
包内的这一份只代表制作者。请从其他途径（Muniment 发布版、其他机构、较早的证据包）取得本文件，并比对 SHA-256。

What is checked, and what the words mean: docs/formats/package.md of Muniment. Joined from archive/package/verifier/.
"""

from __future__ import annotations

import sys

# An older Python stops at the next line and shows it.
if (this_needs_python_3_9_or_newer := sys.version_info < (3, 9)):
    sys.exit("verify.py needs Python 3.9 or newer. verify.py 需要 Python 3.9 或更高版本。")
'''


class JoiningError(ValueError):
    """The parts of the verifier cannot be joined: a bug of ours, found before a package is made."""


@cache
def verifier_script() -> bytes:
    """verify.py. Raises JoiningError."""
    imports: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    bodies = []
    for part in PARTS:
        text = files(_PACKAGE).joinpath(f"{part}.py").read_text("utf-8")
        tree = ast.parse(text)
        for name in _defined(tree):
            if name in names:
                raise JoiningError(f"{name} is defined in {names[name]} and in {part}")
            names[name] = part
        bodies.append(_body(part, text, tree, imports))
    return "\n".join([_HEADER, _imports(imports), *bodies]).encode()


def _defined(tree: ast.Module) -> Iterator[str]:
    """Names that a part adds to the one name space, those of the standard library apart."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        yield name.id


def _body(part: str, text: str, tree: ast.Module, imports: dict[str, set[str]]) -> str:
    """A part without its imports; its docstring becomes a comment."""
    lines = text.splitlines()
    first = tree.body[0]
    taken = set(range(1, (first.end_lineno or 1) + 1))
    for node in tree.body[1:]:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        taken |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        _note_import(part, node, imports)
    title = [f"# --- {part} " + "-" * (110 - len(part))]
    title += [f"# {line}".rstrip() for line in (ast.get_docstring(tree) or "").splitlines()]
    kept = [line for number, line in enumerate(lines, start=1) if number not in taken]
    return "\n".join(["", "", *title, "", ""]) + "\n".join(kept).strip("\n") + "\n"


def _note_import(
    part: str, node: ast.Import | ast.ImportFrom, imports: dict[str, set[str]]
) -> None:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    ours = module.startswith(_PACKAGE + ".")
    if ours:
        if module.removeprefix(_PACKAGE + ".") not in PARTS[: PARTS.index(part)]:
            raise JoiningError(f"{part} imports {module}, which stands behind it")
        if any(name.asname for name in node.names):
            raise JoiningError(f"{part} imports a part's name under another name")
    elif module != "__future__":
        for name in node.names:
            spelled = name.name + (f" as {name.asname}" if name.asname else "")
            imports.setdefault(module, set()).add(spelled)


def _imports(imports: dict[str, set[str]]) -> str:
    plain = [f"import {name}" for name in sorted(imports.get("", ()))]
    others = [
        f"from {module} import {', '.join(sorted(names))}"
        for module, names in sorted(imports.items())
        if module
    ]
    return "\n".join([*plain, *others])
