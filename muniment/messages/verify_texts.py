"""What `verify` says around the sentences of archive/package/verifier/words.py, in both languages."""

from __future__ import annotations

from typing import Final

VERIFY_EN: Final = {
    "help.verify": "Check a package, without an archive: which file, entry or signature is wrong.",
    "help.verify.package": "The package: its zip, or its folder",
    "help.verify.vkey": "Key of the ledger that you trust; without it the signer is not pinned",
    "help.verify.tsa_ca": "Root certificate of a timestamp authority that you trust (PEM)",
    "help.verify.witness": "Key of a witness that has to have cosigned",
    "verify.bar": "checking",
    "verify.none": "there is no {path}",
    "verify.pin": "what is to be trusted cannot be read: {what}",
}

VERIFY_ZH: Final = {
    "help.verify": "核验证据包,无需归档库:指出哪个文件、条目或签名有误。",
    "help.verify.package": "证据包:zip 文件或文件夹",
    "help.verify.vkey": "您信任的日志密钥;不给则不核对签名者",
    "help.verify.tsa_ca": "您信任的时间戳根证书(PEM)",
    "help.verify.witness": "必须已见证的见证方密钥",
    "verify.bar": "核验",
    "verify.none": "没有 {path}",
    "verify.pin": "给出的密钥或证书无法读取:{what}",
}
