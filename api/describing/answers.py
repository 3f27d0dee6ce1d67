"""Which route answers what: every operation under /api/v1, /ledger and the health routes, by method and path.

What always holds (a test walks the routes): no operation is missing here, and none is here that is not there.
"""

from __future__ import annotations

from typing import Final

from api.describing import oversight

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
_V1: Final = "/api/v1"
_CLIP: Final = f"{_V1}/clips/{{clip}}"
_CASE: Final = f"{_V1}/cases/{{number}}"
_ACCOUNT: Final = f"{_V1}/accounts/{{account}}"
_DOCUMENT: Final = f"{_V1}/documents/{{document}}"

# Path -> method -> status -> name of a shape, "" where there is no body, or a media type of what is no JSON.
ANSWERS: Final[dict[str, dict[str, dict[int, str]]]] = {
    f"{_V1}/session": {"post": {201: "Session"}, "delete": {204: ""}},
    f"{_V1}/account": {"get": {200: "Account"}},
    f"{_V1}/account/password": {"put": {204: ""}},
    f"{_V1}/account/factor": {"post": {201: "Factor"}, "delete": {204: ""}},
    f"{_V1}/account/factor/confirmation": {"post": {201: "RecoveryCodes"}},
    f"{_V1}/account/tokens": {"post": {201: "NewlyMadeToken"}},
    f"{_V1}/account/tokens/{{token}}": {"delete": {204: ""}},
    f"{_V1}/account/sessions": {"delete": {204: ""}},
    f"{_V1}/account/sessions/{{session}}": {"delete": {204: ""}},
    f"{_ACCOUNT}/sessions": {"get": {200: "SignIns"}, "delete": {204: ""}},
    f"{_ACCOUNT}/password": {"post": {202: "PasswordAsked"}, "delete": {204: ""}},
    f"{_ACCOUNT}/password/confirmation": {"post": {201: "OneTimePassword"}},
    f"{_V1}/clips": {"get": {200: "Found"}},
    f"{_V1}/clips/facets": {"get": {200: "Facets"}},
    f"{_V1}/searches": {"get": {200: "Searches"}, "post": {201: "Search"}},
    f"{_V1}/searches/{{search}}": {"delete": {204: ""}},
    _CLIP: {"get": {200: "ClipFacts"}},
    f"{_CLIP}/facts": {"get": {200: JSON}},
    f"{_CLIP}/custody": {"get": {200: "Custody"}},
    f"{_CLIP}/custody/{{index}}": {"get": {200: "CustodyEvent"}},
    f"{_CLIP}/custody/{{index}}/proof": {"get": {200: TEXT}},
    f"{_CLIP}/custody/{{index}}/entry": {"get": {200: BYTES}},
    f"{_CLIP}/proof": {"get": {200: TEXT}},
    f"{_CLIP}/evidence": {"get": {200: "Evidence"}},
    f"{_CLIP}/original": {"get": {200: "*/*", 206: "*/*", 304: ""}, "head": {200: "", 304: ""}},
    f"{_CLIP}/renditions/{{kind}}": {
        "get": {200: "*/*", 206: "*/*", 304: ""},
        "head": {200: "", 304: ""},
        "post": {202: "Making"},
    },
    f"{_CLIP}/renditions/{{kind}}/index": {
        "get": {200: "*/*", 206: "*/*", 304: ""},
        "head": {200: "", 304: ""},
    },
    f"{_CLIP}/markers": {"get": {200: "Markers"}, "post": {201: "Marker"}},
    f"{_CLIP}/markers/{{marker}}": {"delete": {204: ""}},
    f"{_CLIP}/plays": {"post": {201: "Played"}},
    f"{_CLIP}/views": {"get": {200: "Views"}},
    f"{_CLIP}/stills": {"get": {200: "Stills"}, "post": {201: "image/png"}},
    f"{_CLIP}/stills/{{index}}": {"get": {200: "image/png"}, "head": {200: ""}},
    f"{_CLIP}/together": {"get": {200: "Together"}},
    f"{_V1}/recordings/{{recording}}": {"get": {200: "Recording"}},
    f"{_V1}/cases": {"get": {200: "Cases"}, "post": {201: "Case"}},
    _CASE: {"get": {200: "CasePage"}},
    f"{_CASE}/clips/{{clip}}": {"put": {200: "Linked", 201: "Linked"}, "delete": {204: ""}},
    f"{_CASE}/evidence": {"get": {200: "Evidence"}},
    f"{_CASE}/custody/{{index}}/entry": {"get": {200: BYTES}},
    f"{_CASE}/custody/{{index}}/proof": {"get": {200: TEXT}},
    f"{_CASE}/documents": {
        "get": {200: "Documents"},
        "post": {200: "Document", 201: "Document"},
    },
    _DOCUMENT: {"get": {200: "Document"}, "delete": {204: ""}},
    f"{_DOCUMENT}/file": {"get": {200: "*/*", 206: "*/*", 304: ""}, "head": {200: "", 304: ""}},
    f"{_DOCUMENT}/pages/{{page}}": {
        "get": {200: "*/*", 206: "*/*", 304: ""},
        "head": {200: "", 304: ""},
    },
    f"{_DOCUMENT}/links": {"get": {200: "DocumentLinks"}, "post": {201: "DocumentLink"}},
    f"{_DOCUMENT}/links/{{link}}": {"delete": {204: ""}},
    f"{_V1}/integrity/evidence": {"get": {200: "Evidence"}},
    f"{_V1}/integrity/custody/{{index}}/entry": {"get": {200: BYTES}},
    f"{_V1}/integrity/custody/{{index}}/proof": {"get": {200: TEXT}},
    f"{_V1}/station": {"get": {200: "Station"}},
    f"{_V1}/station/events": {"get": {200: "text/event-stream"}},
    f"{_V1}/station/arrivals": {"get": {200: "Arrivals"}},
    f"{_V1}/packages": {"get": {200: "Packages"}, "post": {202: "Package"}},
    f"{_V1}/packages/{{package}}": {"get": {200: "Package"}, "delete": {204: ""}},
    f"{_V1}/packages/{{package}}/file": {
        "get": {200: "application/zip", 206: "*/*", 304: ""},
        "head": {200: "", 304: ""},
    },
    f"{_V1}/accounts": {"get": {200: "People"}, "post": {202: "Proposal"}},
    _ACCOUNT: {"get": {200: "Person"}, "patch": {200: "Person", 202: "Proposal"}},
    f"{_V1}/rights": {"get": {200: "Proposals"}},
    f"{_V1}/rights/{{index}}": {"get": {200: "Proposal"}, "delete": {204: ""}},
    f"{_V1}/rights/{{index}}/decision": {"post": {200: "Decided"}},
    f"{_V1}/units": {"get": {200: "Units"}, "post": {201: "Unit"}},
    f"{_V1}/units/{{unit}}": {"patch": {202: "Proposal"}},
    f"{_V1}/officers": {"get": {200: "Officers"}},
    f"{_V1}/alarms": {"get": {200: "Alarms"}},
    f"{_V1}/alarms/{{index}}/settlement": {"post": {200: "Alarm"}},
    f"{_V1}/requests": {"get": {200: "Requests"}, "post": {201: "Asked"}},
    f"{_V1}/requests/{{request}}": {"get": {200: "Request"}, "delete": {200: "Request"}},
    f"{_V1}/requests/{{request}}/decision": {"post": {200: "Request"}},
    f"{_V1}/requests/{{request}}/review": {"post": {200: "Request"}},
    f"{_V1}/policy": {"get": {200: "Policy"}},
    "/ledger/checkpoint": {"get": {200: TEXT}, "head": {200: ""}},
    "/ledger/checkpoint.cosigned": {"get": {200: TEXT}, "head": {200: ""}},
    "/ledger/tile/entries/{index}": {"get": {200: BYTES}, "head": {200: ""}},
    "/ledger/tile/{level}/{index}": {"get": {200: BYTES}, "head": {200: ""}},
    "/healthz": {"get": {200: TEXT}, "head": {200: ""}},
    "/readyz": {"get": {200: JSON, 503: JSON}, "head": {200: "", 503: ""}},
    "/metrics": {"get": {200: "text/plain"}},
    **oversight.ANSWERS,
}
