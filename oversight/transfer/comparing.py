"""What in a transfer has to say the same, held against each other by whoever receives it.

What always holds: whatever the files say, an answer comes, and it names what differs. List, metadata, report and volume
catalogue are held against the package, which its verifier traced to a ledger; where that found anything it is not
looked at here. Whose certificate signed the volume catalogue is not looked at: that it signed these bytes is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.casefiles.errors import SignatureRefusedError
from archive.casefiles.signature import check
from archive.catalogue.times import known_us
from oversight.transfer import model
from oversight.transfer.metadata import ReadRecord, missing

Files = dict[str, dict[str, Any]]  # path, sha256, size, by path
HEAD: Final = ("case", "number", "code", "from", "to", "made")
# Of these the sender may say that there was nothing to look at.
_MAY_NOT_APPLY: Final = {
    "malware": None,
    "signature": model.SIGNATURE,
    "volume": model.CATALOGUE,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def package_differs(manifest: dict[str, Any], package: dict[str, Any]) -> list[str]:
    """Whose the package is, and of what: its seal and its signed checkpoint say so."""
    subject = package.get("subject")
    said = subject if isinstance(subject, dict) else {}
    return [
        f"package_differs {what}"
        for what, there, here in (
            ("case", ("case", said.get("id")), (said.get("kind"), manifest["case"])),
            ("number", said.get("number"), manifest["number"]),
            ("from", package.get("origin"), manifest["from"]),
        )
        if there != here
    ]


def metadata_differs(
    written: Sequence[ReadRecord],
    manifest: dict[str, Any],
    package: dict[str, Any] | None,
    here: Files,
) -> list[str]:
    """The metadata against package and documents; `package` None: it is not to be believed."""
    found = [f"metadata_missing {one}" for one in missing(written)]
    cases = [(r.id, r.values.get("archivalCode")) for r in written if r.kind == "case"]
    if cases != [(manifest["case"], manifest["code"])]:
        found.append("metadata_differs case")
    count = Counter(record.id for record in written)
    wrong = [id_ for id_, times in count.items() if times > 1]
    wrong += [record.id for record in written if record.kind not in {"case", "document", "clip"}]
    if package is not None:
        clips = {r.id: r for r in written if r.kind == "clip" and "disposed" not in r.values}
        wrong += _clips_differ(clips, package)
    documents = [record for record in written if record.kind == "document"]
    wrong += [record.id for record in documents if not _is_there(record, here)]
    places = {record.values.get("location") for record in documents}
    wrong += [n for n in here if n.startswith(f"{model.DOCUMENTS}/") and n not in places]
    return found + [f"metadata_differs {one}" for one in sorted(wrong)]


def _clips_differ(clips: dict[str, ReadRecord], package: dict[str, Any]) -> list[str]:
    try:
        packed = {
            str(c["clip"]): (c["sha256"], str(c["size"]), str(c["original"]))
            for c in package["clips"]
        }
    except (KeyError, TypeError):
        return [model.PACKAGE]
    wrong = sorted(clips.keys() ^ packed.keys())
    for id_ in clips.keys() & packed:
        said, (sha256, size, original) = clips[id_].values, packed[id_]
        place = said.get("location", "")
        lies = place.startswith(f"{model.PACKAGE}#") and place.endswith(f"/{original}")
        if (said.get("fixity"), said.get("extent")) != (sha256, size) or not lies:
            wrong.append(id_)
    return wrong


def _is_there(record: ReadRecord, here: Files) -> bool:
    file = here.get(record.values.get("location", ""))
    said = (record.values.get("fixity"), record.values.get("extent"))
    return file is not None and said == (file["sha256"], str(file["size"]))


def report_differs(data: bytes, manifest: dict[str, Any], here: Files) -> list[str]:
    """The sender's report: of this transfer, each test there once, none failed, none left out without need."""
    try:
        report = json.loads(data)
        tests = [(str(test["test"]), str(test["result"])) for test in report["tests"]]
        head = {name: report[name] for name in HEAD}
        ok, form = report["ok"], report["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"report_malformed {model.REPORT}"]
    names = Counter(name for name, _ in tests)
    found = [f"report_differs {name}" for name in HEAD if head[name] != manifest[name]]
    found += [f"report_differs {name}" for name, times in names.items() if times > 1]
    found += [f"report_lacks {name}" for name in model.TESTS if name not in names]
    found += [f"report_failed {n}" for n, result in tests if not _may_be(n, result, here)]
    if form != model.REPORT_FORMAT:
        found.append("report_differs format")
    return found if ok is True else [*found, "report_failed ok"]


def _may_be(test: str, result: str, here: Files) -> bool:
    if result == "not_applicable" and test in _MAY_NOT_APPLY:
        return _MAY_NOT_APPLY[test] not in here
    return result == "passed"


def volume_differs(
    catalogue: bytes | None,
    signature: bytes | None,
    manifest: dict[str, Any],
    written: Sequence[ReadRecord],
) -> list[str]:
    """The volume catalogue: of this case, of these things, signed; both there or neither."""
    if catalogue is None or signature is None:
        return [] if catalogue is signature else ["volume_differs incomplete"]
    try:
        said = json.loads(catalogue)
        items = [(str(item["id"]), str(item["sha256"])) for item in said["items"]]
        head = (said["case"], said["case_number"], said["archive"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"volume_malformed {model.CATALOGUE}"]
    things = [(r.id, r.values.get("fixity", "")) for r in written if r.kind != "case"]
    odd = Counter(items)
    odd.subtract(things)
    found = [f"volume_differs {id_}" for id_ in sorted({id_ for (id_, _), n in odd.items() if n})]
    if head != (manifest["case"], manifest["number"], manifest["from"]):
        found.insert(0, "volume_differs case")
    try:
        check(signature, catalogue, moment=_signed_at(manifest, written))
    except SignatureRefusedError as e:
        found.append(f"volume_signature {e}")
    return found


def _signed_at(manifest: dict[str, Any], written: Sequence[ReadRecord]) -> datetime:
    """When the case was closed, as the metadata say; else when the transfer was made."""
    closed = [r.last.get("case.catalogued") for r in written if r.kind == "case"]
    for text in (*closed, manifest["made"]):
        moment = known_us(text)
        if moment is not None:
            return _EPOCH + timedelta(microseconds=moment)
    return _EPOCH
