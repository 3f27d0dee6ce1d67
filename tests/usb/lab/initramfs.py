"""An initramfs in memory: cpio's "new ASCII" form (kernel: Documentation/driver-api/early-userspace/buffer-format)."""

from __future__ import annotations

from collections.abc import Mapping

_FOLDERS = ("bin", "dev", "proc", "sys", "mod", "job", "lower", "rw", "new")
_FOLDER, _PROGRAM, _FILE, _CHARACTERS = 0o40755, 0o100755, 0o100644, 0o20600


def archive(*, programs: Mapping[str, bytes], files: Mapping[str, bytes]) -> bytes:
    """An uncompressed archive with the folders that init needs, programs (0755) and files (0644)."""
    entries = [(name, _FOLDER, b"") for name in _FOLDERS]
    entries.append(("dev/console", _CHARACTERS, b""))
    entries += [(name, _PROGRAM, data) for name, data in programs.items()]
    entries += [(name, _FILE, data) for name, data in files.items()]
    entries.append(("TRAILER!!!", 0, b""))
    return b"".join(
        _entry(number, name, mode, data) for number, (name, mode, data) in enumerate(entries, 1)
    )


def _entry(number: int, name: str, mode: int, data: bytes) -> bytes:
    raw = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
    head = b"070701" + b"".join(b"%08X" % value for value in fields) + raw
    return _whole_words(head) + _whole_words(data)


def _whole_words(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
