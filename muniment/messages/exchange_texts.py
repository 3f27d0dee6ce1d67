"""What is said of exchange between levels, in both languages, help text too."""

from __future__ import annotations

from typing import Final

EXCHANGE_EN: Final = {
    "help.exchange": "Exchange (交换): signed messages to and from archives of other levels.",
    "help.exchange.send": "Send a case as it stands, or a package of it; or what waits.",
    "help.exchange.to": "To whom: the name of a peer in muniment.toml",
    "help.exchange.package": "A package of the case (`muniment package`), instead of its metadata",
    "help.exchange.waiting": "Send what waits and is due",
    "help.exchange.status": "What was sent, what waits and why; what was received.",
    "help.exchange.serve": "Take messages of peers, over TLS with client certificates.",
    "exchange.sent": "Acknowledged: message {message}… is entry {entry} of the peer's ledger.",
    "exchange.waiting": "{done} acknowledged, {waiting} wait.",
    "exchange.sent_head": "Sent",
    "exchange.received_head": "Received (of each case what holds)",
    "exchange.none": "None.",
    "exchange.waits": "waits",
    "exchange.done": "acknowledged",
    "exchange.sent_columns": "Message|Peer|Kind|Case|State|Entry, or why",
    "exchange.received_columns": "Message|Peer|Kind|Case|Revision|Entry",
}

EXCHANGE_ZH: Final = {
    "help.exchange": "交换:与其他层级归档库之间收发签名报文。",
    "help.exchange.send": "发送案件当前内容或其证据包;或发送待发报文。",
    "help.exchange.to": "收件方:muniment.toml 中的对端名称",
    "help.exchange.package": "发送该案件的证据包(`muniment package`),而非案件信息",
    "help.exchange.waiting": "发送已到重试时间的待发报文",
    "help.exchange.status": "已发送、待发及原因,已接收的内容。",
    "help.exchange.serve": "以 TLS 客户端证书接收对端报文。",
    "exchange.sent": "对方已签收:报文 {message}… 为对方日志第 {entry} 条。",
    "exchange.waiting": "已签收 {done} 件,待发 {waiting} 件。",
    "exchange.sent_head": "已发送",
    "exchange.received_head": "已接收(每案以最新版本为准)",
    "exchange.none": "无。",
    "exchange.waits": "待发",
    "exchange.done": "已签收",
    "exchange.sent_columns": "报文|对端|种类|案号|状态|签收条目或原因",
    "exchange.received_columns": "报文|对端|种类|案件|版本|条目",
}
