"""What the board says, in both languages."""

from __future__ import annotations

from api.desk import Sentence
from devices.errors import ClipChangedError, ClipUnreadableError
from muniment.messages import Language, sentence, sentence_if_any
from muniment.messages.errors_zh import ERRORS_ZH


def said(key: str, code: str | None = None, **values: object) -> Sentence:
    """A sentence of ours."""
    return Sentence(zh=sentence("zh", key, **values), en=sentence("en", key, **values), code=code)


def why(error: BaseException) -> Sentence:
    """What an error says; one that has no code is a fault of ours."""
    code = getattr(error, "code", None)
    if isinstance(error, ClipChangedError | ClipUnreadableError):
        return said(
            "port.clip_trouble", code
        )  # the desk is for people who may not know what clips are called
    if isinstance(code, str):
        # The details are English: on a board that is read from a metre away, the sentence by the code is enough.
        zh, en = ERRORS_ZH.get(code, str(error)), str(error)
        return Sentence(zh=_and("zh", f"{zh}。", code), en=_and("en", en, code), code=code)
    if isinstance(error, OSError):
        text = error.strerror or str(error)
        return Sentence(zh=f"{ERRORS_ZH['C050']}({text})", en=text, code="C050")
    return said("port.bug", "C070")


def _and(language: Language, text: str, code: str) -> str:
    """What to do next, after what happened."""
    return f"{text} {sentence_if_any(language, f'hint.{code}') or ''}".rstrip()
