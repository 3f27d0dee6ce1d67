"""Every sentence that a verifier says, in English and in Chinese, and what each finding's code means."""

from __future__ import annotations

from archive.package.verifier.found import Sentence
from archive.package.verifier.framing import FRAMING

CODES = {
    "zip_unsafe": ("the zip is not one safe bag", "压缩包不安全或不完整"),
    "bag_malformed": ("the list of files is malformed", "文件清单格式有误"),
    "file_missing": ("a file is missing", "缺少文件"),
    "file_extra": ("a file that does not belong here", "多出文件"),
    "file_changed": ("the file was changed", "文件已被改动"),
    "seal_broken": ("the seal does not fit", "封存记录不符"),
    "verifier_differs": ("not the file that was sealed", "与封存时的文件不同"),
    "proof_wrong": ("not proven to be in the ledger", "无法证明在存证日志中"),
    "checkpoint_signature": ("the checkpoint is not signed as it must be", "检查点签名有误"),
    "key_history": ("the history of keys is broken", "密钥沿革有误"),
    "signer_not_pinned_key": (
        "signed by another key than the one you trust",
        "签名密钥不是您信任的密钥",
    ),
    "entry_malformed": ("an entry is malformed", "条目格式有误"),
    "chain_broken": ("an entry does not follow the one before it", "条目前后不衔接"),
    "subject_chain_broken": ("the history of a clip is not whole", "原始文件的流转记录不完整"),
    "text_changed": ("a text was changed", "文字内容已被改动"),
    "original_differs": ("not the original that was taken in", "不是当时接收的原始文件"),
    "package_differs": (
        "package.json says something else than the ledger",
        "package.json 与存证日志不一致",
    ),
    "timestamp_wrong": ("a timestamp does not hold", "时间戳无效"),
    "timestamp_chain": ("whoever stamped may not be believed", "时间戳证书不可信"),
    "timestamp_revoked": ("whoever stamped had been revoked", "时间戳证书已被吊销"),
    "cosignature_wrong": ("a witness's signature is wrong", "见证方签名有误"),
    "quorum_missing": ("too few witnesses", "见证方数量不足"),
    "witness_missing": ("a witness you trust is missing", "缺少您信任的见证方"),
}

SENTENCES = {
    **FRAMING,
    "bag.declaration": ("does not declare BagIt 1.0 in UTF-8", "没有声明 BagIt 1.0 和 UTF-8"),
    "bag.digest": (
        "has another digest for {path} than the file, which is right",
        "其中 {path} 的摘要有误，而该文件本身无误",
    ),
    "bag.line": ("line {line} is malformed", "第 {line} 行格式有误"),
    "bag.names": (
        "names {path}, which is not here and has no place here",
        "列出了不应存在的 {path}",
    ),
    "bag.not_named": ("does not name {path}", "没有列出 {path}"),
    "bag.oxum": ("has no one Payload-Oxum", "没有唯一的 Payload-Oxum"),
    "bag.payload": (
        "Payload-Oxum says {said}, there are {bytes} bytes in {files} files",
        "Payload-Oxum 为 {said}，实际为 {files} 个文件、{bytes} 字节",
    ),
    "bag.utf8": ("is not UTF-8", "不是 UTF-8 编码"),
    "chain.critical": (
        "certificate {serial} has a critical extension that is not understood",
        "证书 {serial} 含有无法理解的关键扩展",
    ),
    "chain.expired": (
        "certificate {serial} was not valid at the time that the token states",
        "在时间戳所示时间，证书 {serial} 不在有效期内",
    ),
    "chain.may_not_issue": (
        "certificate {serial} may not issue others",
        "证书 {serial} 无权签发证书",
    ),
    "chain.no_root": ("the certificate leads to no root", "证书无法追溯到根证书"),
    "chain.not_pinned": (
        "no token here leads to the root that you gave",
        "没有任何时间戳可追溯到您给出的根证书",
    ),
    "chain.prev": (
        "entry {index} does not name the entry before it",
        "条目 {index} 没有指向它的前一条目",
    ),
    "chain.purpose": (
        "the certificate is not one for timestamps alone (extended key usage critical and alone)",
        "该证书不是专用的时间戳证书（扩展密钥用途须为关键且唯一）",
    ),
    "chain.signature": ("a certificate's signature is wrong", "证书的签名有误"),
    "chain.stray": (
        "holds a certificate that is on no way to the root",
        "含有与追溯到根证书无关的证书",
    ),
    "chain.subject": (
        "entry {index} does not name the one before it about the same thing",
        "条目 {index} 没有指向同一对象的前一条目",
    ),
    "checkpoint.early": (
        "signed by a key before that key came in",
        "签名密钥在启用之前就已签名",
    ),
    "checkpoint.nobody": ("no key of the ledger signed it", "没有存证日志密钥的签名"),
    "checkpoint.old_key": (
        "signed by a key after a newer one had come in",
        "在新密钥启用之后仍由旧密钥签名",
    ),
    "checkpoint.origin": ("is another ledger's", "属于另一个存证日志"),
    "checkpoint.retired": (
        "key {id} signed it after it had been retired",
        "密钥 {id} 停用之后仍在签名",
    ),
    "checkpoint.wrong": ("the signature is wrong", "签名有误"),
    "clip.again": (
        "{clip} was not taken in exactly once, by the first entry about it",
        "{clip} 的接收条目不唯一，或不是第一个",
    ),
    "clip.end": (
        "the seal follows another entry about {clip} than the last one here: its history was cut",
        "封存记录之前的条目不是此处关于 {clip} 的最后一个：流转记录被截短",
    ),
    "clip.existed": (
        "{path} existed by {time}, says {authority}",
        "{path} 不晚于 {time} 已存在（{authority} 证明）",
    ),
    "clip.existed_own": (
        "{path} existed by {time}, issued by this agency itself ({authority})",
        "{path} 不晚于 {time} 已存在（本机关自签，{authority}）",
    ),
    "clip.gap": ("entries about {clip} are missing", "缺少关于 {clip} 的条目"),
    "clip.head": (
        "package.json names {said} entries about {clip} and which is the last; "
        "here are {found}, or another is the last",
        "package.json 称关于 {clip} 有 {said} 个条目并指明最后一个；此处有 {found} 个，或最后一个不同",
    ),
    "clip.left_out": (
        "{clip} is of this case and not in the package: {why}",
        "{clip} 属于本案但不在证据包内：{why}",
    ),
    "clip.original": (
        "the ledger says that the original has SHA-256 {digest}",
        "存证日志记载该原始文件的 SHA-256 为 {digest}",
    ),
    "clip.rendition": (
        "the ledger says that this rendition has SHA-256 {digest}",
        "存证日志记载该衍生件的 SHA-256 为 {digest}",
    ),
    "der.algorithm": ("names two different signature algorithms", "前后的签名算法不一致"),
    "der.bits": ("is not DER: a bit string", "不是有效的 DER：位串有误"),
    "der.boolean": ("is not DER: a yes or no", "不是有效的 DER：布尔值有误"),
    "der.integer": ("is not DER: a number", "不是有效的 DER：整数有误"),
    "der.kind": ("has another structure", "结构不符"),
    "der.length": ("is not DER: a length", "不是有效的 DER：长度有误"),
    "der.oid": ("is not DER: an identifier", "不是有效的 DER：标识符有误"),
    "der.point": ("has a key that is no point of its curve", "其中的公钥不在曲线上"),
    "der.short": ("is cut off", "内容被截断"),
    "der.tag": ("is not DER: a tag", "不是有效的 DER：标签有误"),
    "der.time": ("is not DER: a time", "不是有效的 DER：时间有误"),
    "der.trailing": ("has bytes left over", "有多余的字节"),
    "der.twice": ("has an extension twice", "同一扩展出现两次"),
    "entry.form": ("is no entry of this format", "不是本格式的条目"),
    "entry.line": ("line {line} is malformed", "第 {line} 行格式有误"),
    "entry.wrong": ("entry {index}: {why}", "条目 {index}：{why}"),
    "file.changed": (
        "its SHA-256 is not the one in {manifest}",
        "SHA-256 与 {manifest} 所列不符",
    ),
    "file.extra": ("{manifest} does not name it", "{manifest} 没有列出该文件"),
    "file.large": ("is larger than {most} bytes", "超过 {most} 字节"),
    "file.missing": ("is not here", "不在包内"),
    "file.no_place": ("a package has no such file", "证据包中不应有此文件"),
    "file.unreadable": ("cannot be read: {why}", "无法读取：{why}"),
    "json.deep": ("JSON nested too deep", "JSON 嵌套过深"),
    "json.form": ("is no JSON object", "不是 JSON 对象"),
    "json.number": ("has a number that is no plain integer: {text}", "含有非整数：{text}"),
    "json.twice": ("has a member twice", "同一成员出现两次"),
    "key.believed": (
        "key {id} was retired, and is to be believed beyond where the ledger was then",
        "密钥 {id} 已停用，但其有效范围超出停用时的存证日志",
    ),
    "key.no_entry": ("no entry says that key {id} came in", "没有条目记载密钥 {id} 的启用"),
    "key.no_word": (
        "key {id} came in without the signature of the key before it",
        "密钥 {id} 启用时没有前一密钥的签名",
    ),
    "key.not_first": (
        "key {id} is the oldest here, and says that there was one before it",
        "密钥 {id} 在此为最早，却声明之前另有密钥",
    ),
    "key.not_retired": (
        "no entry retires key {id}, which has a successor",
        "密钥 {id} 已有后继，却没有停用记录",
    ),
    "key.not_pinned": (
        "the checkpoint was signed by no key that you gave, nor by one that such a key vouched for",
        "检查点既不是由您给出的密钥签名，也不是由其认可的密钥签名",
    ),
    "note.base64": ("base64 in another than its one spelling", "base64 写法不规范"),
    "note.checkpoint": ("is no checkpoint", "不是检查点"),
    "note.form": ("is no signed note", "不是签名文本"),
    "note.long": ("is longer than a note may be", "签名文本过长"),
    "note.number": ("has a number that is no plain decimal", "数字写法不规范"),
    "note.utf8": ("is not UTF-8", "不是 UTF-8 编码"),
    "note.vkey": ("holds what is no verifier key", "含有无效的验证密钥"),
    "note.vkey_id": ("a key's id is another key's", "密钥标识与密钥不符"),
    "note.weak": ("a key that proves nothing (small order, or no point)", "无效的弱密钥"),
    "package.form": ("is not of this format", "格式不符"),
    "package.no_clip": ("no entry says that {clip} was taken in", "没有条目记载 {clip} 的接收"),
    "package.says": (
        "its {what} is not what the ledger says",
        "其中的 {what} 与日志记载不同",
    ),
    "pem.base64": ("holds what is no certificate", "含有无效的证书"),
    "pem.none": ("holds no certificate", "不含证书"),
    "pem.other": ("holds something that is no certificate", "含有证书以外的内容"),
    "proof.all_others": (
        "is not the checkpoint that the proofs end with",
        "不是各证明末尾的检查点",
    ),
    "proof.consistency": (
        "does not lead to the ledger of proofs/checkpoint: the earlier checkpoint is of another history",
        "无法导出 proofs/checkpoint 的存证日志：较早的检查点属于另一段历史",
    ),
    "proof.entry": (
        "entry {index} does not lead to the signed root: it, or its proof, was changed",
        "条目 {index} 无法导出已签名的根：条目或其证明已被改动",
    ),
    "proof.form": ("is no proof", "不是证明文件"),
    "proof.index": (
        "entry {index} in a ledger of {size}",
        "存证日志只有 {size} 个条目，却指向 {index}",
    ),
    "proof.other_checkpoint": (
        "ends with another checkpoint than the one beside it",
        "末尾的检查点与所附检查点不同",
    ),
    "proof.other_index": ("is about another entry: {index}", "针对的是另一条目：{index}"),
    "proof.root": (
        "does not lead from the entry to the checkpoint's root",
        "无法从条目导出检查点的根",
    ),
    "revoked.no_answer": ("is no answer to whether it was revoked", "不是有效的吊销查询应答"),
    "revoked.other": ("is about none of the certificates here", "与此处的证书无关"),
    "revoked.signature": (
        "the signature on the revocation data is wrong",
        "吊销数据的签名有误",
    ),
    "revoked.then": ("the certificate was revoked: {time}", "证书已于 {time} 被吊销"),
    "seal.cites": ("is not the checkpoint that package.made cites", "不是封存记录所引用的检查点"),
    "seal.counts": (
        "package.made says another number of files or bytes",
        "封存记录中的文件数或字节数不同",
    ),
    "seal.form": ("is not of this format", "格式不符"),
    "seal.manifest": (
        "package.made names another list of files: something in data/ was changed after the sealing",
        "封存记录所列的是另一份文件清单：data/ 中有内容在封存后被改动",
    ),
    "seal.other_tag": (
        "package.made names another SHA-256 for this file",
        "封存记录中该文件的 SHA-256 不同",
    ),
    "seal.tag": ("package.made does not name this file", "封存记录没有列出该文件"),
    "seal.type": ("is {type} and not package.made", "是 {type}，不是 package.made"),
    "text.extra": ("holds a row that no entry names", "含有没有条目引用的文字"),
    "text.missing": (
        "the text of entry {index} is not here, or was changed",
        "条目 {index} 的文字缺失或已被改动",
    ),
    "token.attributes": ("what the authority signed is incomplete", "时间戳机构签名的属性不完整"),
    "token.early": (
        "says a time before what it covers existed, or before an earlier timestamp",
        "所示时间早于其所证明内容的形成时间，或早于更早的时间戳",
    ),
    "token.entry": (
        "is not what the ledger's entry about this timestamp names",
        "与存证日志中该时间戳的记录不符",
    ),
    "token.hash": ("uses a hash that is not accepted", "使用了不被接受的摘要算法"),
    "token.imprint": ("is a timestamp over something else", "是针对其他内容的时间戳"),
    "token.kind": ("is no timestamp token", "不是时间戳"),
    "token.not_named": (
        "the authority did not sign which certificate it used",
        "时间戳机构没有签署所用证书",
    ),
    "token.other_signer": ("was signed by another certificate", "由另一证书签名"),
    "token.signature": ("the authority's signature is wrong", "时间戳机构的签名有误"),
    "token.signers": ("is not signed by one authority", "签名方不唯一"),
    "token.stray": (
        "holds a certificate that nobody known has issued",
        "含有来源不明的证书",
    ),
    "witness.missing": ("no valid cosignature of {vkey}", "没有 {vkey} 的有效见证签名"),
    "witness.quorum": (
        "{found} witnesses cosigned, {quorum} were asked for",
        "要求 {quorum} 个见证方，实际 {found} 个",
    ),
    "witness.wrong": ("the cosignature of {name} is wrong", "{name} 的见证签名有误"),
    "zip.bomb": ("grows beyond what it says, or beyond measure", "解压后超出声明的大小"),
    "zip.deflate": ("its packed bytes are damaged", "压缩数据已损坏"),
    "zip.directory": ("the zip's directory is malformed", "压缩包目录格式有误"),
    "zip.encrypted": ("is encrypted", "已加密"),
    "zip.extra": ("the zip has an extra field that is not known here", "压缩包中有未知的附加字段"),
    "zip.folders": ("lies beside the one folder of a package", "不在证据包唯一的文件夹内"),
    "zip.gap": (
        "bytes that belong to no file, or two files in the same bytes",
        "存在不属于任何文件的字节，或文件相互重叠",
    ),
    "zip.large": ("has more files than a package may have", "文件数量超出限制"),
    "zip.link": ("is a link or no plain file", "是链接或特殊文件"),
    "zip.local": (
        "is described differently in two places of the zip",
        "压缩包内两处对该文件的描述不一致",
    ),
    "zip.method": ("is packed in a way that is not allowed", "使用了不允许的压缩方式"),
    "zip.name": ("has a name that leads elsewhere or is not clear", "文件名指向别处或含义不明"),
    "zip.none": ("is no zip and no folder of a package", "不是 zip，也不是证据包文件夹"),
    "zip.prepended": (
        "the zip has bytes before its start or is cut off",
        "压缩包开头有多余字节，或内容被截断",
    ),
    "zip.truncated": (
        "the zip is cut off or has bytes after its end",
        "压缩包被截断，或末尾有多余字节",
    ),
    "zip.twice": ("stands in the zip twice", "在压缩包中出现两次"),
}


def say(sentence: Sentence, language: str) -> str:
    """A sentence in "zh" or, for anything else, in English."""
    texts = SENTENCES[sentence.key]
    values = {
        name: say(value, language) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    return texts[language == "zh"].format(**values)
