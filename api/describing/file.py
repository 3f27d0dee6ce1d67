"""What the routes of case files and subjects answer, and its shapes. See answers.py and shapes.py."""

from __future__ import annotations

from typing import Final

from api.describing.shapes import (
    TEXT,
    TIME,
    WHOLE,
    YES,
    Shape,
    many,
    maybe,
    maybe_texts,
    named,
    obj,
    one_of,
    texts,
)
from archive.casefiles.forms.model import KINDS
from archive.casefiles.numbers import KINDS as SUBJECT_KINDS
from archive.casefiles.order import STAGES
from archive.casefiles.revoking import HOWS

_V1: Final = "/api/v1"
_CASE: Final = f"{_V1}/cases/{{number}}"
_SUBJECT: Final = f"{_V1}/subjects/{{subject}}"
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    f"{_CASE}/file": {"get": {200: "CaseFile"}, "put": {200: "CaseFile"}},
    f"{_CASE}/stages": {"post": {201: "CaseFile"}},
    f"{_CASE}/action-end": {"post": {200: "CaseFile"}},
    f"{_CASE}/revocation": {"post": {201: "CaseFile"}},
    f"{_CASE}/closing": {"post": {201: "CaseFile"}},
    f"{_CASE}/reopening": {"post": {200: "CaseFile"}},
    f"{_CASE}/catalogue": {"get": {200: "application/json"}},
    f"{_CASE}/catalogue/pdf": {"get": {200: "application/pdf"}},
    f"{_CASE}/catalogue/signature": {"get": {200: "application/pkcs7-signature"}},
    f"{_CASE}/forms/{{form}}": {"post": {201: "FormMade"}},
    f"{_V1}/forms": {"get": {200: "Forms"}},
    f"{_V1}/documents/{{document}}/times/{{part}}": {"put": {204: ""}},
    f"{_V1}/subjects": {"get": {200: "Subjects"}, "post": {201: "SubjectId"}},
    _SUBJECT: {"get": {200: "SubjectWhole"}},
    f"{_SUBJECT}/merge": {"post": {200: "SubjectWhole"}},
    f"{_SUBJECT}/split": {"post": {200: "SubjectWhole"}},
}
_SUBJECT_SHAPE: Final[dict[str, Shape]] = {
    "subject": TEXT,
    "kind": one_of(*SUBJECT_KINDS),
    **maybe_texts("name", "number", "merged_into"),
}
_BOTH: Final = obj(texts("zh", "en"))
SHAPES: Final[dict[str, Shape]] = {
    "CaseFile": obj(
        {
            "state": one_of("open", "closed"),
            **maybe_texts("number", "act", "matter", "list", "action_ended"),
            **maybe_texts("catalogue", "signature", "signer", "catalogued_at", "file_number"),
            **maybe_texts("signer_name"),
            "self_signed": maybe(YES),
            "officers": many(TEXT),
            "subjects": many(named("Subject")),
            "stages": many(
                obj(
                    {
                        "stage": one_of(*STAGES),
                        **dict.fromkeys(("at", "said_at"), TIME),
                        **maybe_texts("document", "reason"),
                        "account": TEXT,
                        "index": WHOLE,
                    }
                )
            ),
            "revocations": many(
                obj({"how": one_of(*HOWS), "at": TIME, "reason": maybe(TEXT), "index": WHOLE})
            ),
        }
    ),
    "FormMade": obj({**texts("document", "form"), "pages": WHOLE}),
    "Forms": obj(
        {
            "forms": many(
                obj(
                    {
                        "form": TEXT,
                        **dict.fromkeys(("title", "basis"), _BOTH),
                        "stage": one_of(*STAGES),
                        "part": maybe(TEXT),
                        "fields": many(
                            obj(
                                {
                                    "field": TEXT,
                                    "label": _BOTH,
                                    "kind": one_of(*KINDS),
                                    **dict.fromkeys(("filled", "needed"), YES),
                                }
                            )
                        ),
                    }
                )
            )
        }
    ),
    "Subject": obj(_SUBJECT_SHAPE),
    "Subjects": obj({"subjects": many(named("Subject"))}),
    "SubjectId": obj({"subject": TEXT}),
    "SubjectWhole": obj(
        _SUBJECT_SHAPE | {"same": many(named("Subject")), "cases": many(named("Case"))}
    ),
}
