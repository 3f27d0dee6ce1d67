"""The report's sentences, each in Chinese and English. A page shows both: there is no choosing here."""

from __future__ import annotations

from typing import Final

Pair = tuple[str, str]

OWN: Final[Pair] = ("本机关自签", "issued by this agency itself")
UNSYNCHRONISED: Final[Pair] = ("时钟未同步", "clock not synchronised")
WORDS: Final[dict[str, Pair]] = {
    "title": ("证据包报告", "Evidence package report"),
    "what": ("这是什么", "What is this"),
    "whole": ("是否完整", "Is it whole"),
    "since": ("最迟何时已存在", "Since when, provably"),
    "who": ("经过谁的手", "Who had it"),
    "timeline": ("流转记录", "Timeline"),
    "proofs": ("证明材料（供专业人员）", "Proofs, for experts"),
    "case": ("案号", "Case"),
    "clip": ("原始文件", "Clip"),
    "case_title": ("案由", "Title"),
    "concerns": ("当事人", "Subject"),
    "place": ("地点", "Place"),
    "made": ("制作时间", "Made"),
    "origin": ("存证日志", "Ledger"),
    "package": ("证据包", "Package"),
    "clips": ("原始文件", "Originals"),
    "file": ("文件", "File"),
    "size": ("字节数", "Bytes"),
    "start": ("录制开始", "Recorded from"),
    "recorder": ("记录仪", "Recorder"),
    "officer": ("执法人员", "Officer"),
    "unit": ("单位", "Unit"),
    "ingested": ("入库", "Came in"),
    "verified": ("回读核验", "Read back"),
    "renditions": ("衍生件", "Renditions"),
    "time": ("时间", "Time"),
    "event": ("事件", "Event"),
    "actor": ("何人", "Who"),
    "handled": ("经手", "Handled by"),
    "docked_by": ("由{zh}接入", "docked by {en}"),
    "detail": ("说明", "Detail"),
    "entry": ("条目", "Entry"),
    "authority": ("时间戳机构", "Authority"),
    "covers": ("覆盖条目", "Entries covered"),
    "dates": ("证明文件数", "Clips dated"),
    "existed": ("最迟存在于", "Existed by"),
    "left_out": ("未交付", "Not handed out"),
    "why": ("原因", "Why"),
    "key": ("日志公钥", "Ledger key"),
    "sha256": ("SHA-256 摘要", "SHA-256"),
    "path": ("包内路径", "Path in the package"),
    "folder": ("包内文件夹", "Folder in the package"),
    "root": ("树根", "Root"),
    "entries": ("条目数", "Entries"),
    "witnesses": ("见证方", "Witnesses"),
    "unknown": ("不详", "unknown"),
    "none": ("无", "none"),
    "why.quarantined": ("隔离中，尚无人接收", "quarantined; nobody has accepted it yet"),
    "why.damaged": ("与其哈希不符，未移交", "no longer equals its hash; not handed out"),
    "why.missing": ("库中已缺失", "missing from the archive"),
    "why.disposed": ("已依法销毁", "lawfully disposed of"),
    "what_text": (
        "{count} 个执法记录仪原始文件，逐字节与入库时相同，连同其全部流转记录和证明。",
        "{count} original files of body-worn recorders, byte for byte as they came in, with their whole history and "
        "its proofs.",
    ),
    "whole_text": (
        "制作本包时，每个原始文件都从库中重新读出并计算 SHA-256，与入库时记入日志的摘要一致。"
        "流转记录共 {events} 条，逐条相扣，取自共 {size} 条的签名日志。是否仍然完整，请用包内的 verify.html 核验。",
        "While this package was made, every original was read from the store again and its SHA-256 is the one that the "
        "ledger took down when it came in. Its {events} custody events form an unbroken chain in a signed ledger of "
        "{size} entries. Whether it is whole now, verify.html in this package tells.",
    ),
    "damaged_text": (
        "注：{count} 个文件在录制时即有缺损（例如被截断），原样保存。",
        "Note: {count} of the files were incomplete as recordings (cut off, for example) when they came; they are kept "
        "as they were.",
    ),
    "since_none": (
        "尚无时间戳证明其存在时间；只有采集站自己的时钟。",
        "No timestamp dates it yet; there is only the station's own clock.",
    ),
    "since_text": (
        "以下时间之前文件已存在：由时间戳机构对日志签名得出。标注“本机关自签”的，只是本机关自己的说法。",
        "The files existed before these times: a timestamp authority signed the ledger then. Where it says “issued by "
        "this agency itself”, it is this agency's own word only.",
    ),
    "recorded_text": (
        "录制时间由记录仪声明，不由时间戳证明。",
        "Times of recording are the recorder's word; no timestamp proves them.",
    ),
    "corrected_text": (
        "录制时间由记录仪声明，不由时间戳证明；测得时钟偏差的，已按偏差修正。",
        "Times of recording are the recorder's word; no timestamp proves them. Where the error of its clock was "
        "measured, they are corrected by it.",
    ),
    "cited_text": (
        "本报告引用的检查点（日志名称、条目数、树根）；二维码内容即这三行。",
        "The checkpoint that this report cites (ledger, entries, root); the QR code holds these three lines.",
    ),
    "seal_text": (
        "本报告与全部交付文件的摘要由日志中的 package.made 条目封存，其证明在 proofs/ 文件夹，晚于本报告生成。",
        "This report and all that is handed out are sealed by the entry package.made of the ledger; its proofs are in "
        "the folder proofs/, which was made after this report.",
    ),
    "verifier_text": (
        "核验程序请另行取得：其摘要见软件发布说明和 package.made 条目。"
        "包内的核验程序只能说明“前后一致；签名者未经核对”。",
        "Get the verifier elsewhere: its digest is in the release notes of the software and in the entry package.made. "
        "The one in this package can only say “consistent with itself; signer not pinned”.",
    ),
    "not_shown": (
        "本包不能说明：记录仪所摄是否为事实全貌；记录仪时钟是否准确；制作之后发生的事；无见证方签名时，是否另有一份日志。",
        "This package cannot show: that the recorder showed the whole of what happened; that its clock was right; what "
        "happened after it was made; and, where no witness signed, that there is no second ledger.",
    ),
    "witnesses_text": (
        "见证方 {count} 个，须有 {quorum} 个签名",
        "Witnesses: {count}; signatures needed: {quorum}",
    ),
    "times": ("时间均为 {zone} 时区", "Times are in the zone {zone}"),
    "too_long": (
        "流转记录共 {events} 条，篇幅过长，见同一文件夹中的 report.html。",
        "There are {events} events, too many for this file: they are in report.html, in the same folder.",
    ),
    "source.name": ("取自文件名", "from the file name"),
    "source.container": ("取自媒体容器", "from the media container"),
    "source.modified": ("取自文件修改时间", "from the file's modification time"),
    "corrected": ("已修正 {seconds} 秒", "corrected by {seconds} s"),
}


def pair(key: str, **values: object) -> Pair:
    """Both languages of a sentence. Raises KeyError: our bug."""
    zh, en = WORDS[key]
    return (zh.format_map(values), en.format_map(values)) if values else (zh, en)
