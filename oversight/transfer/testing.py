"""The tests of the four properties, each done on what lies in the folder and on what the ledger says of it.

What always holds: every test of model.TESTS has a result; what was found is named. Recordings are not decoded anew:
that a picture of them was made, after the bytes came in, is in the ledger, and the bytes are compared here.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from archive.casefiles.closing import signers
from archive.casefiles.errors import SignatureRefusedError
from archive.casefiles.signature import check
from archive.catalogue.rows import ClipRow
from archive.opening import Archive
from oversight.transfer import harmless
from oversight.transfer.dossier import Dossier, Record
from oversight.transfer.metadata import MOST, MetadataError, ReadRecord, missing, read
from oversight.transfer.model import (
    CATALOGUE,
    METADATA,
    PACKAGE,
    SIGNATURE,
    Test,
    not_applicable,
    tested,
)

_SHOWING: Final = frozenset(
    {"poster", "repair"}
)  # that one was made shows that a picture was decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the tests look at."""

    archive: Archive
    dossier: Dossier
    records: Sequence[Record]
    folder: Path
    verdict: dict[str, Any]  # of the package's verifier, the ledger's own keys being trusted
    package: dict[str, Any]  # its package.json
    documents: dict[str, str]  # SHA-256 of what was written, by document


def tests(evidence: Evidence) -> tuple[Test, ...]:
    """All of them. Raises OSError."""
    written = read_metadata(evidence.folder)
    return (
        *_authentic(evidence, written),
        *_integral(evidence, written),
        *_usable(evidence, written),
        *secure(evidence.folder),
        _encryption(evidence),
        holds_now(evidence.archive, evidence.dossier),
        no_scanner(),
    )


def read_metadata(folder: Path) -> list[ReadRecord] | None:
    """The metadata as they lie there; None: they cannot be read. Raises OSError."""
    try:
        with (folder / METADATA).open("rb") as file:
            return read(file.read(MOST + 1))
    except MetadataError:
        return None


def _authentic(evidence: Evidence, written: list[ReadRecord] | None) -> list[Test]:
    findings = [f"{f['code']} {f['where']}" for f in evidence.verdict["findings"]]
    clips = len(evidence.verdict["clips"])
    wrong = [c["clip"] for c in evidence.verdict["clips"] if not c["ok"]]
    wrong += [
        row.id for row in evidence.dossier.documents if evidence.documents.get(row.id) != row.sha256
    ]
    return [
        tested(
            "seal",
            findings,
            f"核验证据包:封签、{clips} 件的包含证明、检查点签名、时间戳",
            f"The package was verified: seal, proofs of {clips} clips, signatures, timestamps",
        ),
        tested(
            "content",
            wrong,
            f"重新计算 {clips} 件音像、{len(evidence.dossier.documents)} 件文书的 SHA-256 并与账本比对",
            f"SHA-256 of {clips} clips and {len(evidence.dossier.documents)} documents, anew, against the ledger",
        ),
        _signature(evidence),
        _agreeing(evidence.records, written),
    ]


def _signature(evidence: Evidence) -> Test:
    path = evidence.folder / SIGNATURE
    file = evidence.archive.catalogue.case_file(evidence.dossier.case.id)
    if not path.exists() or file is None or file.catalogued_at is None:
        return not_applicable(
            "signature", "结案时未签名", "The case was closed without a signature"
        )
    found = []
    try:
        check(
            path.read_bytes(),
            (evidence.folder / CATALOGUE).read_bytes(),
            moment=datetime.fromisoformat(file.catalogued_at),
            roots=signers(evidence.archive.root),
        )
    except SignatureRefusedError as e:
        found.append(str(e))
    return tested(
        "signature",
        found,
        "核验结案时对卷内目录的 CMS 签名",
        "The CMS signature over the volume catalogue, as of closing",
    )


def _agreeing(records: Sequence[Record], written: list[ReadRecord] | None) -> Test:
    said = {} if written is None else {record.id: record for record in written}
    wrong = [r.id for r in records if not _agrees(r, said.get(r.id))]
    wrong += sorted(said.keys() - {record.id for record in records})
    return tested(
        "metadata_true",
        wrong,
        f"{len(records)} 条元数据的校验值、大小、存放位置与目录和内容比对",
        f"Digest, size and place in {len(records)} records against catalogue and contents",
    )


def _agrees(record: Record, written: ReadRecord | None) -> bool:
    if written is None or written.kind != record.kind:
        return False
    size = None if record.size is None else str(record.size)
    said = (written.values.get("fixity"), written.values.get("extent"))
    same = said == (record.sha256, size) and written.values.get("archivalCode") == record.code
    return same and written.values.get("location") == record.location


def _integral(evidence: Evidence, written: list[ReadRecord] | None) -> list[Test]:
    wanted = [record for record in evidence.records if record.size is not None]
    here = [record for record in wanted if not record.disposed]
    packed = evidence.package["clips"]
    size = sum(int(clip["size"]) for clip in packed)
    size += sum(row.size for row in evidence.dossier.documents if row.id in evidence.documents)
    count = len(packed) + len(evidence.documents)
    expected = (len(here), sum(record.size or 0 for record in here))
    lost = [
        f"{left['clip']} {left['why']}"
        for left in evidence.package["left_out"]
        if left["why"] != "disposed"
    ]
    lost += [record.id for record in here if record.location is None]
    gone = len(wanted) - len(here)
    return [
        tested(
            "count",
            [] if (count, size) == expected else [f"{count}, {size}; {expected[0]}, {expected[1]}"],
            f"{count} 件,{size} 字节,与目录比对",
            f"{count} things of {size} bytes, against the catalogue",
        ),
        tested(
            "whole",
            lost,
            f"案件关联的全部音像与文书均在内;另有 {gone} 件已依法销毁,仅存记录",
            f"Every clip and document of the case; {gone} were lawfully disposed of, and only told of",
        ),
        _volume(evidence),
        tested(
            "elements",
            [METADATA] if written is None else missing(written),
            "每条记录的必备元素非空(见格式说明)",
            "The needed elements of each record are not empty (docs/formats/transfer.md)",
        ),
    ]


def _volume(evidence: Evidence) -> Test:
    path = evidence.folder / CATALOGUE
    if not path.exists():
        return not_applicable("volume", "结案时未成卷", "The case was closed without a catalogue")
    items = {item["id"]: item["sha256"] for item in json.loads(path.read_bytes())["items"]}
    here = {record.id: record.sha256 for record in evidence.records if record.kind != "case"}
    wrong = [id_ for id_ in sorted(items | here) if items.get(id_) != here.get(id_)]
    return tested(
        "volume",
        wrong,
        f"卷内目录 {len(items)} 项与实物逐项比对",
        f"{len(items)} items of the volume catalogue, one by one",
    )


def _usable(evidence: Evidence, written: list[ReadRecord] | None) -> list[Test]:
    clips = [clip for clip in evidence.dossier.clips if clip.disposed_at is None]
    closed = [clip.clip for clip in clips if not _opened(evidence.archive, clip)]
    documents = [
        row.id
        for row in evidence.dossier.documents
        if row.id in evidence.documents
        and not harmless.opens(
            evidence.folder / document_path(row.id, row.media_type), row.media_type
        )
    ]
    return [
        tested(
            "metadata_reads",
            [METADATA] if written is None else [],
            "metadata.xml 格式良好,无文档类型定义",
            "metadata.xml is well-formed, without a document type",
        ),
        tested(
            "recordings_open",
            closed,
            f"{len(clips)} 件:账本记载收取后已解析,视频已解出画面;字节与当时相同(见“内容”)",
            f"{len(clips)} clips: the ledger says that each was examined and a picture of each video decoded;"
            " the bytes are the same (see contents)",
        ),
        tested(
            "documents_open",
            documents,
            f"{len(evidence.documents)} 件文书的文件头或主体部件与其类型相符,未逐页显示",
            f"First bytes or main part of {len(evidence.documents)} documents are those of their type;"
            " no page was drawn",
        ),
    ]


def _opened(archive: Archive, clip: ClipRow) -> bool:
    if not clip.examined:
        return False
    made = {rendition.kind for rendition in archive.catalogue.renditions(clip.clip)}
    if clip.kind == "video":
        return bool(made & _SHOWING)
    return not clip.damaged and (clip.kind != "audio" or clip.audio is not None)


def secure(folder: Path) -> list[Test]:
    """Names and programs: what whoever receives it looks at too. Raises OSError."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in files]
    odd, programs = [name for name in names if harmless.is_bad_name(name)], []
    for path, name in zip(files, names, strict=True):
        if path.is_symlink() or harmless.is_program(harmless.head_of(path)):
            programs.append(name)
        elif name.startswith("documents/") and harmless.has_macros(path):
            programs.append(f"{name} (macros)")
    try:
        for name, head in harmless.members(folder / PACKAGE):
            if harmless.is_bad_name(name):
                odd.append(name)
            # The package's own verifiers, which its seal names, are programs.
            if "/data/" in name and harmless.is_program(head):
                programs.append(name)
    except zipfile.BadZipFile:
        odd.append(PACKAGE)
    looked = f"{len(names)} 个文件及证据包内全部成员"
    looked_en = f"{len(names)} files and every member of the package"
    return [
        tested("names", odd, looked, looked_en),
        tested(
            "programs",
            programs,
            f"{looked}的文件头,文书中的宏",
            f"First bytes of {looked_en}; macros",
        ),
    ]


def _encryption(evidence: Evidence) -> Test:
    found = [clip.clip for clip in evidence.dossier.clips if clip.protected]
    for row in evidence.dossier.documents:
        path = evidence.folder / document_path(row.id, row.media_type)
        if row.id in evidence.documents and harmless.is_encrypted(path, harmless.head_of(path)):
            found.append(row.id)
    return tested(
        "encryption",
        found,
        "音像样本是否加密(解析结果),PDF、OFD、Office 文书是否加密;2007 年以前的 Office 格式的打开密码未查",
        "Encrypted samples of recordings (as examined), encrypted PDF, OFD and office documents; passwords of"
        " office formats before 2007 were not looked for",
    )


def holds_now(archive: Archive, dossier: Dossier) -> Test:
    """Whether a hold keeps the case or a clip of it now."""
    catalogue, case = archive.catalogue, dossier.case.id
    found = {hold.id for hold in catalogue.holds_on(case) if hold.lifted_index is None}
    for clip in dossier.clips:
        found |= {hold.id for hold in catalogue.holding(clip.clip)}
    return tested("holds", sorted(found), "案件及各件的保全", "Holds on the case and its clips")


def no_scanner() -> Test:
    """Nothing here scans for malware, and the report says so."""
    return not_applicable(
        "malware",
        "本程序不含病毒扫描,由接收方执行",
        "No scanner is part of this: the receiver's does it",
    )


def document_path(document: str, media_type: str) -> str:
    """Where a document lies in the folder."""
    return f"documents/{document}{_ENDINGS.get(media_type, '.bin')}"


_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "application/ofd": ".ofd",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/heic": ".heic",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
