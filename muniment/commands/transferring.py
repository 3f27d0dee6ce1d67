"""`transfer make|receipt|show|check`. What is refused, and what is tested, is oversight/transfer's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from api.messages import LANGS, name_of
from archive.casefiles.signing import Signer
from archive.cases import need_case
from archive.package.verifier.checking import PinError
from archive.timestamps.chain import read_pem
from archive.timestamps.errors import TokenError
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.commands.casefile import PASSPHRASE
from muniment.errors import WrongUsageError
from muniment.moments import moment_text, zone_of
from muniment.opening import reading, writing
from muniment.progress import bar
from oversight.transfer import receipts
from oversight.transfer.checking import Checked, check_folder
from oversight.transfer.errors import TransferPlaceError
from oversight.transfer.making import Made, Sending, make, need_text
from oversight.transfer.model import RESULTS, TESTS, Test
from oversight.transfer.numbering import code_given
from oversight.transfer.receipts import Receipt, take, transfers_of

_FINDINGS: Final = 1
_PARTLY: Final = 3
_MOST: Final = 1 << 20  # bytes of a file that is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """How a transfer is received, as it was typed."""

    by: str
    out: Path | None = None  # of the receipt
    refuse: str | None = None  # why, though nothing was found
    vkeys: Sequence[str] = ()
    key: Path | None = None
    certificate: Path | None = None


def make_transfer(asked: Asked, sending: Sending, out: Path) -> Answer:
    """Make a transfer; exit status 3 where a test failed. Raises as `make`."""
    with writing(asked) as archive, bar(asked.words("package.bar"), is_bytes=True) as tell:
        made = make(
            archive,
            sending,
            out,
            actor=asked.actor,
            progress=tell,
            name_of=lambda language, group, code: name_of(LANGS[language != "zh"], group, code),
        )
    lines = [_test_line(asked, test) for test in made.tests]
    if made.out is None:
        lines.append(asked.words("transfer.nothing_sent"))
    else:
        lines.append(asked.words("transfer.made", out=made.out, code=printable(made.code)))
        lines.append(asked.words("transfer.next", out=made.out))
    return Answer(
        document=_made(made), text="\n".join(lines), status=_PARTLY if made.out is None else 0
    )


def take_receipt(
    asked: Asked, number: str, path: Path, *, signature: Path | None, ca: Path | None
) -> Answer:
    """Record the receipt that came back. Raises WrongUsageError, and as `take`."""
    data = _read(path)
    beside = path.with_name(f"{path.name}.p7s")
    if signature is None and beside.is_file():
        signature = beside
    with writing(asked) as archive:
        taken = take(
            archive,
            number,
            data,
            actor=asked.actor,
            signature=None if signature is None else _read(signature),
            roots=() if ca is None else _roots(ca),
        )
    receipt, signed = taken.receipt, taken.signed
    key = "received" if receipt.reason is None else "refused"
    lines = [
        asked.words(
            f"transfer.{key}", by=printable(receipt.by), reason=printable(receipt.reason or "")
        )
    ]
    if signed is not None:
        lines.append(asked.words("transfer.signed", name=printable(signed.name)))
    lines.append(
        asked.words("transfer.not_vouched")
        if taken.root is None
        else asked.words("transfer.vouched", root=taken.root)
    )
    document = {
        "transfer": receipt.transfer,
        "result": key,
        "by": receipt.by,
        "reason": receipt.reason,
        "signer": None if signed is None else signed.certificate,
        "root": taken.root,
    }
    return Answer(document=document, text="\n".join(lines))


def show_transfers(asked: Asked, number: str) -> Answer:
    """What became of a case's transfers. Raises UnknownCaseError."""
    with reading(asked) as archive:
        case = need_case(archive.catalogue, number)
        code, rows = code_given(archive, case), transfers_of(archive, case)
    zone = zone_of(asked.root)
    said: list[dict[str, Any]] = [
        {
            "what": row.type.removeprefix("transfer."),
            "at": row.time,
            "transfer": row.data.get("transfer"),
            "who": row.written.get("to") or row.written.get("by"),
            "reason": row.written.get("reason"),
            "entry": row.index,
            "root": row.data.get("root"),
        }
        for row in rows
    ]
    lines = [asked.words("transfer.code", code=printable(code or "-"))]
    lines += [
        f"{moment_text(one['at'], zone)}  {asked.words('transfer.what.' + one['what'])}  "
        f"{printable(one['who'] or '-')}  {printable(one['reason'] or '')}".rstrip()
        + ("" if one["what"] == "made" or one["root"] else asked.words("transfer.what.not_vouched"))
        for one in said
    ]
    document = {"case": case.number, "code": code, "transfers": said}
    return Answer(document=document, text="\n".join(lines))


def check_transfer(asked: Asked, folder: Path, receiving: Receiving) -> Answer:
    """Check a transfer that came and write the receipt; exit status 1 where something was found.

    Raises:
        WrongUsageError: a key to be trusted is none.
        TransferFolderError, TransferTextError, TransferPlaceError, SigningKeyError: no receipt was written.
    """
    by = need_text("--by", receiving.by)
    name = folder.resolve().name
    out = receiving.out or folder.resolve().with_name(f"{name}-receipt.json")
    _check_free(out)
    signer = _signer(receiving)
    try:
        checked = check_folder(folder, vkeys=receiving.vkeys)
    except PinError as e:
        raise WrongUsageError(asked.words("verify.pin", what=e)) from e
    receipt = Receipt(
        transfer=checked.transfer,
        package=checked.package,
        case=str(checked.manifest["case"]),
        code=str(checked.manifest["code"]),
        by=by,
        at=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        reason=_reason(checked, receiving.refuse),
    )
    data = receipts.encode(receipt)
    if signer is not None:
        _write(out.with_name(f"{out.name}.p7s"), signer.sign(data))
    _write(out, data)
    lines = [printable(one) for one in checked.found]
    lines.append(
        asked.words("transfer.whole" if checked.ok else "transfer.found", n=len(checked.found))
    )
    lines.append(asked.words("transfer.pinned" if checked.signer_pinned else "transfer.not_pinned"))
    lines.append(asked.words("transfer.receipt", out=out))
    document = {
        "ok": checked.ok,
        "found": list(checked.found),
        "code": receipt.code,
        "case": receipt.case,
        "transfer": receipt.transfer,
        "package": receipt.package,
        "pinned": checked.signer_pinned,
        "receipt": str(out),
        "result": "received" if receipt.reason is None else "refused",
    }
    return Answer(document=document, text="\n".join(lines), status=0 if checked.ok else _FINDINGS)


def _reason(checked: Checked, refuse: str | None) -> str | None:
    said = [refuse.strip()] if refuse and refuse.strip() else []
    text = "; ".join([*said, *checked.found])
    return text[: receipts.MOST_REASON] or None


def _made(made: Made) -> dict[str, Any]:
    return {
        "sent": made.out is not None,
        "out": None if made.out is None else str(made.out),
        "case": made.case.number,
        "code": made.code,
        "transfer": made.transfer,
        "package": made.package,
        "clips": made.clips,
        "documents": made.documents,
        "failed": [test.id for test in made.tests if test.result == "failed"],
        "tests": [
            {"test": test.id, "result": test.result, "found": list(test.found)}
            for test in made.tests
        ],
    }


def _test_line(asked: Asked, test: Test) -> str:
    result = RESULTS[test.result].of(asked.language)
    found = f": {'; '.join(printable(one) for one in test.found[:5])}" if test.found else ""
    return f"  {result}  {TESTS[test.id][1].of(asked.language)}{found}"


def _signer(receiving: Receiving) -> Signer | None:
    if receiving.key is None:
        if receiving.certificate is not None:
            raise WrongUsageError("--certificate goes with --sign-with")
        return None
    secret = os.environ.get(PASSPHRASE)
    return Signer(
        receiving.key, receiving.certificate, None if secret is None else os.fsencode(secret)
    )


def _roots(path: Path) -> list[x509.Certificate]:
    try:
        found = read_pem(_read(path), "root", path.name)
    except TokenError as e:
        raise WrongUsageError(e.reason) from e
    if not found:
        raise WrongUsageError(f"there is no certificate in {path.name}")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as e:
        raise WrongUsageError(f"{path.name} cannot be read: {e.strerror}") from e


def _check_free(out: Path) -> None:
    if out.exists() or not out.parent.is_dir():
        raise TransferPlaceError(f"{out} is there already, or its folder is not")


def _write(out: Path, data: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(data)
    except OSError as e:
        raise TransferPlaceError(f"{out} cannot be written: {e.strerror}") from e
