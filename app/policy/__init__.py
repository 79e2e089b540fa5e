"""政策规则 policy: packs as data, the fact registry, CQL2 → SQL, rule versions.

Owns: `packs/*.toml`, what facts exist and who may read them, the one expression language, who may take which step.
Does not own: computing facts or verdicts (classification), progress of targets (ledger), cases (remediation).
Official sources: the document each pack names; 国土资源部令第53号 (idle parameters); OGC 21-065r2 (CQL2).
"""

from app.policy.cql2 import Compiled, Target, compile_filter
from app.policy.loader import CompiledRule, Pack, pack_for, packs
from app.policy.registry import COLUMNS, Column, Level, columns, filter_columns

__all__ = [
    "COLUMNS",
    "Column",
    "Compiled",
    "CompiledRule",
    "Level",
    "Pack",
    "Target",
    "columns",
    "compile_filter",
    "filter_columns",
    "pack_for",
    "packs",
]
