"""The kinds of delivery: their columns, which of them make the row's key, and whether they bear geometry."""

from dataclasses import dataclass
from typing import Literal

from app.imports.errors import KindUnknown

Type = Literal["text", "code", "number", "int", "date", "word", "uscc"]
Dimension = Literal["area", "money", "energy", "power", "mass", "count", ""]


@dataclass(frozen=True)
class Column:
    """A canonical column; `words` names its list in vocabularies.csv."""

    name: str
    type: Type = "text"
    dimension: Dimension = ""
    words: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of delivery. `key`: unique in a delivery; `filled`: not empty in a row; `required`: stand in the header."""

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    geometry: Literal["required", "optional", "none"] = "none"
    takes_lines: bool = False
    """Lines and points are taken as they are; elsewhere every shape is an area."""
    required: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    is_packed: bool = False
    """There may be a million of them: the columns stay packed, and the checks go through them part by part."""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _codes(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "code") for name in names)


def _dates(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "date") for name in names)


def _areas(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", "area") for name in names)


def _money(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", "money") for name in names)


_ZONE = (*_codes("code"), *_texts("name", "level", "version", "approved_by", "document"), *_dates("approved_on"))
_USCC = Column("uscc", "uscc")

_KINDS = (
    Kind(
        "towns", "乡镇街道", (*_codes("town_code"), *_texts("name", "note")),
        key=("town_code",), filled=("town_code", "name"), required=("town_code", "name"), geometry="required",
    ),
    Kind(
        "blocks", "工业区块", (*_codes("code"), *_texts("name", "body")),
        key=("code",), filled=("code",), required=("code",), geometry="required",
    ),
    Kind(
        "control-lines", "工业区块控制线", _ZONE,
        key=("code", "version"), filled=("code",), required=("code",), geometry="required", takes_lines=True,
    ),
    Kind(
        "planning", "其他规划控制", _ZONE,
        key=("code", "version"), filled=("code",), required=("code",), geometry="required", takes_lines=True,
    ),
    Kind(
        "parcels", "工业用地宗地",
        (*_texts("cadastral_code"), *_codes("real_estate_unit_code"), *_texts("name", "location"), *_codes("town_code"),
         *_texts("responsible_body"), *_areas("area_registered", "area_contract"), Column("ownership", "word", "", "ownership"),
         Column("legality", "word", "", "legality"), *_codes("land_use_code", "block_code")),
        key=("cadastral_code",), geometry="required", is_packed=True,
    ),
    Kind(
        "buildings", "房屋(幢)",
        (*_codes("parcel"), *_texts("number"), Column("storeys", "int"), *_areas("gross", "far", "vacant"), *_dates("vacant_since"),
         *_areas("let"), *_dates("data_on")),
        key=("parcel", "number"), filled=("parcel", "number"), required=("parcel", "number"),
    ),
    Kind(
        "enterprises", "企业",
        (_USCC, *_texts("name", "former_names"), *_codes("industry_code"), Column("scale", "word", "", "scale"),
         Column("status", "word", "", "status"), *_dates("status_on", "data_on")),
        key=("uscc",), filled=("uscc", "name"), required=("uscc", "name"),
    ),
    Kind(
        "occupancy", "用地关系",
        (_USCC, *_codes("parcel"), Column("relation", "word", "", "relation"), *_areas("area"), *_codes("counterparty"),
         *_dates("start_on", "end_on", "data_on")),
        key=(), filled=("uscc", "parcel"), required=("uscc", "parcel", "relation"),
    ),
    Kind(
        "indicators", "年度指标",
        (_USCC, Column("year", "int"), *_money("tax", "value_added", "revenue"), Column("energy", "number", "energy"),
         Column("electricity", "number", "power"), Column("staff", "number", "count"), *_money("rd"), Column("emission", "number", "mass"),
         *_texts("source_department"), *_dates("data_on")),
        key=("uscc", "year"), filled=("uscc", "year"), required=("uscc", "year"),
    ),
    Kind(
        "grades", "亩均评价等级",
        (_USCC, Column("year", "int"), Column("population", "word", "", "population"), Column("grade", "word", "", "grade"),
         *_dates("published_on"), *_texts("document")),
        key=("uscc", "year"), filled=("uscc", "year"), required=("uscc", "year", "grade"),
    ),
    Kind(
        "contracts", "供地合同",
        (*_codes("parcel", "electronic_no"), Column("supply_mode", "word", "", "supply_mode"), *_dates("signed_on"), *_money("price"),
         *_dates("agreed_start_on", "agreed_complete_on", "delivered_on", "permit_on"), Column("started", "word", "", "tri"),
         *_dates("actual_start_on"), *_areas("should_area", "developed_area"), *_money("total_investment", "invested"),
         Column("is_suspended", "word", "", "tri"), *_dates("suspended_from"), Column("cause", "word", "", "cause"),
         *_texts("cause_document"), *_dates("transferred_on"), Column("obligations_assumed", "word", "", "tri"), *_dates("data_on")),
        key=("electronic_no",), filled=("parcel", "electronic_no"), required=("parcel", "electronic_no"),
    ),
    Kind(
        "supplements", "补充协议",
        (*_codes("electronic_no"), *_texts("number"), *_dates("signed_on", "new_start_on", "new_complete_on"), *_texts("document")),
        key=("electronic_no", "number"), filled=("electronic_no", "number"), required=("electronic_no", "number"),
    ),
    Kind(
        "standard-land", "标准地指标",
        (*_codes("electronic_no"), *_texts("indicator", "unit"), Column("comparator", "word", "", "comparator"),
         Column("promised", "number"), Column("gate", "word", "", "gate"), *_dates("due_on"), Column("actual", "number"),
         *_dates("accepted_on"), *_texts("document")),
        key=("electronic_no", "indicator", "gate"), filled=("electronic_no", "indicator", "gate"),
        required=("electronic_no", "indicator", "gate"),
    ),
    Kind(
        "lists", "清单", (Column("list", "word", "", "list"), _USCC, *_dates("entered_on"), *_texts("basis"), *_dates("exit_on")),
        key=("uscc", "list", "entered_on"), filled=("uscc",), required=("uscc",),
    ),
    Kind(
        "corrections", "更正",
        (*_codes("land_code"), Column("field", "word", "", "correction_field"), *_texts("old", "new", "reason", "document")),
        key=("land_code", "field"), filled=("land_code", "field", "reason"), required=("land_code", "field", "old", "new", "reason"),
    ),
    Kind(
        "ledger-opening", "期初台账",
        (*_codes("project_code"), *_texts("project_name", "responsible_body"), Column("method", "word", "", "method"), *_areas("area"),
         *_dates("accepted_on"), *_texts("document"), *_codes("parcel"), Column("firms", "int", "count")),
        key=(), filled=("project_code", "area"), required=("project_code", "area"), geometry="optional",
    ),
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}


def kind_of(name: str) -> Kind:
    """The kind by its name; refused by name when there is none."""
    if name not in KINDS:
        raise KindUnknown(f"没有类别 {name}", hint="可选:" + "、".join(KINDS))
    return KINDS[name]
