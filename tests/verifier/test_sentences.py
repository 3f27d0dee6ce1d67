"""Whatever tells a stranger that a package agrees with itself tells it in the same words."""

from __future__ import annotations

from pathlib import Path

import archive.package.page
from archive.package import readme
from archive.package.report.words import pair
from archive.package.selecting import WHYS
from archive.package.verifier.found import Sentence
from archive.package.verifier.showing import _why
from archive.package.verifier.words import say
from muniment.messages.package_texts import PACKAGE_EN, PACKAGE_ZH

_PARTS = Path(archive.package.page.__file__).parent / "parts"


def test_the_verdict_on_a_signer_that_nobody_pinned_is_one_sentence_everywhere() -> None:
    zh, en = (say(Sentence("verdict.not_pinned", {}), language) for language in ("zh", "en"))
    assert (zh, en) == ("前后一致；签名者未经核对", "consistent with itself; signer not pinned")
    assert f'["{zh}", "{en}"]' in (_PARTS / "checking.js").read_text(encoding="utf-8")
    assert zh in readme._CHINESE
    assert en in readme._ENGLISH
    assert all(said in text for said, text in zip((zh, en), pair("verifier_text"), strict=True))


def test_every_reason_for_leaving_a_clip_out_has_its_words_wherever_it_is_told() -> None:
    page = (_PARTS / "words.js").read_text(encoding="utf-8")
    for why in WHYS:
        assert all(readme._WHY[why])
        assert all(pair(f"why.{why}"))
        assert all(table[f"package.{why}"] for table in (PACKAGE_EN, PACKAGE_ZH))
        assert f'    {why}: ["' in page
        sentence = _why(why)
        assert isinstance(sentence, Sentence)
        assert say(sentence, "zh") != say(sentence, "en") != why
