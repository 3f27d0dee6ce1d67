"""Writes codes.py from codes.toml: `python -m devices.mtp.make_codes`. Reads and writes nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
TABLE: Final = _HERE / "codes.toml"
WRITTEN: Final = _HERE / "codes.py"
_TOP: Final = '''"""Codes of PTP and MTP. Generated from codes.toml by make_codes.py: do not edit."""

from __future__ import annotations

from enum import IntEnum
'''


def snake(name: str) -> str:
    """`GetObjectInfo` as `GET_OBJECT_INFO`; `GetStorageIDs` as `GET_STORAGE_IDS`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", "_", name)
    return parts.upper()


def generate(table: str) -> str:
    """The module's text for a table's text.

    Raises:
        ValueError: the table is no TOML, or two codes of one kind have one name.
    """
    parts = [_TOP]
    for kind, codes in tomllib.loads(table).items():
        names = [snake(name) for name in codes.values()]
        if len(set(names)) != len(names):
            raise ValueError(f"{kind} has a name twice")
        values = sorted((int(code, 16), name) for code, name in zip(codes, names, strict=True))
        parts.append(f'\n\nclass {kind}(IntEnum):\n    """See codes.toml for the documents."""\n\n')
        parts += [f"    {name} = 0x{value:04X}\n" for value, name in values]
    parts.append(
        '\n\ndef named(kind: type[IntEnum], code: int) -> str:\n    """A code for people: `0x2019 DEVICE_BUSY`."""\n'
        '    name = f" {kind(code).name}" if code in {member.value for member in kind} else ""\n'
        '    return f"0x{code:04X}{name}"\n'
    )
    return "".join(parts)


def main() -> None:
    """Write the module."""
    WRITTEN.write_text(generate(TABLE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
