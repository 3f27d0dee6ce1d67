"""Whoever receives a transfer: what in it has to say the same, and strangers' folders, which never stop the check."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from archive import canonical
from archive.casefiles.signing import Signer
from archive.opening import open_archive
from oversight.transfer.checking import check_folder
from oversight.transfer.errors import TransferFolderError
from oversight.transfer.folder import listed, package_json
from oversight.transfer.making import Sending, make
from oversight.transfer.receipts import Receipt, encode
from tests.unit.oversight.files.certificates import certificate, write
from tests.unit.oversight.files.office import ACTOR

REPORT = "四性检测.json"


@pytest.fixture(scope="session")
def sent(prepared: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transfer that nothing is wrong with."""
    root, number = prepared
    folder = tmp_path_factory.mktemp("sent")
    shutil.copytree(root, folder / "root")
    with open_archive(folder / "root", write=True) as archive:
        make(archive, Sending(number=number, to="馆", fonds="J017"), folder / "out", actor=ACTOR)
    return folder / "out"


@pytest.fixture
def out(sent: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sent, tmp_path / "out"))


def found(out: Path, **head: str) -> tuple[str, ...]:
    """What is found, the list having been made to fit."""
    manifest = json.loads((out / "transfer.json").read_bytes()) | head
    manifest["files"] = listed(out)
    (out / "transfer.json").write_bytes(canonical.encode(manifest))
    return check_folder(out).found


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text("utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, "utf-8")


def test_a_transfer_of_another_case_than_its_package_is_found(out: Path) -> None:
    assert found(out) == ()
    case = json.loads((out / "transfer.json").read_bytes())["case"]
    for name in ("metadata.xml", REPORT, "transfer.json", "volume/catalogue.json"):
        edit(out / name, lambda text: text.replace(case, "case-" + "0" * 26))
    assert "package_differs case" in found(out)


def test_another_sender_or_number_than_the_package_says_is_found(out: Path) -> None:
    said = found(out, **{"from": "evil.test/archive", "number": "9"})
    assert said[:2] == ("package_differs number", "package_differs from")
    assert {"report_differs from", "volume_differs case"} <= set(said)


@pytest.mark.parametrize("kind", ["document", "clip"])
def test_an_extent_that_is_not_the_size_is_found(out: Path, kind: str) -> None:
    pattern = rf'(<record kind="{kind}".*?<extent[^>]*>)\d+'
    edit(out / "metadata.xml", lambda t: re.sub(pattern, r"\g<1>1", t, count=1, flags=re.DOTALL))
    (one,) = found(out)
    assert one.startswith(f"metadata_differs {'doc' if kind == 'document' else 'clip'}")


def test_a_clip_that_lies_elsewhere_and_one_that_is_there_twice_are_found(out: Path) -> None:
    edit(out / "metadata.xml", lambda t: t.replace("package.zip#", "elsewhere.zip#", 1))
    (one,) = found(out)
    assert one.startswith("metadata_differs clip")
    record = r'  <record kind="document".*?</record>\n'
    edit(
        out / "metadata.xml",
        lambda t: re.sub(record, lambda m: m[0] * 2, t, count=1, flags=re.DOTALL),
    )
    assert len(found(out)) == 3  # the volume catalogue has it once


def catalogue_of_nothing(out: Path) -> None:
    (out / "volume/catalogue.json").write_text("{}")


def catalogue_without_signature(out: Path) -> None:
    (out / "volume/catalogue.p7s").unlink()


def signature_of_nothing(out: Path) -> None:
    (out / "volume/catalogue.p7s").write_text("junk")


def catalogue_with_a_thing_less(out: Path) -> None:
    path = out / "volume/catalogue.json"
    said = json.loads(path.read_bytes())
    del said["items"][0]
    path.write_bytes(canonical.encode(said))
    key = ec.generate_private_key(ec.SECP256R1())
    pem = write(out.parent / "key.pem", key, certificate("某人", key))
    (out / "volume/catalogue.p7s").write_bytes(Signer(pem, None, None).sign(path.read_bytes()))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (catalogue_of_nothing, "volume_malformed"),
        (catalogue_without_signature, "volume_differs"),
        (signature_of_nothing, "volume_signature"),
        (catalogue_with_a_thing_less, "volume_differs"),
    ],
)
def test_a_volume_catalogue_that_is_not_as_it_was_signed_is_found(
    out: Path, change: Callable[[Path], None], code: str
) -> None:
    change(out)
    assert code in {one.split()[0] for one in found(out)}


def test_a_signed_catalogue_whose_bytes_changed_is_found(out: Path) -> None:
    edit(out / "volume/catalogue.json", lambda text: text.replace('"pages":', '"pages": '))
    (one,) = found(out)
    assert one.startswith("volume_signature")


def all_not_applicable(report: dict[str, Any]) -> None:
    for test in report["tests"]:
        test["result"] = "not_applicable"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (all_not_applicable, "report_failed seal"),
        (all_not_applicable, "report_failed volume"),  # there is one
        (lambda report: report.update(ok=False), "report_failed ok"),
        (lambda report: report.update(ok="yes"), "report_failed ok"),
        (lambda report: report.update(code="other"), "report_differs code"),
        (lambda report: report.update(to="other"), "report_differs to"),
        (lambda report: report.update(format="other"), "report_differs format"),
        (
            lambda report: report["tests"].insert(0, {"test": "seal", "result": "failed"}),
            "report_differs seal",
        ),
        (
            lambda report: report["tests"].insert(0, {"test": "seal", "result": "failed"}),
            "report_failed seal",
        ),
        (lambda report: report["tests"][0].update(result=[]), "report_failed seal"),
        (lambda report: report.update(tests=7), f"report_malformed {REPORT}"),
    ],
)
def test_a_report_that_does_not_say_that_all_passed_is_found(
    out: Path, change: Callable[[dict[str, Any]], None], code: str
) -> None:
    report = json.loads((out / REPORT).read_bytes())
    change(report)
    (out / REPORT).write_text(json.dumps(report), "utf-8")
    assert code in found(out)


def test_links_and_pipes_are_found_and_not_opened(out: Path) -> None:
    (out / "extra").symlink_to("/")
    (out / "more.txt").symlink_to("metadata.xml")
    os.mkfifo(out / "pipe")
    said = set(found(out))
    assert {"file_odd extra", "file_odd more.txt", "file_odd pipe"} <= said
    (out / "transfer.json").unlink()
    os.mkfifo(out / "transfer.json")
    with pytest.raises(TransferFolderError):
        check_folder(out)


def test_a_name_that_is_no_text_is_told_in_a_receipt(out: Path) -> None:
    with open(os.fsencode(out) + b"/\xff", "wb"):  # noqa: PTH123 - a path of bytes
        pass
    said = check_folder(out).found
    assert "file_extra \\udcff" in said
    receipt = Receipt(
        transfer="a" * 64,
        package="b" * 64,
        case="c",
        code="c",
        by="b",
        at="2026-01-01T00:00:00Z",
        reason="; ".join(said),
    )
    assert encode(receipt)


@pytest.mark.parametrize("text", ["\\ud800", "a" * 1001])
def test_a_code_that_no_receipt_can_say_is_none(out: Path, text: str) -> None:
    manifest = json.loads((out / "transfer.json").read_bytes()) | {"code": "CODE"}
    (out / "transfer.json").write_text(json.dumps(manifest).replace("CODE", text))
    with pytest.raises(TransferFolderError):
        check_folder(out)


def as_of_a_later_version(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[data.rfind(b"PK\x01\x02") + 6] = 99
    return bytes(changed)


def with_a_name_that_is_no_text(data: bytes) -> bytes:
    changed = bytearray(data)
    at = data.rfind(b"PK\x01\x02")
    changed[at + 9] |= 8  # says that names are UTF-8
    changed[at + 46] = 0xFF
    return bytes(changed)


def nested(data: bytes) -> bytes:
    return data.replace(b"x" * 200_000, b"[" * 200_000)


@pytest.mark.parametrize("change", [as_of_a_later_version, with_a_name_that_is_no_text, nested])
def test_a_package_of_a_stranger_never_stops_the_check(
    out: Path, change: Callable[[bytes], bytes]
) -> None:
    with zipfile.ZipFile(out / "package.zip", "w") as file:
        file.writestr("b/data/package.json", "x" * 200_000)
    (out / "package.zip").write_bytes(change((out / "package.zip").read_bytes()))
    assert any(one.startswith("package: ") for one in found(out))


def test_of_a_member_that_unpacks_without_end_no_more_is_read_than_a_list_may_have(
    tmp_path: Path,
) -> None:
    with (
        zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file,
        file.open("b/data/package.json", "w") as member,
    ):
        for _ in range(65):
            member.write(b" " * (1 << 20))
    with pytest.raises(ValueError, match="more than"):
        package_json(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["metadata.xml", REPORT, "volume/catalogue.json"])
def test_a_file_that_is_nested_too_deep_never_stops_the_check(out: Path, name: str) -> None:
    (out / name).write_bytes(b"[" * 200_000)
    assert found(out)
