"""What is said of the ledger's keys, in both languages, help texts too."""

from __future__ import annotations

from typing import Final

KEYS_EN: Final = {
    "help.key": "The key that signs this archive's checkpoints.",
    "help.key.list": "Every key that ever signed, and until when it is believed.",
    "help.key.rotate": "Bring a new key into force; the old one signs it in; its file, or the one in the token,"
    " is destroyed.",
    "help.key.to_pkcs11": "The new key is in the token that muniment.toml names under [keys.pkcs11]",
    "help.key.retire": "Bring a new key into force because the old one is in wrong hands.",
    "help.key.compromised": "Somebody else may have the key: say so in the ledger",
    "help.key.reason": "What happened, for those who will ask",
    "help.key.protect": "Put the key's file under a passphrase, typed unseen or read from standard input.",
    "key.head": "key|since|state|believed up to entries|where",
    "key.in_force": "in force",
    "key.changed": "Key {old} has signed key {new} in.\nNew verifier key: {vkey}\n"
    "Save the keys folder again, and give the new line to your witnesses and to whoever pinned the old one.",
    "key.withdrawn": "Key {old} is no longer believed. Key {new} is in force.\nNew verifier key: {vkey}\n"
    "Save the keys folder again, give the new line to your witnesses and to whoever pinned the old one,"
    " and tell them why.",
    "key.destroyed": "The old key is destroyed here. Copies in backups are not: remove them there.",
    "key.left.hardware": "The old key {old} is still in the token: delete it there, with the token's own tools.",
    "key.left.credential": "The old key {old} is still in the systemd credential ledger.key: remove it there.",
    "key.rotated": "retired",
    "key.compromised": "in wrong hands",
    "key.place.file": "file, without a passphrase",
    "key.place.passphrase": "file, under a passphrase",
    "key.place.credential": "systemd credential",
    "key.place.hardware": "hardware token",
    "key.place.none": "not usable here now",
    "key.protected": "The key is under the passphrase now. Commands and services find it in MUNIMENT_KEY_PASSPHRASE,"
    " or in the systemd credential ledger-passphrase. Without it nothing can be recorded: keep it safe.",
    "key.say_compromised": "say --compromised when somebody else may have the key; for all else there is"
    " `muniment key rotate`",
    "key.differ": "the two passphrases differ",
}
KEYS_ZH: Final = {
    "help.key": "签署本归档库检查点的密钥。",
    "help.key.list": "列出所有签署过的密钥及其可信的截止处。",
    "help.key.rotate": "启用新密钥:由旧密钥签署引入,旧密钥若在文件或令牌中则随即销毁。",
    "help.key.to_pkcs11": "新密钥存于 muniment.toml 中 [keys.pkcs11] 所指的硬件令牌",
    "help.key.retire": "密钥落入他人之手时启用新密钥。",
    "help.key.compromised": "密钥可能已落入他人之手:记入日志",
    "help.key.reason": "发生了什么,供日后查问",
    "help.key.protect": "给密钥文件加口令;口令由键盘输入(不显示)或从标准输入读取。",
    "key.head": "密钥|启用时间|状态|可信至条目数|存放处",
    "key.in_force": "使用中",
    "key.changed": "密钥 {old} 已签署引入密钥 {new}。\n新的验证公钥:{vkey}\n"
    "请重新备份 keys 文件夹,并把新的一行交给见证方和所有留存旧公钥的人。",
    "key.withdrawn": "密钥 {old} 不再可信。密钥 {new} 已启用。\n新的验证公钥:{vkey}\n"
    "请重新备份 keys 文件夹,把新的一行交给见证方和所有留存旧公钥的人,并说明原因。",
    "key.destroyed": "此处的旧密钥已销毁;备份中的副本不会随之销毁,请在备份中删除。",
    "key.left.hardware": "旧密钥 {old} 仍在令牌中:请用令牌自带的工具删除。",
    "key.left.credential": "旧密钥 {old} 仍在 systemd 凭据 ledger.key 中:请在那里删除。",
    "key.rotated": "已停用",
    "key.compromised": "已落入他人之手",
    "key.place.file": "文件,无口令",
    "key.place.passphrase": "文件,有口令",
    "key.place.credential": "systemd 凭据",
    "key.place.hardware": "硬件令牌",
    "key.place.none": "此处目前不可用",
    "key.protected": "密钥已加口令。命令和服务从环境变量 MUNIMENT_KEY_PASSPHRASE 或 systemd 凭据 ledger-passphrase"
    " 取得口令。没有口令就无法记录任何内容,请妥善保管。",
    "key.say_compromised": "密钥可能已落入他人之手时请加 --compromised;其他情形请用 muniment key rotate",
    "key.differ": "两次输入的口令不同",
}
