"""The words for a clip's media: what plays and why, damage, repairs, checks, facts, tracks, renditions."""

from __future__ import annotations

from typing import Final

_PLAYING: Final[dict[str, tuple[str, str]]] = {
    "plays.original": ("正在播放原始文件。", "This is the original, byte for byte."),
    "plays.stream": (
        "正在播放流式副本：画面与声音数据照原样重新封装，使浏览器能够播放和定位。原始文件未改动。",
        "This is a stream copy: the original's own packets in a form that browsers play and seek in. The original is"
        " unchanged.",
    ),
    "plays.proxy": (
        "正在播放代理文件：浏览器不能播放原始编码（{codec}），因此重新编码，逐帧时间不变。原始文件未改动。",
        "This is a proxy: browsers do not play the original's codec ({codec}), so it was encoded anew, every frame at"
        " its own time. The original is unchanged.",
    ),
    "plays.proxy-low": (
        "正在播放低码率代理文件：画面缩小、帧率降低。查看细节请用其他版本。",
        "This is the low-bit-rate proxy: smaller, with fewer frames. For details choose another.",
    ),
    "plays.repair": (
        "这是修复件，不是原始文件。原始文件按采集时的样子保存，未改动。",
        "This is the repaired rendition, not the original. The original is kept as it was taken in, unchanged.",
    ),
    "plays.poster": (
        "浏览器不能显示该照片格式，这里是由它制作的 JPEG。请下载原始文件查看全部细节。",
        "Browsers do not show this kind of photo: this is a JPEG made from it. Download the original for"
        " all its detail.",
    ),
    "plays.page": ("这里是文档首页的图像。", "This is a picture of the document's first page."),
    "plays.page.of": (
        "这里是文档首页的图像，共 {pages} 页。其余各页请下载原始文件查看。",
        "This is a picture of the first of {pages} pages. Download the original for the others.",
    ),
    "plays.choose": ("播放哪一个", "What to play"),
    "plays.choice.original": ("原始文件", "Original"),
    "plays.choice.stream": ("流式副本", "Stream copy"),
    "plays.choice.proxy": ("代理文件", "Proxy"),
    "plays.choice.proxy-low": ("低码率", "Low bit rate"),
    "plays.choice.repair": ("修复件", "Repaired"),
    "watch.encrypted": ("该文件已加密", "This file is encrypted"),
    "watch.encrypted.next": (
        "文件按原样保存，没有密钥无法播放。请下载后用执法记录仪厂家的软件打开。",
        "It is kept as it is and cannot be played without its key. Download it and open it with the recorder maker's"
        " own software.",
    ),
    "watch.waiting": ("正在准备播放", "Being made ready"),
    "watch.waiting.next": (
        "正在制作浏览器可播放的版本，完成后本页自动显示。原始文件随时可以下载。",
        "A form that browsers play is being made and appears here by itself. The original can be downloaded at"
        " any time.",
    ),
    "watch.unplayable": ("该文件无法播放", "This file cannot be played"),
    "watch.unplayable.next": (
        "损坏情况见下。文件按原样保存，可以下载。",
        "What is wrong with it is told below. It is kept as it is and can be downloaded.",
    ),
    "watch.ofd": ("OFD 版式文档", "OFD document"),
    "watch.ofd.next": (
        "请下载后用 OFD 阅读器打开。",
        "Download it and open it in an OFD reader.",
    ),
    "watch.timeline": ("播放位置", "Place in the film"),
    "watch.silence": ("安静", "quiet"),
    "watch.single": ("只有一个关键帧", "one key frame only"),
    "watch.reload": (
        "未能载入，请刷新页面。",
        "This could not be loaded. Reload the page.",
    ),
    "watch.broken": (
        "影像在 {at} 处损坏，浏览器到此为止。",
        "The film is damaged at {at}, and the browser stopped there.",
    ),
    "watch.broken.on": ("已从 {at} 继续。", "It went on at {at}."),
    "watch.broken.next": (
        "可改用其他版本（如修复件），或制作低码率代理文件（显示能解码的部分），或下载原始文件。",
        "Choose another form, such as the repaired one, have a low-bit-rate proxy made (it shows what decodes), or"
        " download the original.",
    ),
    "watch.frame": ("帧", "frame"),
}

_DAMAGE: Final[dict[str, tuple[str, str]]] = {
    "fault.no_index": (
        "记录仪没有写完这个文件：缺少索引，无法直接播放。录制中断电或电池耗尽时会这样",
        "The recorder never finished this file: its index is missing, so it does not play as it is, as when power fails"
        " while recording",
    ),
    "fault.empty": ("文件是空的（0 字节）。", "The file is empty (0 bytes)."),
    "fault.cut_off": ("文件末尾缺失", "The end of the file is missing"),
    "fault.zero_filled": (
        "文件中有一段只有零，没有内容",
        "A part of the file holds nothing but zeros",
    ),
    "fault.bad_tables": (
        "文件的索引与内容不符",
        "The file's tables and its media contradict each other",
    ),
    "fault.lost_packets": ("码流中缺少数据包", "Packets of the stream are missing"),
    "fault.undecodable": ("文件内容无法解码", "What is in the file cannot be decoded"),
    "fault.parser_timeout": (
        "检查该文件超时，已停止；文件按原样保存",
        "Looking into this file took too long and was stopped; it is kept as it is",
    ),
    "fault.parser_crashed": (
        "检查该文件时程序出错；文件按原样保存",
        "Looking into this file failed; it is kept as it is",
    ),
    "fault.bytes.missing": ("缺少字节 {begin}–{end}（{size}）", "bytes {begin} to {end} ({size})"),
    "fault.bytes": ("字节 {begin}–{end}（{size}）", "bytes {begin} to {end} ({size})"),
    "fault.bytes.from": ("自字节 {begin} 起", "from byte {begin} on"),
    "fault.last": (
        "缺少最后 {seconds} 秒（{begin} 至 {end}）",
        "the last {seconds} s ({begin} to {end})",
    ),
    "fault.time": ("时间 {begin} 至 {end}", "time {begin} to {end}"),
    "fault.time.from": ("自 {begin} 起", "from {begin} on"),
    "fault.count": ("{count} 处", "{count} of them"),
    "fault.count.lost_packets": ("至少 {count} 个", "at least {count}"),
    "fault.pid": ("码流 {pid}", "stream {pid}"),
    "fault.sep": ("，", ", "),
    "fault.colon": ("：", ": "),
    "fault.stop": ("。", "."),
    "watch.damaged": ("文件有损坏", "The file is damaged"),
    "watch.damaged.kept": (
        "原始文件按采集时的样子封存，一个字节也没有改动。",
        "The original is sealed as it came from the recorder; not one byte of it was changed.",
    ),
    "watch.more_faults": ("其余 {count} 处", "{count} more"),
    "watch.go": ("跳到 {at}", "go to {at}"),
}

_REPAIR: Final[dict[str, tuple[str, str]]] = {
    "repair.title": ("修复件", "Repaired rendition"),
    "repair.partial": (
        "部分恢复，不是全部内容。",
        "Part of the recording was recovered, not all of it.",
    ),
    "repair.all_found": (
        "文件中的内容已全部恢复；是否还录制过更多内容，无从得知。",
        "Everything in the file was recovered; whether more was recorded is not known.",
    ),
    "repair.complete": (
        "没有缺失，每一帧都能解码。",
        "Nothing was lost, and every frame decodes.",
    ),
    "repair.recovered": ("恢复", "Recovered"),
    "repair.recovered.what": (
        "{seconds} 秒，{frames} 帧画面，{sound} 个声音帧，{bytes}",
        "{seconds} s, {frames} frames, {sound} frames of sound, {bytes}",
    ),
    "repair.lost": ("丢失", "Lost"),
    "repair.lost.time": ("{seconds} 秒", "{seconds} s"),
    "repair.lost.frames": ("{frames} 帧画面", "{frames} frames"),
    "repair.lost.bytes": ("文件中 {bytes} 数据", "{bytes} of the file's media"),
    "repair.lost.unknown": (
        "总共缺失多长时间无从得知",
        "how much time is missing altogether is not known",
    ),
    "repair.method": ("方法", "How"),
    "repair.verified": ("复核", "Checked"),
    "repair.verified.what": (
        "解码 {frames} 帧，{errors} 个错误",
        "{frames} frames decoded, {errors} errors",
    ),
    "repair.reference": ("参照的完好文件", "Healthy clip used"),
    "repair.ranges": ("原始文件中的字节范围", "Byte ranges of the original"),
    "repair.kept": ("已收入", "kept"),
    "repair.notes": ("说明", "Note"),
    "method.whole_samples": (
        "按文件自己的索引取出完整的帧",
        "whole frames, as the file's own index names them",
    ),
    "method.whole_fragments": (
        "按文件自己的索引取出完整的片段",
        "whole fragments, as the file's own index names them",
    ),
    "method.scanned_with_own_index": (
        "在数据中找出各帧，参数取自文件自己的索引",
        "frames found in the media, described by the file's own tables",
    ),
    "method.scanned_with_reference": (
        "在数据中找出各帧，参数取自同一执法记录仪的完好文件",
        "frames found in the media, described by a healthy clip of the same recorder",
    ),
    "method.scanned_with_own_parameters": (
        "在数据中找出各帧，参数取自码流本身",
        "frames found in the media, described by the stream itself",
    ),
    "method.whole_chunks": ("取出完整的 AVI 数据块", "whole chunks of the AVI"),
    "method.whole_packets": ("取出完整的传输流数据包", "whole packets of the transport stream"),
    "dropped.cut_off": ("末尾不在文件中", "its end is not in the file"),
    "dropped.zero_filled": ("只有零", "nothing but zeros"),
    "dropped.lost_packets": ("数据包丢失", "packets are lost"),
    "dropped.depends_on_lost": (
        "完整，但依赖已丢失的画面，无法解码",
        "whole, and cannot be decoded without a frame that is lost",
    ),
    "dropped.other_track": ("属于未重建的轨道", "of a track that is not rebuilt"),
    "dropped.unused": ("索引未指向", "named by no index"),
    "dropped.unknown": ("未能识别", "not known"),
    "note.assumed_rate": (
        "时间按该执法记录仪的通常帧率推算",
        "times are those that the recorder usually gives",
    ),
    "note.resumed_after_loss": (
        "缺失一段后又找到内容，该段长度不明",
        "media go on after a loss whose length is not known",
    ),
    "note.clock_restarted": (
        "码流时钟中途重新开始，其后的时间接续计算，间隔不明",
        "the stream's clock starts anew: times go on from there, the pause is not known",
    ),
    "note.sound_not_identified": ("未能识别声音", "the sound was not found"),
    "note.ranges_shortened": ("字节范围过多，未全部列出", "more byte ranges than are listed"),
}

_CHECKS: Final[dict[str, tuple[str, str]]] = {
    "check.title": ("画面与声音检查", "Picture and sound"),
    "check.advice": (
        "程序的提示，供参考，不是结论。请自行查看。",
        "Hints by a program: advice, never a verdict. Look for yourself.",
    ),
    "check.none": ("未发现需要提示的情况。", "Nothing to point out."),
    "finding.covered": ("镜头被遮挡", "lens covered"),
    "finding.black": ("画面全黑", "black picture"),
    "finding.dark": ("画面过暗", "too dark"),
    "finding.frozen": ("画面静止", "picture stands still"),
    "finding.blurred": ("画面模糊", "blurred"),
    "finding.silent": ("没有声音", "silent"),
    "finding.clipped": ("声音过载", "sound overloaded"),
    "finding.clock_differs": (
        "画面中的时间与文件时间不一致",
        "the clock in the picture differs from the clip's",
    ),
}

_FACTS: Final[dict[str, tuple[str, str]]] = {
    "facts.frames": ("帧", "Frames"),
    "facts.frames.keys": ("{count}（关键帧 {keys}）", "{count} ({keys} key frames)"),
    "facts.digest": ("各帧时间摘要", "Digest of frame times"),
    "facts.declared": ("声明时长", "Declared length"),
    "facts.measured": ("实测时长", "Measured length"),
    "facts.variable": (
        "可变帧率：每帧 {shortest}–{longest} 毫秒",
        "variable rate: a frame lasts {shortest} to {longest} ms",
    ),
    "facts.offset": ("声音相对画面", "Sound against picture"),
    "facts.offset.late": ("晚 {ms} 毫秒开始", "begins {ms} ms later"),
    "facts.offset.early": ("早 {ms} 毫秒开始", "begins {ms} ms earlier"),
    "facts.rotation": ("旋转", "Rotation"),
    "facts.rotation.what": ("顺时针 {degrees}°", "{degrees}° clockwise"),
    "facts.depth": ("{bits} 位", "{bits} bits"),
    "facts.interlaced": ("隔行", "interlaced"),
    "facts.streams": ("全部码流", "All streams"),
    "facts.packet": ("{count} 个数据包", "{count} packet"),
    "facts.packets": ("{count} 个数据包", "{count} packets"),
    "facts.device": ("设备信息", "Device"),
    "facts.location": ("位置", "Location"),
    "facts.telemetry": ("遥测数据", "Telemetry"),
    "watch.belongs_to": ("所属文件", "Belongs to"),
    "watch.sides": ("附属文件", "Recorded beside it"),
    "facts.pages": ("页数", "Pages"),
    "facts.document": ("完整媒体信息 (JSON)", "All media facts (JSON)"),
    "clocks.in_picture": ("画面时间", "In the picture"),
    "clocks.in_picture.at": ("在片中 {at} 处读到", "read at {at} of the clip"),
    "clocks.container": ("容器", "Container"),
    "clocks.stream": ("码流", "Stream"),
    "clocks.timecode": ("时间码", "Timecode"),
    "clocks.exif": ("EXIF", "EXIF"),
    "clocks.gps": ("卫星", "Satellite"),
}

_TRACK: Final[dict[str, tuple[str, str]]] = {
    "track.title": ("轨迹", "Track"),
    "track.point": ("拍摄位置", "Where it was recorded"),
    "track.label": (
        "轨迹图，北在上方，比例真实。点击轨迹跳到对应时刻。",
        "Plot of the track, north up, true to scale. Click it to go to that moment.",
    ),
    "track.start": ("起点", "start"),
    "track.end": ("终点", "end"),
    "track.north": ("北", "N"),
    "track.speed": ("速度", "Speed"),
    "track.positions": ("{count} 个位置", "{count} positions"),
    "track.unplaced": (
        "该轨迹的时间无法对应到影像，因此不随播放移动。",
        "The times of this track could not be placed in the film, so it does not move with it.",
    ),
    "track.from.gpmd": ("取自影像内的遥测数据", "from the telemetry in the film"),
    "track.from.subtitle": ("取自影像内的字幕", "from subtitles in the film"),
    "track.from.gpx": ("取自同时采集的 GPX 文件", "from a GPX file beside it"),
    "track.from.nmea": ("取自同时采集的 NMEA 文件", "from an NMEA file beside it"),
    "track.from.srt": ("取自同时采集的 SRT 文件", "from an SRT file beside it"),
    "track.from.location": ("取自文件中记录的位置", "from the location in the file"),
    "track.nearest": ("最近的记录位置", "Nearest position recorded"),
}

_RENDITIONS: Final[dict[str, tuple[str, str]]] = {
    "made.of.original": ("由原始文件制作", "made of the original"),
    "made.of.repair": ("由修复件 {digest} 制作", "made of the repaired file {digest}"),
    "made.with": ("另用", "With"),
    "made.how": ("命令和参数", "Command and parameters"),
    "made.entry": ("存证日志第 {index} 条", "ledger entry {index}"),
    "made.index": ("附带文件", "With it"),
    "made.download": ("下载", "Download"),
    "made.failed": ("无法制作", "could not be made"),
    "made.waiting": ("正在制作", "being made"),
    "made.waiting.next": ("完成后自动显示。", "It appears here by itself."),
    "made.unseen": ("尚未进行，即将开始。", "not yet; it comes next."),
    "made.later": (
        "将由采集站的处理服务制作；若久未出现，请管理员运行 muniment derive。",
        "The station makes it. If it does not come, have your administrator run `muniment derive`.",
    ),
    "made.ask.low": ("制作低码率代理文件", "Make a low-bit-rate proxy"),
    "made.ask.low.next": (
        "用于慢速网络：最大 640×360，每秒最多 15 帧。",
        "For slow networks: at most 640 × 360, 15 frames a second.",
    ),
}

MEDIA: Final[dict[str, tuple[str, str]]] = {
    **_PLAYING,
    **_DAMAGE,
    **_REPAIR,
    **_CHECKS,
    **_FACTS,
    **_TRACK,
    **_RENDITIONS,
}
