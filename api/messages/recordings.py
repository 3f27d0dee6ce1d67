"""The words for recordings: several clips that were recorded in one go."""

from __future__ import annotations

from typing import Final

RECORDINGS: Final[dict[str, tuple[str, str]]] = {
    "recording.title": ("录制", "Recording in parts"),
    "recording.parts": ("共 {parts} 段", "{parts} parts"),
    "recording.part": ("第 {part} 段 / 共 {parts} 段", "part {part} of {parts}"),
    "recording.part.of": (
        "本录制第 {part} 段，共 {parts} 段",
        "Part {part} of {parts} of a recording",
    ),
    "recording.lead": (
        "录制一次、由记录仪分成若干文件。这里只是连续播放，原始文件保持不变。",
        "Recorded in one go, and split into files by the recorder. They are only played one after the other here: the"
        " originals stay as they are.",
    ),
    "recording.axis": ("录制时间轴", "Place in the recording"),
    "recording.segments": ("分段", "Parts"),
    "recording.number": ("段", "Part"),
    "recording.file": ("原始文件", "Clip"),
    "recording.place": ("位置", "Place"),
    "recording.gap": ("与上一段的间隔", "Gap to the part before"),
    "recording.hidden": (
        "本段您无权调阅。需要时请向采集单位负责人申请。",
        "You may not see this part. If you need it, ask the head of the unit that collected it.",
    ),
    "recording.missing": (
        "按文件名编号，此前缺少 {count} 段，未入库。请检查记录仪或存储卡。",
        "By the numbers in the names, parts before this one are missing here: {count}."
        " Look on the recorder or its card.",
    ),
    "recording.gap.gap": (
        "间隔 {seconds} 秒（±{doubt} 秒，依据{by}）：超过 0.04 秒",
        "{seconds} s are missing (±{doubt} s, by {by}): more than 0.04 s",
    ),
    "recording.gap.overlap": (
        "重叠 {seconds} 秒（±{doubt} 秒，依据{by}）：超过 0.04 秒",
        "they overlap by {seconds} s (±{doubt} s, by {by}): more than 0.04 s",
    ),
    "recording.gap.not_proven": (
        "相隔 {seconds} 秒，但只能确认到 ±{doubt} 秒（依据{by}）：既未证明有间隔，也未证明连续",
        "{seconds} s apart, known to ±{doubt} s only (by {by}): neither a gap nor its absence is proven",
    ),
    "recording.gap.none": (
        "连续：间隔 {seconds} 秒（±{doubt} 秒，依据{by}）",
        "continuous: {seconds} s apart (±{doubt} s, by {by})",
    ),
    "recording.gap.unknown": (
        "无法得知：文件名和媒体时间都没有说明",
        "not known: neither the names nor the media tell",
    ),
    "recording.by.timestamps": ("媒体时间戳", "media time stamps"),
    "recording.by.timecode": ("时间码", "timecode"),
    "recording.by.gps": ("卫星时间", "satellite time"),
    "recording.by.names": ("文件名中的时间", "the times in the names"),
    "recording.by.container": ("文件内记录的时间", "the times in the files"),
    "recording.silent": (
        "前 {length} 只有画面没有声音（预录）。",
        "The first {length} have a picture and no sound (recorded before the event).",
    ),
    "recording.findings": ("发现 {count} 处间隔或重叠", "{count} gaps or overlaps found"),
    "recording.finding": ("发现 1 处间隔或重叠", "1 gap or overlap found"),
    "recording.absent": ("缺少 {count} 段", "Parts missing: {count}"),
    "recording.whole": ("未发现间隔或重叠", "No gap and no overlap found"),
    "recording.skip.hidden": (
        "第 {part} 段您无权调阅，已跳过。",
        "You may not see part {part}: skipped.",
    ),
    "recording.skip.cannot": (
        "第 {part} 段无法在浏览器中播放，已跳过。可打开该段下载原始文件。",
        "Part {part} cannot be played in the browser: skipped. Open it to download the original.",
    ),
    "recording.skip.gap": ("第 {part} 段之前{words}。", "Before part {part}: {words}."),
    "recording.skip.missing": (
        "第 {part} 段之前缺少 {count} 段。",
        "Missing before part {part}: {count} of the parts.",
    ),
    "recording.entry": (
        "哪些文件属于这次录制，记在存证日志第 {index} 条。",
        "Which clips belong to this recording is recorded in ledger entry {index}.",
    ),
    "recording.cannot": ("无法播放", "cannot be played"),
    "recording.nothing": (
        "没有可以播放的分段",
        "No part can be played",
    ),
    "recording.nothing.next": (
        "打开下面的分段查看原因，或下载原始文件。",
        "Open a part below to see why, or download its original.",
    ),
    "recording.now": ("正在播放第 {part} 段", "Playing part {part}"),
    "recording.next": ("下一段", "Next part"),
    "recording.previous": ("上一段", "Part before"),
}
