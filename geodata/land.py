"""A parcel as the generator knows it: shape, codes, areas, and the verdict it was made for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely
from shapely.geometry import MultiPolygon, Polygon

from geodata.sheets import Cell, Row
from geodata.verdicts import Verdict

HARMLESS = Verdict()
M2_PER_MU = 10_000 / 15
OWNERSHIP = {"G": "国有", "J": "集体", "Z": "不明"}


@dataclass
class Parcel:
    """宗地. Areas in m²; `shape` lies in EPSG:4549, rounded to 1 mm."""

    code: str
    town: str
    body: str
    shape: Polygon | MultiPolygon
    registered: float | None = None
    approved: float | None = None
    ownership: str = "G"
    legality: str = "有证"
    name: str = ""
    location: str = ""
    block: str | None = None
    unit: str | None = None
    case: str = "normal"
    verdict: Verdict = HARMLESS
    inside: bool = False

    @property
    def area(self) -> float:
        """The area the rules use: registered, else approved, else planar."""
        for value in (self.registered, self.approved):
            if value is not None:
                return value
        return self.shape.area

    @property
    def mu(self) -> float:
        return self.area * 0.0015

    def row(self) -> Row:
        """The parcel as a delivered row with the issues its own values cause."""
        values: dict[str, Cell] = {
            "宗地代码": self.code,
            "不动产单元号": self.unit,
            "宗地名称": self.name or None,
            "坐落": self.location or None,
            "乡镇代码": self.town,
            "责任主体": self.body,
            "证载面积": self.registered,
            "批准面积": self.approved,
            "权属性质": OWNERSHIP[self.ownership],
            "合法性": self.legality,
            "地类编码": "0601",
            "区块编号": self.block,
        }
        return Row(values, self.shape)


def flag_area(row: Row) -> None:
    """面积差: the notices that follow from registered, approved and planar area; refuses a difference too close to call."""
    if row.geometry is None or not row.applied:
        return
    registered, approved = row.values.get("证载面积"), row.values.get("批准面积")
    if registered is None:
        row.flag("area_registered_missing", "证载面积")
    planar = row.geometry.area if row.geometry.is_valid else shapely.make_valid(row.geometry).area
    off = _apart(row, registered, planar, share=0.01, least=5.0), _apart(row, approved, planar, share=0.03, least=10.0)
    if off[0]:
        row.flag("area_differs", "证载面积")
    if off[1]:
        row.flag("area_contract_differs", "批准面积")
    if not any(off) and _apart(row, registered, approved, share=0.03, least=10.0):
        row.flag("area_declared_pair_differs", "证载面积")


def _apart(row: Row, stated: Cell, other: Cell, *, share: float, least: float) -> bool:
    if stated is None or other is None:
        return False
    right = float(str(other))
    times = abs(float(str(stated)) - right) / max(share * right, least)
    if 0.7 < times < 1.3:
        raise ValueError(f"area difference too close to the bound: {row.values['宗地代码']} {times:.3f}")
    return times > 1


def cadastral_code(district: str, sub: int, ownership: str, number: int) -> str:
    """宗地代码, 19 characters: county 6 + 地籍区 3 + 地籍子区 3 + ownership + B + sequence."""
    return f"{district}{sub:03d}{ownership}B{number:05d}"


def rectangle(x: float, y: float, area: float, aspect: float = 1.5) -> Polygon:
    """A rectangle of exactly this area to the millimetre of its sides."""
    height = round(math.sqrt(area / aspect), 0) or 1.0
    width = round(area / height, 3)
    return Polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
