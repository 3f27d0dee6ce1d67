"""The stages of a case, in their order: 立案 调查取证 审核 决定 送达 执行 结案. A list of words."""

from __future__ import annotations

from typing import Final, Literal, get_args

Stage = Literal[
    "initiation", "investigation", "review", "decision", "service", "enforcement", "conclusion"
]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
