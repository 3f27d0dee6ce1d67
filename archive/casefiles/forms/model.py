"""Forms as values, read out of TOML: those that are shipped, and an agency's own in ROOT/forms.

What always holds: a form with a mistake in it is no form, and every mistake is told with its line; an agency's form
takes the place of the shipped one with its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, get_args

from archive.casefiles.errors import FormError
from archive.casefiles.order import STAGES, Stage
from archive.tables import Table, TableError, Words, among, read_document

Kind = Literal["line", "text", "time", "day"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# What a case file knows; filling.py says what each is.
Fill = Literal[
    "case.number",
    "case.title",
    "case.place",
    "case.unit",
    "act",
    "subject.name",
    "subject.number",
    "officers",
    "clips",
    "documents",
    "action_ended",
    "stage.initiation",
    "stage.decision",
    "stage.service",
]
FILLS: Final[tuple[Fill, ...]] = get_args(Fill)
FOLDER: Final = "forms"  # below ROOT
MOST: Final = 64 * 1024  # bytes of a file
_FORMAT: Final = 1
_ABOUT: Final = "docs/oversight.md"
_MOST_OWN: Final = 100  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a form asks for."""

    id: str
    label: Words
    kind: Kind
    fill: Fill | None  # where the case file knows it
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A standard form. Its fields `from`, `to` and `place` say when and where its part of the act was."""

    id: str
    title: Words
    stage: Stage
    part: str | None  # of the act, for what the paper says of its times
    basis: Words
    fields: tuple[Field, ...]
    signs: tuple[Words, ...]


def forms_of(root: Path) -> dict[str, Form]:
    """All forms of an archive by id: the shipped ones, and its own.

    Raises:
        FormError: one has a mistake, or cannot be read.
    """
    found = {form.id: form for form in _shipped()}
    folder = root / FOLDER
    own = sorted(folder.glob("*.toml"))[:_MOST_OWN] if folder.is_dir() else []
    for path in own:
        form = _form_in(path)
        found[form.id] = form
    return found


def form_of(root: Path, name: str) -> Form:
    """One form. Raises FormError: there is none of this id, or one has a mistake."""
    forms = forms_of(root)
    if name not in forms:
        raise FormError(f"there is no form {name}: one of {', '.join(sorted(forms))}")
    return forms[name]


@lru_cache(maxsize=1)
def _shipped() -> tuple[Form, ...]:
    found = [_form_in(path) for path in Path(__file__).parent.glob("*.toml")]
    return tuple(sorted(found, key=lambda form: (STAGES.index(form.stage), form.id)))


def _form_in(path: Path) -> Form:
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as e:
        raise FormError(f"{path.name} cannot be read: {e.strerror}") from e
    return read_form(data, path.name)


def read_form(data: bytes, source: str) -> Form:
    """A form out of a file's bytes. Raises FormError."""
    try:
        document = read_document(data, most=MOST, about=_ABOUT)
    except TableError as e:
        raise _wrong(source, e.mistakes) from e
    document.is_format(_FORMAT)
    head = document.table("form")
    form = Form(
        id=head.code("id"),
        title=head.words("title"),
        stage=head.among("stage", STAGES),
        part=head.code("part") if "part" in head.left else None,
        basis=head.words("basis"),
        fields=tuple(_field(row) for row in document.rows("field", needed=True)),
        signs=tuple(_sign(row) for row in document.rows("sign", needed=False)),
    )
    head.end()
    document.end()
    document.no_twins("field", "id", [field.id for field in form.fields])
    if document.mistakes:
        raise _wrong(source, tuple(sorted(document.mistakes)))
    return form


def _field(row: Table) -> Field:
    kind: Kind = "line"
    if "kind" in row.left:
        kind = row.among("kind", KINDS)
    fill: Fill | None = None
    if "fill" in row.left:
        fill = row.take("fill", among(FILLS), f"one of {', '.join(FILLS)}", FILLS[0])
    needed = row.among("needed", (False, True)) if "needed" in row.left else False
    field = Field(id=row.code("id"), label=row.words("label"), kind=kind, fill=fill, needed=needed)
    row.end()
    return field


def _sign(row: Table) -> Words:
    label = row.words("label")
    row.end()
    return label


def _wrong(source: str, mistakes: tuple[tuple[int, str], ...]) -> FormError:
    return FormError("; ".join(f"{source}:{line}: {said}" for line, said in mistakes))
