"""States of an import and what may be done in each. Pure."""

from typing import Final

LABELS: Final = {
    "queued": "排队中", "staging": "读取检查中", "asking": "待确认", "refused": "无法导入", "staged": "待入库", "applying": "入库中",
    "applied": "已入库", "undoing": "撤销中", "undone": "已撤销", "cancelled": "已取消", "failed": "未完成",
}  # fmt: skip
MOVING: Final = frozenset({"queued", "staging", "applying", "undoing"})
"""The worker has it or is about to; the others rest until somebody acts."""
STEPS: Final = {
    "decide": frozenset({"asking", "refused", "staged", "failed"}),
    "apply": frozenset({"staged"}),
    "cancel": frozenset({"queued", "staging", "asking", "refused", "staged", "failed"}),
    "undo": frozenset({"applied"}),
}
"""Step → states in which it can be taken."""
WORDS: Final = {"decide": "重新确认参数", "apply": "入库", "cancel": "取消", "undo": "撤销"}


def can(state: str) -> list[str]:
    """Steps that are open."""
    return [step for step, states in STEPS.items() if state in states]
