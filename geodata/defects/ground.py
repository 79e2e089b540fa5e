"""Faults of parcel files: geometry, codes, keys, claimed towns. Adds rows on free ground at the end of a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shapely import affinity
from shapely.geometry import Polygon, box

from geodata.book import Book
from geodata.land import Parcel, cadastral_code
from geodata.sheets import Row, Sheet
from geodata.verdicts import CRITERIA, NO_START, Verdict

BARE = Verdict((), CRITERIA, NO_START, "unknown")
CONTRACTED = Verdict((), CRITERIA[:6])
WIDTH, HEIGHT = 80.0, 50.0


@dataclass
class Site:
    """Where a town has free ground (lower left corners, 110 × 90 m) and where its outer edge runs."""

    town: str
    body: str
    spots: Iterator[tuple[float, float]]
    edge: tuple[float, float, float, float]  # a point on the county's outline and the normal outwards
    sub: int = 900  # 地籍子区 of planted parcels
    used: int = field(default=0)

    def shape(self, outline: Polygon | None = None) -> Polygon:
        """The next free spot's rectangle (or another outline moved there)."""
        x, y = next(self.spots)
        return affinity.translate(outline or box(0, 0, WIDTH, HEIGHT), round(x), round(y))

    def parcel(self, shape: Polygon, case: str, area: float | None = None, ownership: str = "G") -> Parcel:
        """A parcel nobody says anything else about."""
        self.used += 1
        planar = round(shape.area if area is None else area, 2)
        return Parcel(
            cadastral_code(self.town, self.sub, ownership, self.used), self.town, self.body, shape,
            registered=planar, approved=planar, ownership=ownership, case=f"defect/{case}", verdict=BARE,
        )  # fmt: skip


LOOP = Polygon([(0, 0), (80, 0), (80, 50), (41, 50), (40, 51), (41, 51), (40, 50), (0, 50)])
TOUCHING = Polygon([(0, 0), (80, 0), (80, 50), (40, 50), (50, 30), (30, 30), (40, 50), (0, 50)])
COLLAPSED = Polygon([(0, 0), (40, 0), (80, 0), (40, 0), (0, 0)])  # there and back: no area in any projection


def plant_in_parcels(sheet: Sheet, site: Site, book: Book, other_town: str) -> list[Parcel]:
    """Plant every fault a parcel sheet can have; the parcels that are applied nevertheless."""
    _spoil_values(sheet, site, other_town)
    applied: list[Parcel] = []

    def add(parcel: Parcel, *issues: tuple[str, str], known: bool = True) -> Row:
        row = parcel.row()
        for code, name in issues:
            row.flag(code, name, applied=known)
        sheet.rows.append(row)
        if known:
            applied.append(parcel)
        return row

    add(site.parcel(site.shape(LOOP), "loop in the ring", 4000.0), ("geometry_repaired", ""))
    add(site.parcel(site.shape(TOUCHING), "ring touches itself", 3800.0), ("geometry_repaired", ""))
    first = site.parcel(site.shape(), "overlapped")
    add(first)
    add(site.parcel(affinity.translate(first.shape, WIDTH - 1.0, 4.0), "overlaps by 46 m²"), ("overlap", ""))
    thin = site.parcel(site.shape(), "overlapped by a sliver")
    add(thin)
    add(site.parcel(affinity.translate(thin.shape, WIDTH - 0.004), "overlaps by 0.2 m²"), ("overlap_sliver", ""))
    twin = site.parcel(site.shape(), "shape delivered twice")
    add(twin)
    add(site.parcel(twin.shape, "the same shape again"), ("duplicate_geometry", ""))
    add(site.parcel(_across(site.edge), "outside the county"), ("outside_county", ""))
    _add_keys(site, book, add)
    missing = add(site.parcel(site.shape(), "geometry missing"), ("geometry_missing", ""), known=False)
    missing.geometry = None
    if sheet.file.endswith(".gpkg"):
        add(site.parcel(site.shape(COLLAPSED), "no area", 100.0), ("geometry_unusable", ""), known=False)
        nameless = site.parcel(site.shape(), "key missing")
        row = add(nameless, ("key_missing", "宗地代码"))
        row.values["宗地代码"] = None
        nameless.code = f"row:{len(sheet.rows)}"  # stays the last row of its sheet
    return applied


def _add_keys(site: Site, book: Book, add: Callable[..., Row]) -> None:
    """Codes that break the grammar of GB/T 37346 stay the key; a second row of a key is refused."""
    short = site.parcel(site.shape(), "code of 18 characters")
    short.code = short.code[:-1]
    wrong = site.parcel(site.shape(), "collective feature on state land", ownership="J")
    wrong.code = wrong.code.replace("JB", "GA")
    for parcel in (short, wrong):
        parcel.verdict = Verdict(CONTRACTED.true, CONTRACTED.unknown, collective=parcel.ownership == "J")
        book.add(
            "contracts", parcel.code, book.new_contract(), "历史用地", "2003-06-18", None, "2003-09-01",
            "2005-09-01", "2003-07-01", "2003-08-20", "是", "2003-08-25", **{"是否中止": "否", "数据日期": "2024-12-31"},
        )  # fmt: skip
        add(parcel, ("cadastral_code_invalid", "宗地代码"))
    again = site.parcel(site.shape(), "key delivered twice")
    original = site.parcel(site.shape(), "key delivered twice")
    again.code = original.code
    add(original)
    add(again, ("duplicate_key", "宗地代码"), known=False)


def _spoil_values(sheet: Sheet, site: Site, other_town: str) -> None:
    """Wrong values in rows that keep their verdict."""
    rows = [row for row in sheet.rows if row.values["乡镇代码"] == site.town][:40]
    for row in rows[3:6]:
        row.values["乡镇代码"] = other_town
        row.flag("town_mismatch", "乡镇代码")
    for row in rows[8:10]:
        row.values["不动产单元号"] = f"{row.values['宗地代码']}X0001"
        row.flag("unit_code_invalid", "不动产单元号")
    rows[12].values["合法性"] = "待定"
    rows[12].flag("value_unknown", "合法性")
    wider = next(row for row in rows[14:] if row.values["证载面积"] is not None and row.values["批准面积"] is not None)
    wider.values["批准面积"] = round(float(str(wider.values["批准面积"])) * 1.2, 2)  # told by `flag_area`


def _across(edge: tuple[float, float, float, float]) -> Polygon:
    """A rectangle across the county's outline, two fifths of it inside."""
    x, y, nx, ny = edge
    corners = ((-30, -16), (30, -16), (30, 24), (-30, 24))
    return Polygon([(round(x + a * -ny + b * nx, 3), round(y + a * nx + b * ny, 3)) for a, b in corners])
