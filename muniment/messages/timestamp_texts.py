"""What is said of timestamps, in both languages, help text too."""

from __future__ import annotations

from typing import Final

TIMESTAMP_EN: Final = {
    "help.timestamp": "Timestamp the newest checkpoint now (RFC 3161), by every authority of the settings.",
    "timestamp.done": "{authority} says: {size} entries existed at {time}. Token: {token}",
    "timestamp.done_own": "{authority} (issued by this agency itself) says: {size} entries existed at {time}."
    " Token: {token}",
    "timestamp.unsynchronised": "  This machine's clock is not synchronised; the token says so.",
    "timestamp.unchecked": "  {detail}",
    "timestamp.apart": "  WARNING: {detail}. It was kept; put the clock right, and say so to whoever gets it.",
    "timestamp.refused": "{authority} gave no token: {reason}",
    "timestamp.none": "no timestamp authority answered; the archive goes on, and tries again by itself",
    "timestamp.nobody": "no timestamp authority is set up: set timestamps.embedded, or name one in"
    " [[timestamps.authority]]",
    "timestamp.no_outside_since": "No outside time since {since}: nobody outside this agency vouches for what came"
    " after.",
    "timestamp.no_outside_yet": "No outside time yet: no authority outside this agency has answered so far.",
    "timestamp.no_outside_configured": "No outside time: only this agency itself vouches for it. Name an outside"
    " authority in [[timestamps.authority]].",
    "doctor.timestamps": "time",
    "doctor.timestamps_ok": "outside time; newest {time}",
    "doctor.timestamps_none": "no timestamp yet: run `muniment timestamp`",
    "port.outside_time": "outside time",
    "port.no_outside_time": "NO OUTSIDE TIME since {since}",
    "port.no_outside_time_yet": "NO OUTSIDE TIME",
}

TIMESTAMP_ZH: Final = {
    "help.timestamp": "立即为最新检查点加盖时间戳(RFC 3161),由设置中的每个机构签发。",
    "timestamp.done": "{authority} 证明:{time} 时已有 {size} 条。时间戳:{token}",
    "timestamp.done_own": "{authority}(本机关自签)证明:{time} 时已有 {size} 条。时间戳:{token}",
    "timestamp.unsynchronised": "  本机时钟未同步,时间戳中已注明。",
    "timestamp.unchecked": "  {detail}",
    "timestamp.apart": "  警告:{detail}(与本机时钟相差超过十分钟,两者必有一错)。已保留;请校正时钟,并向接收人说明。",
    "timestamp.refused": "{authority} 未给出时间戳:{reason}",
    "timestamp.none": "稍后自动重试",
    "timestamp.nobody": "未设置时间戳机构:请开启 timestamps.embedded,或在 [[timestamps.authority]] 中填写一家",
    "timestamp.no_outside_since": "自 {since} 起没有外部时间:此后的内容无机关以外的机构作证。",
    "timestamp.no_outside_yet": "尚无外部时间:至今没有机关以外的机构应答。",
    "timestamp.no_outside_configured": "没有外部时间:仅由本机关自证。请在 [[timestamps.authority]] 中填写外部机构。",
    "doctor.timestamps": "时间",
    "doctor.timestamps_ok": "有外部时间;最新 {time}",
    "doctor.timestamps_none": "尚无时间戳:请运行 muniment timestamp",
    "port.outside_time": "有外部时间",
    "port.no_outside_time": "自 {since} 起无外部时间",
    "port.no_outside_time_yet": "无外部时间",
}
