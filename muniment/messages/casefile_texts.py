"""What is said of case files, stages and subjects, in both languages, help text too."""

from __future__ import annotations

from typing import Final

from archive.casefiles import words

_WORDS: Final = {f"act.{code}": said for code, said in words.ACTS.items()} | {
    f"stage.{code}": said for code, said in words.STAGES.items()
}
CASEFILE_EN: Final[dict[str, str]] = {code: said.en for code, said in _WORDS.items()} | {
}
CASEFILE_ZH: Final[dict[str, str]] = {code: said.zh for code, said in _WORDS.items()} | {
}
