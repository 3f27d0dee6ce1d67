"""Whatever tells a stranger that a package agrees with itself tells it in the same words."""

from __future__ import annotations

from pathlib import Path

import archive.package.page
from archive.package import readme
from archive.package.report.words import pair
from archive.package.verifier.found import Sentence
from archive.package.verifier.words import say

_PARTS = Path(archive.package.page.__file__).parent / "parts"


def test_the_verdict_on_a_signer_that_nobody_pinned_is_one_sentence_everywhere() -> None:
    zh, en = (say(Sentence("verdict.not_pinned", {}), language) for language in ("zh", "en"))
    assert (zh, en) == ("前后一致；签名者未经核对", "consistent with itself; signer not pinned")
    assert f'["{zh}", "{en}"]' in (_PARTS / "checking.js").read_text(encoding="utf-8")
    assert zh in readme._CHINESE
    assert en in readme._ENGLISH
    assert all(said in text for said, text in zip((zh, en), pair("verifier_text"), strict=True))
