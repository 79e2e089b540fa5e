"""What a reader sees of a pack: document, rules with thresholds and clause, targets. Pure."""

from typing import Any

from app.policy.loader import CompiledRule, Pack
from app.policy.registry import COLUMNS


def rule_view(compiled: CompiledRule) -> dict[str, Any]:
    """A rule with 字段·比较·阈值, units and what supports it."""
    comparisons = []
    for leaf in compiled.leaves:
        column = COLUMNS.get(leaf.property or "")
        comparisons.append({**leaf.as_dict(), "label": column.label if column else None, "unit": column.unit if column else None})
    return {
        **compiled.rule.model_dump(mode="json"),
        "comparisons": comparisons,
        "properties": list(compiled.properties),
        "data_dates": list(compiled.data_dates),
    }


def targets_view(pack: Pack) -> list[dict[str, Any]]:
    """The target rows as the document has them; values as decimal text so that 2.0 stays 2.0."""
    return [target.model_dump(mode="json") for target in pack.content.targets]


def pack_view(pack: Pack) -> dict[str, Any]:
    """Summary of a pack: everything but departments' steps, which accounts see in their own desks."""
    content = pack.content
    return {
        "id": content.id,
        "county_code": content.county_code,
        "name": content.name,
        "rule_version": pack.rule_version,
        "document": content.document.model_dump(mode="json"),
        "freshness_years": content.freshness_years,
        "rules": [rule_view(rule) for rule in pack.rules],
        "idle": content.idle.model_dump(mode="json"),
        "standard_land": content.standard_land.model_dump(mode="json"),
        "measures": [m.model_dump(mode="json") for m in content.measures],
        "campaigns": [c.model_dump(mode="json") for c in content.campaigns],
        "calibres": content.calibres.model_dump(mode="json", by_alias=True),
        "allocations": [{**a.model_dump(mode="json"), "total": str(a.total)} for a in content.allocations],
        "targets": targets_view(pack),
    }
