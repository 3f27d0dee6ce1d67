"""What a check finds: sentences in two languages, findings, and the one family of errors. Values only."""

from __future__ import annotations

from typing import NamedTuple

MOST_FINDINGS = 10_000


class Sentence(NamedTuple):
    """One sentence of words.py, and what is to be put into it."""

    key: str
    values: dict[str, object]


def sentence(key: str, **values: object) -> Sentence:
    """A sentence; a value may be a sentence itself."""
    return Sentence(key, values)


class VerifierError(Exception):
    """Base: something in a package cannot be what it should be; says so in both languages."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.sentence = Sentence(key, values)


class Finding(NamedTuple):
    """One thing that is not as it has to be."""

    code: str  # a word of docs/formats/package.md
    where: str  # path in the bag
    sentence: Sentence
    subject: str  # clip, where that is known


class Findings:
    """Everything that was found, once each, in the order of finding."""

    def __init__(self) -> None:
        self.all: list[Finding] = []
        self.noted = 0  # also what was said before: whoever asks whether their own check went well
        self._places: set[tuple[str, str]] = set()

    def add(self, code: str, where: str, said: Sentence, subject: str = "") -> None:
        """Note one; the same code at the same place is said once."""
        self.noted += 1
        if (code, where) in self._places or len(self.all) >= MOST_FINDINGS:
            return
        self._places.add((code, where))
        self.all.append(Finding(code, where, said, subject))

    def at(self, where: str) -> bool:
        """Whether something is wrong there."""
        return any(finding.where == where for finding in self.all)

    def __len__(self) -> int:
        return len(self.all)
