"""What a verifier says around its findings, in English and in Chinese: steps, verdicts, limits, help. Words only."""

from __future__ import annotations

FRAMING = {
    "check.bag": (
        "Every file against its list ({files} files)",
        "逐个核对文件与清单（{files} 个文件）",
    ),
    "check.clip": ("{path}: original, renditions, history", "{path}：原始文件、衍生件、流转记录"),
    "check.keys": ("Keys of the ledger, signatures of checkpoints", "存证日志密钥与检查点签名"),
    "check.links": ("Entries follow each other", "条目前后衔接"),
    "check.older": (
        "Earlier checkpoints are of the same ledger",
        "较早的检查点属于同一存证日志",
    ),
    "check.package": ("package.json", "package.json"),
    "check.places": ("Nothing is here that has no place", "没有多余或缺失的内容"),
    "check.proofs": (
        "Every entry is in the signed ledger ({entries} entries)",
        "每个条目都在已签名的存证日志中（{entries} 个）",
    ),
    "check.roots": ("The root certificates that you gave", "您给出的根证书"),
    "check.seal": (
        "The list of files is the one sealed in the ledger",
        "文件清单与存证日志中的封存记录一致",
    ),
    "check.stamp": ("Timestamp by {authority}", "时间戳：{authority}"),
    "check.stamp_own": ("Timestamp, issued by this agency itself", "时间戳（本机关自签）"),
    "check.tags": ("Proofs and tag files are complete", "证明文件与附属文件齐全"),
    "check.text": ("Entries and texts are whole", "条目与文字内容完整"),
    "check.times": ("Times of the timestamps fit", "各时间戳的时间相符"),
    "check.witnesses": ("Witnesses", "见证方"),
    "check.zip": ("One bag, nothing that leads outside", "只含一个包，没有指向外部的内容"),
    "help.json": ("print one JSON document", "输出一个 JSON 文档"),
    "help.lang": ("language", "语言"),
    "help.package": (
        "the package's zip or folder; without it, the folder of this file",
        "证据包（zip 或文件夹）；省略时为本文件所在文件夹",
    ),
    "help.tsa_ca": (
        "root certificate of a timestamp authority that you trust, from elsewhere; may be repeated",
        "您从其他途径取得并信任的时间戳根证书；可重复",
    ),
    "help.vkey": (
        "key of the ledger that you trust, from elsewhere; may be repeated",
        "您从其他途径取得并信任的存证日志密钥；可重复",
    ),
    "help.what": (
        "Checks an evidence package and says which file, entry or signature is wrong. "
        "Changes nothing, needs no network.",
        "检查证据包，指出哪个文件、条目或签名有误。不修改任何内容，无需联网。",
    ),
    "help.witness": (
        "key of a witness that you trust; may be repeated",
        "您信任的见证方密钥；可重复",
    ),
    "left.damaged": (
        "its original no longer equals its hash and was not handed out",
        "原始文件与其哈希不符，未移交",
    ),
    "left.disposed": ("it was lawfully disposed of", "已依法销毁"),
    "left.missing": ("its original is missing", "原始文件缺失"),
    "left.quarantined": ("it is quarantined", "已隔离"),
    "main.interrupted": (
        "Interrupted: nothing is said about the package.",
        "已中断：对证据包不作结论。",
    ),
    "main.memory": ("Not enough memory to check this package.", "内存不足，无法检查该证据包。"),
    "main.pin": ("What you gave cannot be read: {what}", "您给出的内容无法读取：{what}"),
    "main.unreadable": ("Cannot be read: {path}: {why}", "无法读取：{path}：{why}"),
    "not.asked": (
        "no timestamp over the package itself by {authority}: it was silent, or the token was taken out",
        "没有 {authority} 对证据包本身的时间戳：当时未应答，或时间戳已被取走",
    ),
    "not.authority": (
        "timestamps by {authority} do not lead to the root that you gave and were not counted",
        "{authority} 的时间戳无法追溯到您给出的根证书，未予采用",
    ),
    "not.case_words": (
        "the words of the report, the case's number and title and the time of making are the maker's, sealed; "
        "that these are all clips of the case, and that no clip has entries after the last one here",
        "报告文字、案号与名称、制作时间均为制作者所述，已封存；"
        "此处是否为案件的全部原始文件，以及各原始文件在最后一个条目之后是否另有条目",
    ),
    "not.clip_words": (
        "the words of the report, the case's number and title and the time of making are the maker's, sealed",
        "报告文字、案号与名称、制作时间均为制作者所述，已封存",
    ),
    "not.compromised": (
        "whose ledger this is: the key that you gave, or one after it, was retired as compromised "
        "and vouches for nobody; get the newest key from elsewhere",
        "存证日志属于谁：您给出的密钥或其后继因泄露而停用，不再为任何密钥作保；请从其他途径取得最新密钥",
    ),
    "not.heading": ("Not checked, or not shown by this:", "未检查，或本检查无法证明的："),
    "not.retired": (
        "up to where retired key {id} may be believed: no checkpoint here covers its retirement",
        "已停用的密钥 {id} 的有效范围：此处没有涵盖其停用记录的检查点",
    ),
    "not.revocation": (
        "whether the certificate of {authority} had been revoked: there is no list about it here",
        "{authority} 的证书是否已被吊销：包内没有相应的吊销数据",
    ),
    "not.roots": (
        "whether the timestamp authorities are who they say: no root was given (--tsa-ca)",
        "时间戳机构的真实身份：未给出根证书（--tsa-ca）",
    ),
    "not.signer": (
        "whose ledger this is: no key was given (--vkey); get it from elsewhere",
        "存证日志属于谁：未给出密钥（--vkey）；请从其他途径取得",
    ),
    "not.time": (
        "when this existed: there is no timestamp that holds",
        "何时已存在：没有有效的时间戳",
    ),
    "not.times_differ": (
        "which authority is right about when checkpoint {size} existed: they differ by more than 10 minutes",
        "各时间戳机构对检查点 {size} 的时间相差超过 10 分钟，孰是孰非未作判断",
    ),
    "not.world": (
        "that the recorder showed the world as it was, that its clock was right, who held the key, what came after; "
        "and this verifier is the word of whoever gave it to you: compare its SHA-256 with one from elsewhere",
        "记录仪所录是否属实、其时钟是否准确、密钥由谁掌握、此后发生何事；"
        "并且本工具只代表提供者：请将其 SHA-256 与其他途径取得的数值比对",
    ),
    "verdict.bad": ("NOT in order; things found wrong: {count}", "有问题：发现 {count} 处"),
    "verdict.followed": (
        "in order; signed by key {signer}, which followed word by word from the key {given} that you trust",
        "无误；签名密钥 {signer} 由您信任的密钥 {given} 逐级认可",
    ),
    "verdict.not_pinned": (
        "consistent with itself; signer not pinned",
        "前后一致；签名者未经核对",
    ),
    "verdict.ok": (
        "in order, and signed by the key that you trust",
        "无误，且由您信任的密钥签名",
    ),
    "verdict.signer_not_pinned": (
        "in order; signer not pinned",
        "无误；签名者未经核对",
    ),
}
