"""What a transfer says of itself: tests with their results, and which files it has. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from archive.tables import Words

Property = Literal["authenticity", "integrity", "usability", "security"]
Result = Literal["passed", "failed", "not_applicable"]

# Names of files in the folder.
PACKAGE: Final = "package.zip"
METADATA: Final = "metadata.xml"
REPORT: Final = "四性检测.json"
PAGE: Final = "report.html"
MANIFEST: Final = "transfer.json"
CATALOGUE: Final = "volume/catalogue.json"
SIGNATURE: Final = "volume/catalogue.p7s"
DOCUMENTS: Final = "documents"
FORMAT: Final = "muniment-transfer-1"
REPORT_FORMAT: Final = "muniment-four-properties-1"

PROPERTIES: Final[dict[Property, Words]] = {
    "authenticity": Words(zh="真实性", en="Authenticity"),
    "integrity": Words(zh="完整性", en="Integrity"),
    "usability": Words(zh="可用性", en="Usability"),
    "security": Words(zh="安全性", en="Security"),
}
RESULTS: Final[dict[Result, Words]] = {
    "passed": Words(zh="通过", en="passed"),
    "failed": Words(zh="未通过", en="failed"),
    "not_applicable": Words(zh="不适用", en="not applicable"),
}
TESTS: Final[dict[str, tuple[Property, Words]]] = {
    "seal": (
        "authenticity",
        Words(zh="证据包封签、账本证明与签名", en="Seal, ledger proofs, signatures"),
    ),
    "content": (
        "authenticity",
        Words(zh="内容与账本记载一致", en="Contents are what the ledger says"),
    ),
    "signature": ("authenticity", Words(zh="卷内目录签名", en="Signature of the volume catalogue")),
    "metadata_true": (
        "authenticity",
        Words(zh="元数据与内容一致", en="Metadata agree with the contents"),
    ),
    "count": ("integrity", Words(zh="件数与字节数", en="Number and bytes")),
    "whole": ("integrity", Words(zh="案件所属内容齐全", en="All that the case holds is there")),
    "volume": ("integrity", Words(zh="卷内目录与实物相符", en="The volume catalogue agrees")),
    "elements": ("integrity", Words(zh="必备元数据齐全", en="Needed metadata are there")),
    "metadata_reads": ("usability", Words(zh="元数据可读", en="Metadata can be read")),
    "recordings_open": (
        "usability",
        Words(zh="音像文件可打开、可解码", en="Recordings open and decode"),
    ),
    "documents_open": ("usability", Words(zh="文书可打开", en="Documents open")),
    "names": ("security", Words(zh="文件名安全", en="Names are harmless")),
    "programs": ("security", Words(zh="不含可执行程序", en="No program is in it")),
    "encryption": ("security", Words(zh="未加密", en="Nothing is encrypted")),
    "holds": ("security", Words(zh="无保全冻结", en="No hold")),
    "malware": ("security", Words(zh="病毒检测", en="Scan for malware")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test: its result, and what was looked at."""

    __test__ = False  # no test of pytest's

    id: str  # one of TESTS
    result: Result
    looked: Words
    found: tuple[str, ...] = ()  # what is wrong, each by its id or file


def tested(id_: str, found: list[str], zh: str, en: str) -> Test:
    """Passed where nothing was found."""
    result: Result = "failed" if found else "passed"
    return Test(id=id_, result=result, looked=Words(zh=zh, en=en), found=tuple(found[:50]))


def not_applicable(id_: str, zh: str, en: str) -> Test:
    """There was nothing that it could look at."""
    return Test(id=id_, result="not_applicable", looked=Words(zh=zh, en=en))
