"""Columns of an exported table: type in the file, label with unit, a name of at most ten bytes for DBF. Pure.

`row_no` counts the rows of the file in 32 bits for clients whose own row ids hold no more; `land_code` is the key of a parcel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from app.core.shift import MARK, SHIFTED
from app.maps.exports.order import Field

SHORT = {
    "land_code": "LAND_CODE", "cadastral_code": "ZDDM", "responsible_body": "ZRZTDM", "responsible_body_name": "ZRZTMC",
    "town_code": "XZDM", "name": "NAME", "location": "ZL", "block_code": "QKBH", "ownership": "QSXZ", "area_registered_m2": "DJMJ",
    "area_contract_m2": "PZMJ", "area_planar_m2": "TXMJ", "area_geodesic_m2": "TQMJ", "area_used_mu": "YDMJ_MU", "inefficient": "DXCP",
    "criteria_true": "DXQX", "idle": "YSXZ", "standard_land": "BZD", "grade": "MJDJ", "tax_band": "SSFD", "far": "RJL",
    "supply_mode": "GDFS", "industry_division": "HYDL", "display_class": "ZSFL", "case_state": "XMZT", "inside_ratio": "XNBL",
    "code": "CODE", "level": "LEVEL", "version": "VERSION", "approved_by": "PZJG", "approved_on": "PZRQ", "document": "PZWH",
    "valid_from": "SXRQ", "valid_to": "ZZRQ", "kind": "KIND", "scheme": "SCHEME", "is_synthetic": "SHIYI", "state": "STATE",
    "category": "CATEGORY", "method": "METHOD", "deadline_on": "QXRQ", "accepted_on": "YSRQ", "claimed_m2": "SBMJ",
    "accepted_m2": "YSMJ", "measure_key": "MEASURE", "campaign": "CAMPAIGN", "posted_on": "RZRQ", "case_id": "CASE_ID",
    "project_name": "XMMC", "counted_m2": "JRMJ", "ground_m2": "XZMJ", "row_no": "ROW_NO", "id": "YIMA_ID", "coordinates": "ZBXT",
}  # fmt: skip
"""DBF names: initials of the official terms; those that our importer knows are the ones it knows (ZDDM, DJMJ, QSXZ …)."""
_ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(), "numeric": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32(),
    "text[]": pa.list_(pa.string()), "row_no": pa.int32(),
}  # fmt: skip
ROW_NO = Field("row_no", "row_no", "行号", "导出")
ID = Field("id", "integer", "整数编号", "导出")
COORDINATES = Field("coordinates", "text", "坐标说明", "导出")
_WKB = {"ARROW:extension:name": "ogc.wkb"}


@dataclass(frozen=True)
class Table:
    """The columns of a file in their order; `said` are those that come from the rows' own texts."""

    said: tuple[Field, ...]
    coordinates: str | None = None

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """All columns of the file but the shape."""
        return (ROW_NO, ID, *self.said, *((COORDINATES,) if self.coordinates else ()))

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [column.name for column in self.columns]

    @cached_property
    def read(self) -> pa.Schema:
        """What is read out of the rows' texts (dates still as text)."""
        return pa.schema([(c.name, pa.string() if c.type == "date" else _ARROW[c.type]) for c in self.said])

    @cached_property
    def schema(self) -> pa.Schema:
        """The file's columns in Arrow, the shape (WKB) last."""
        return pa.schema([*map(_field, self.columns), pa.field("geom", pa.binary(), metadata=_WKB)])


def _field(column: Field) -> pa.Field:
    """GDAL takes label and source from these keys where a format has room for them."""
    said = {"GDAL:OGR:alternative_name": column.title, "GDAL:OGR:comment": f"来源: {column.source}"}
    return pa.field(column.name, _ARROW[column.type], metadata=said)


def table_of(said: tuple[Field, ...], shift: str | None) -> Table:
    """The table of a file; shifted coordinates say so in every row."""
    return Table(said, MARK.format(name=SHIFTED[shift][0]) if shift else None)
