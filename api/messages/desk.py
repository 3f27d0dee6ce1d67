"""The live desk's words."""

from __future__ import annotations

from typing import Final

DESK: Final[dict[str, tuple[str, str]]] = {
    "nav.station": ("采集站", "Station"),
    "desk.title": ("实时采集", "Live desk"),
    "desk.full_screen": ("全屏", "Full screen"),
    "desk.lost": (
        "与采集站的连接已中断，以下内容可能已过时。",
        "The station does not answer; what is below may be old.",
    ),
    "desk.again": ("重新加载", "Load again"),
    "desk.none": ("本程序不是采集站", "No station runs here"),
    "desk.none.next": (
        "这里只提供调阅页面。请在采集站上运行 muniment station。",
        "This process serves pages only. Run `muniment station` on the station.",
    ),
    "desk.watching": ("正在监视 USB 端口", "Watching the USB ports"),
    "desk.blind": ("未监视 USB 端口", "Not watching the USB ports"),
    "desk.witnesses": ("见证 {count}/{quorum}", "Witnesses {count}/{quorum}"),
    "desk.unwitnessed": (
        "自 {time} 起，最新检查点未获足够的见证签名；采集照常进行，恢复后自动补签。",
        "Since {time} the newest checkpoint lacks cosignatures. Docking goes on; they are asked again by itself.",
    ),
    "desk.outside_time": ("有外部时间", "Outside time"),
    "desk.no_time": ("无外部时间", "No outside time"),
    "desk.no_time_since": (
        "自 {time} 起没有外部时间：此后的时间戳仅由本机关自签。采集照常进行，恢复后自动补盖。",
        "No outside time since {time}: timestamps after it are issued by this agency itself. Docking goes on; "
        "outside authorities are asked again by themselves.",
    ),
    "desk.no_time_yet": (
        "尚无外部时间：机关以外的时间戳机构至今没有应答。采集照常进行，恢复后自动补盖。",
        "No outside time yet: no authority outside this agency has answered. Docking goes on; they are asked again "
        "by themselves.",
    ),
    "desk.no_time_own": (
        "时间戳仅由本机关自签，没有外部时间。设置中可填写外部时间戳机构。",
        "Timestamps are issued by this agency itself; nobody outside vouches for the time. "
        "An outside authority can be named in the settings.",
    ),
    "desk.unsynchronised": (
        "本机时钟未同步，时间戳中已注明。",
        "This machine's clock is not synchronised; the timestamps say so.",
    ),
    "desk.free": ("剩余空间", "Free"),
    "desk.days": ("约够 {days} 天", "enough for {days} days"),
    "desk.empty": ("没有插入记录仪", "No recorder is plugged in"),
    "desk.empty.next": (
        "插入执法记录仪后自动开始采集，两秒内显示在这里。",
        "Plug in a recorder: it is shown here within two seconds and docked by itself.",
    ),
    "desk.port": ("端口", "Port"),
    "desk.unknown": ("未知设备", "Unknown device"),
    "desk.officer": ("警号", "Badge"),
    "desk.no_officer": ("未分配人员", "Nobody assigned"),
    "desk.left": ("剩余 {time}", "{time} left"),
    "desk.clips": ("{done} / {all} 个文件", "{done} / {all} clips"),
    "desk.may_unplug": ("可以拔出", "May be unplugged"),
    "desk.receipt": ("回执：", "Receipt:"),
    "desk.taken": ("{new} 个新文件，{size}", "{new} new clips, {size}"),
    "desk.refused": ("{count} 个未采集", "{count} not taken"),
    "desk.late": ("{count} 个超过 24 小时", "{count} later than 24 h"),
    "desk.battery": ("电量 {percent}%", "Battery {percent} %"),
    "desk.slow": ("时钟慢 {seconds} 秒", "Clock {seconds} s slow"),
    "desk.fast": ("时钟快 {seconds} 秒", "Clock {seconds} s fast"),
    "desk.arrivals": ("最近回执", "Last receipts"),
    "desk.no_arrivals": ("本次启动以来还没有回执。", "No receipt since the station was started."),
    "desk.time": ("时间", "Time"),
    "desk.recorder": ("设备", "Recorder"),
    "desk.new": ("新文件", "New clips"),
    "desk.size": ("大小", "Size"),
    "desk.not_taken": ("未采集", "Not taken"),
    "desk.late_head": ("超时", "Late"),
    "desk.docking": ("接入编号", "Docking"),
    "desk.not_whole": ("未完成", "Ended early"),
    "desk.state.new": ("已插入", "Plugged in"),
    "desk.state.checking": ("检查中", "Checking"),
    "desk.state.waiting": ("等待", "Waiting"),
    "desk.state.copying": ("采集中", "Copying"),
    "desk.state.receipt": ("出回执", "Making the receipt"),
    "desk.state.verifying": ("回读核对", "Reading back"),
    "desk.state.erasing": ("清除中", "Erasing"),
    "desk.state.done": ("完成", "Done"),
    "desk.state.refused": ("已拒绝", "Refused"),
    "desk.state.quarantined": ("已隔离", "Quarantine"),
    "desk.state.gone": ("已拔出", "Unplugged"),
    "desk.state.failed": ("失败", "Failed"),
    "desk.transport.folder": ("文件夹", "Folder"),
    "desk.transport.mass_storage": ("U 盘模式", "Mass storage"),
    "desk.transport.mtp": ("MTP", "MTP"),
    "desk.transport.ptp": ("PTP", "PTP"),
    "desk.transport.gat947": ("GA/T 947", "GA/T 947"),
}
