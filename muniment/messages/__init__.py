"""Every sentence that muniment/ prints, in Chinese and in English.

Holds, by a test: both tables have the same keys with the same fields. What other folders' errors say in
detail is English; in Chinese a sentence by the error's code stands before it (`reason`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from muniment.messages.audit_texts import AUDIT_EN, AUDIT_ZH
from muniment.messages.casefile_texts import CASEFILE_EN, CASEFILE_ZH
from muniment.messages.disposal_texts import DISPOSAL_EN, DISPOSAL_ZH
from muniment.messages.doctor_texts import DOCTOR_EN, DOCTOR_ZH
from muniment.messages.duty_texts import DUTY_EN, DUTY_ZH
from muniment.messages.en import EN
from muniment.messages.errors_zh import ERRORS_ZH, REASONS_ZH
from muniment.messages.exchange_texts import EXCHANGE_EN, EXCHANGE_ZH
from muniment.messages.help_texts import HELP_EN, HELP_ZH
from muniment.messages.key_texts import KEYS_EN, KEYS_ZH
from muniment.messages.linking_texts import LINKING_EN, LINKING_ZH
from muniment.messages.lists_texts import LISTS_EN, LISTS_ZH
from muniment.messages.media_texts import MEDIA_EN, MEDIA_ZH
from muniment.messages.overseeing_texts import OVERSEEING_EN, OVERSEEING_ZH
from muniment.messages.package_texts import PACKAGE_EN, PACKAGE_ZH
from muniment.messages.policy_texts import POLICY_EN, POLICY_ZH
from muniment.messages.publication_texts import PUBLICATION_EN, PUBLICATION_ZH
from muniment.messages.review_texts import REVIEW_EN, REVIEW_ZH
from muniment.messages.rights_texts import RIGHTS_EN, RIGHTS_ZH
from muniment.messages.rules_texts import RULES_EN, RULES_ZH
from muniment.messages.timestamp_texts import TIMESTAMP_EN, TIMESTAMP_ZH
from muniment.messages.transfer_texts import TRANSFER_EN, TRANSFER_ZH
from muniment.messages.verify_texts import VERIFY_EN, VERIFY_ZH
from muniment.messages.waiting import WAITING_EN, WAITING_ZH
from muniment.messages.witness_texts import WITNESS_EN, WITNESS_ZH
from muniment.messages.zh import ZH

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
TABLES: Final[dict[Language, Mapping[str, str]]] = {
    "zh": ZH
    | HELP_ZH
    | WAITING_ZH
    | AUDIT_ZH
    | DOCTOR_ZH
    | TIMESTAMP_ZH
    | WITNESS_ZH
    | PACKAGE_ZH
    | VERIFY_ZH
    | KEYS_ZH
    | POLICY_ZH
    | MEDIA_ZH
    | RIGHTS_ZH
    | CASEFILE_ZH
    | RULES_ZH
    | REVIEW_ZH
    | OVERSEEING_ZH
    | LISTS_ZH
    | PUBLICATION_ZH
    | EXCHANGE_ZH
    | LINKING_ZH
    | DISPOSAL_ZH
    | TRANSFER_ZH
    | DUTY_ZH,
    "en": EN
    | HELP_EN
    | WAITING_EN
    | AUDIT_EN
    | DOCTOR_EN
    | TIMESTAMP_EN
    | WITNESS_EN
    | PACKAGE_EN
    | VERIFY_EN
    | KEYS_EN
    | POLICY_EN
    | MEDIA_EN
    | RIGHTS_EN
    | CASEFILE_EN
    | RULES_EN
    | REVIEW_EN
    | OVERSEEING_EN
    | LISTS_EN
    | PUBLICATION_EN
    | EXCHANGE_EN
    | LINKING_EN
    | DISPOSAL_EN
    | TRANSFER_EN
    | DUTY_EN,
}


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a locale: Chinese for ``zh*``, else English."""
    # POSIX.1-2017, 8.2: LC_ALL beats LC_MESSAGES beats LANG; an empty value counts as unset.
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for value in map(environment.get, names) if value), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def sentence(language: Language, key: str, **values: object) -> str:
    """A sentence with its fields filled. Raises KeyError: there is none of this name."""
    return TABLES[language][key].format(**values)


def sentence_if_any(language: Language, key: str) -> str | None:
    """A sentence that need not be there, and has no fields."""
    return TABLES[language].get(key)


def reason(language: Language, code: str, detail: str) -> str:
    """Why something failed, for people."""
    known = ERRORS_ZH.get(code) or REASONS_ZH.get(code) if language == "zh" else None
    return f"{known}({detail})" if known else detail
