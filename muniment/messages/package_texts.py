"""What `package` says, in both languages, help texts too."""

from __future__ import annotations

from typing import Final

PACKAGE_EN: Final = {
    "help.package": "Hand a case or a clip to a stranger: one zip with originals, history, proofs and verifiers.",
    "help.package.subject": "A case's number, or a clip's id",
    "help.package.out": "The zip to make; the name has to be free",
    "help.package.renditions": "Renditions to take along: kinds such as poster,proxy,repair; none; or all",
    "package.bar": "packing",
    "package.unknown": "there is no case {given}, and it is no clip's id",
    "package.done": "{out}: {size}, originals: {clips}.",
    "package.left_out": "Left out: {clip}: {why}",
    "package.disposed": "lawfully disposed of",
    "package.quarantined": "quarantined; accept it first (muniment worklist)",
    "package.damaged": "a finding on its original is open; put back a good copy and run `muniment audit --record`",
    "package.rendition_damaged": "{kind}: a finding on this rendition is open; the original is in the package",
    "package.missing": "its original is missing from the store; run `muniment audit`",
    "package.own": "this agency's own authority (issued by this agency itself)",
    "package.stamped": "Timestamped {time} by {authority}.",
    "package.not_stamped": "No timestamp from {authority}: {reason}",
    "package.cosigned": "Cosigned by {ok} witnesses ({quorum} needed).",
    "package.not_cosigned": "NOT cosigned: {ok} of {quorum} witnesses that are needed. Verifiers will say that"
    " witnesses are missing: make it again when they answer.",
    "package.alarm": "WARNING: DO NOT HAND IT OUT. A witness says that this ledger is not the one that it cosigned, or"
    " that it forgot it: keep everything, run `muniment audit`, and tell whoever oversees the archive.",
    "package.no_pdf": "Without a PDF of the report: this machine has no Chinese font (Debian package fonts-noto-cjk)."
    " The HTML report says the same.",
    "package.sealed": "Sealed by entry {entry} of the ledger. SHA-256 of the verifiers inside:",
    "package.next": "Check it: muniment verify {out}",
    "doctor.font": "Chinese font",
    "doctor.font_none": "none: packages have their report as HTML, without the PDF; Debian package {package} has one",
}

PACKAGE_ZH: Final = {
    "help.package": "把一个案件或原始文件交给外人:一个 zip,含原始文件、流转记录、证明和核验程序。",
    "help.package.subject": "案号,或原始文件编号",
    "help.package.out": "要制作的 zip 文件,名称须未被占用",
    "help.package.renditions": "附带的衍生件:如 poster,proxy,repair;none 为不带;all 为全部",
    "package.bar": "打包",
    "package.unknown": "没有案号 {given},它也不是原始文件编号",
    "package.done": "{out}:{size},原始文件 {clips} 个。",
    "package.left_out": "未交付:{clip}:{why}",
    "package.disposed": "已依法销毁",
    "package.quarantined": "隔离中,须先接收(muniment worklist)",
    "package.damaged": "其原始文件有未了结的核验发现;放回完好的副本后运行 muniment audit --record",
    "package.rendition_damaged": "{kind}:该衍生件有未了结的核验发现;原始文件已在包内",
    "package.missing": "原始文件在库中缺失,请运行 muniment audit",
    "package.own": "本机关自己的时间戳服务(本机关自签)",
    "package.stamped": "{authority} 于 {time} 加盖时间戳。",
    "package.not_stamped": "{authority} 未给出时间戳:{reason}",
    "package.cosigned": "{ok} 个见证方已签名(需 {quorum} 个)。",
    "package.not_cosigned": "尚未见证:需 {quorum} 个见证签名,已得 {ok} 个。"
    "核验程序会报告缺少见证签名:请待见证方恢复后重新制作。",
    "package.alarm": "警告:切勿交付此包。有见证方称本日志与其见证过的不一致,或已忘记此前的见证:"
    "请保全现状,运行 muniment audit,并通知监督部门。",
    "package.no_pdf": "没有 PDF 报告:本机没有中文字体(Debian 软件包 fonts-noto-cjk)。HTML 报告内容相同。",
    "package.sealed": "由存证日志第 {entry} 条封存。包内核验程序的 SHA-256:",
    "package.next": "核验:muniment verify {out}",
    "doctor.font": "中文字体",
    "doctor.font_none": "没有:证据包中的报告只有 HTML,没有 PDF;Debian 软件包 {package} 提供",
}
