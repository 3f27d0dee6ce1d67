"""The catalogue against one that is built anew beside the archive. (stub)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from archive.audit.report import Finding


@dataclass(slots=True)
class Compared:
    findings: list[Finding] = field(default_factory=list)
    failure: str = ""


class CatalogueCheck:
    def __init__(
        self, root: Path, *, size: int, root_at: Callable[[int], bytes], grows: Callable[[], bool]
    ) -> None: ...

    def __enter__(self) -> CatalogueCheck:
        return self

    def __exit__(self, *_: object) -> None: ...

    def result(self) -> Compared:
        return Compared()
