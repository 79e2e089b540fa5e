"""Columns of the map: what filters, sorting, queryables and schema speak of; taken from the fact registry, classes L1–L2 only."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from app.policy import registry
from app.policy.registry import Column, Level

DISPLAY = ("red", "orange", "yellow", "blue", "green", "grey")
STATES = (
    "listed", "assigned", "planned", "rectifying", "remediating", "submitted", "returned", "accepted", "delisted", "dismissed", "reversed",
)  # fmt: skip

_FACTS = {name: column for name, column in registry.filter_columns(level=Level.L2).items() if name != "display_class"}

STORED: Mapping[str, Column] = MappingProxyType(
    {
        **_FACTS,
        "display_class": replace(registry.COLUMNS["display_class"], values=DISPLAY),
        "case_state": Column("case_state", "text", "整治项目状态", "整治项目", part="verdict", values=STATES),
        "criteria_true": Column("criteria_true", "text[]", "符合的低效情形", "初判计算", part="verdict"),
    }
)
"""Columns of map_filter, in the registry's order."""

_ID = Column("id", "integer", "整数编号", "宗地台账", Level.L1, part="identity")
FIELDS: Mapping[str, Column] = MappingProxyType({"id": _ID, **STORED})
"""What staff may filter by; all but the list they may sort by."""

PUBLIC: Mapping[str, Column] = MappingProxyType(
    {
        name: FIELDS[name]
        for name in (
            "id", "land_code", "responsible_body", "town_code", "block_code", "area_registered_m2", "area_contract_m2", "area_planar_m2",
            "area_geodesic_m2", "grade", "supply_mode", "standard_land",
        )
    }
)  # fmt: skip
"""What a viewer may filter and sort by: exactly what the public form shows."""

_NAMED = {
    column.name: column
    for column in (
        Column("responsible_body_name", "text", "责任主体名称", "宗地台账", Level.L1),
        Column("name", "text", "名称", "宗地台账"),
        Column("location", "text", "坐落", "宗地台账"),
    )
}


def _shown(*names: str) -> Mapping[str, Column]:
    return MappingProxyType({name: _NAMED.get(name) or FIELDS[name] for name in names})


PARCEL = _shown(
    "land_code", "cadastral_code", "responsible_body", "responsible_body_name", "town_code", "name", "location", "block_code", "ownership",
    "area_registered_m2", "area_contract_m2", "area_planar_m2", "area_geodesic_m2", "area_used_mu", "inefficient", "criteria_true", "idle",
    "standard_land", "grade", "tax_band", "far", "supply_mode", "industry_division", "display_class", "case_state", "inside_ratio",
)  # fmt: skip
"""Properties of a parcel, in the order of its text."""
PARCEL_PUBLIC = _shown(
    "land_code", "responsible_body", "responsible_body_name", "town_code", "block_code", "area_registered_m2", "area_contract_m2",
    "area_planar_m2", "area_geodesic_m2", "grade", "supply_mode", "standard_land",
)  # fmt: skip


def _layer(source: str, *columns: tuple[str, registry.SqlType, str]) -> Mapping[str, Column]:
    units = {"m2": "㎡"}
    return MappingProxyType(
        {name: Column(name, kind, label, source, Level.L1, unit=units.get(name.rpartition("_")[2])) for name, kind, label in columns}
    )


_FROM: tuple[tuple[str, registry.SqlType, str], ...] = (("valid_from", "date", "生效日期"), ("valid_to", "date", "失效日期"))
_CODE: tuple[tuple[str, registry.SqlType, str], ...] = (("code", "text", "编号"), ("name", "text", "名称"))
LAYERS: Mapping[str, Mapping[str, Column]] = MappingProxyType(
    {
        "control-lines": _layer(
            "工业区块控制线", *_CODE, ("level", "text", "级别"), ("version", "text", "版本"), ("approved_by", "text", "批准机关"),
            ("approved_on", "date", "批准日期"), ("document", "text", "文号"), ("area_planar_m2", "numeric", "图形面积"), *_FROM,
        ),
        "towns": _layer(
            "行政区划", *_CODE, ("kind", "text", "类别"), ("scheme", "text", "代码体系"), ("is_synthetic", "boolean", "示意边界"), *_FROM
        ),
        "blocks": _layer("工业区块", *_CODE, ("responsible_body", "text", "责任主体"), ("area_planar_m2", "numeric", "图形面积")),
        "cases": _layer(
            "整治项目", *_CODE, ("responsible_body", "text", "责任主体"), ("state", "text", "状态"), ("category", "text", "类别"),
            ("method", "text", "整治方式"), ("deadline_on", "date", "期限"), ("accepted_on", "date", "验收日期"),
            ("claimed_m2", "numeric", "申报面积"), ("accepted_m2", "numeric", "验收面积"),
        ),
        "freed-land": _layer(
            "腾出台账", ("measure_key", "text", "指标"), ("campaign", "text", "行动"), ("responsible_body", "text", "责任主体"),
            ("method", "text", "整治方式"), ("kind", "text", "记账类别"), ("posted_on", "date", "入账日期"),
            ("case_id", "integer", "整治项目"), ("project_name", "text", "项目名称"),
            ("counted_m2", "numeric", "计入面积"), ("ground_m2", "numeric", "新增地面"),
        ),
    }
)  # fmt: skip
"""Properties of the small layers, in the order of their text."""


def shown(layer_id: str, *, is_public: bool) -> Mapping[str, Column]:
    """Properties a feature of the layer carries for the caller."""
    return LAYERS.get(layer_id, PARCEL_PUBLIC if is_public else PARCEL)


def queryable(layer_id: str, *, is_public: bool) -> Mapping[str, Column]:
    """What the caller may filter and sort the layer by."""
    return {"id": _ID, **LAYERS[layer_id]} if layer_id in LAYERS else PUBLIC if is_public else FIELDS
