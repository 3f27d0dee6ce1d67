"""The sentences of `doctor` about recorders on USB and about what the settings ask for, in both languages."""

from __future__ import annotations

from typing import Final

DOCTOR_EN: Final = {
    "doctor.immutable": "immutable objects",
    "doctor.sealer_away": "the sealer at {path} does not answer; {n} objects wait: start muniment-sealer.service",
    "doctor.makers_library": "maker's library",
    "doctor.usb.head": "Recorders on USB (docked by a station; a centre needs none of this):",
    "doctor.usb.missing": "missing",
    "doctor.usb.fit": "This machine is fit for recorders on USB.",
    "doctor.usb.unfit": "This machine is not fit for recorders on USB: see above.",
    "doctor.usb.libusb": "libusb",
    "doctor.usb.libusb_no": "it does not load ({detail}): install Muniment again (libusb-package)",
    "doctor.usb.access": "access to USB",
    "doctor.usb.no_usb": "there is no {detail}: no USB here, or a container without its devices",
    "doctor.usb.access_no": "this user may not open {detail}: install the udev rule, join the group muniment,"
    " plug it in again",
    "doctor.usb.rule": "udev rule",
    "doctor.usb.rule_no": "{detail} is not installed: sudo sh packaging/install.sh",
    "doctor.usb.netlink": "hot plug",
    "doctor.usb.netlink_no": "the kernel does not tell us ({detail}): recorders are looked for once a second",
    "doctor.usb.mount": "mounting cards",
    "doctor.usb.mount_no": "it needs CAP_SYS_ADMIN (root, or the packaged service), or the Debian package udisks2",
    "doctor.usb.file_systems": "file systems",
    "doctor.usb.file_systems_no": "this kernel has no {detail}: cards with these are not read",
    "doctor.usb.desktop": "no desktop in the way",
    "doctor.usb.desktop_no": "{detail} opens recorders first: install the udev rule, or remove gvfs-backends",
}

DOCTOR_ZH: Final = {
    "doctor.immutable": "对象不可改属性",
    "doctor.sealer_away": "封存服务 {path} 无应答,{n} 个对象待封存:请启动 muniment-sealer.service",
    "doctor.makers_library": "厂商动态库",
    "doctor.usb.head": "USB 接入(采集站所需;仅作中心时不需要):",
    "doctor.usb.missing": "缺少",
    "doctor.usb.fit": "本机可用于 USB 接入。",
    "doctor.usb.unfit": "本机尚不能用于 USB 接入,见上。",
    "doctor.usb.libusb": "libusb",
    "doctor.usb.libusb_no": "无法加载({detail}):请重新安装 Muniment(libusb-package)",
    "doctor.usb.access": "USB 访问权限",
    "doctor.usb.no_usb": "没有 {detail}:本机无 USB,或容器未开放设备",
    "doctor.usb.access_no": "当前用户无权打开 {detail}:请安装 udev 规则,加入 muniment 组,然后重新插入",
    "doctor.usb.rule": "udev 规则",
    "doctor.usb.rule_no": "未安装 {detail}:sudo sh packaging/install.sh",
    "doctor.usb.netlink": "热插拔通知",
    "doctor.usb.netlink_no": "收不到内核通知({detail}):改为每秒查看一次",
    "doctor.usb.mount": "挂载存储卡",
    "doctor.usb.mount_no": "需要 CAP_SYS_ADMIN(root 或安装包的服务),或安装 Debian 软件包 udisks2",
    "doctor.usb.file_systems": "文件系统",
    "doctor.usb.file_systems_no": "本机内核不支持 {detail}:此类存储卡无法读取",
    "doctor.usb.desktop": "无桌面程序抢占",
    "doctor.usb.desktop_no": "{detail} 会抢先打开记录仪:请安装 udev 规则,或卸载 gvfs-backends",
}
