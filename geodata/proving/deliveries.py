"""The proving ground's files: one parcel delivery in four formats, the tables as Excel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from shapely.geometry import Polygon, box

from geodata.book import Book
from geodata.defects import Site, plant_in_parcels, plant_in_tables
from geodata.land import M2_PER_MU, Parcel, flag_area
from geodata.sheets import Cell, Delivery, Row, Sheet
from geodata.tables import table_deliveries

GROUND_DATE = date(2024, 1, 31)
FREE_HEIGHT = 1200.0


def proving_deliveries(
    book: Book, parcels: list[Parcel], cells: list[Polygon], towns: list[tuple[str, str]]
) -> tuple[list[Delivery], list[Parcel]]:
    """All deliveries, and the parcels that faults added."""
    sheets = _parcel_sheets(parcels, [town for town, _ in towns])
    sites = [Site(code, name, _spots(cell), _north(cell)) for (code, name), cell in zip(towns, cells, strict=True)]
    extra = plant_in_parcels(sheets[0], sites[0], book, towns[1][0])
    extra += plant_in_parcels(sheets[1], sites[1], book, towns[0][0])
    plant_in_tables(book)
    for sheet in sheets:
        for row in sheet.rows:
            flag_area(row)
    town_rows = [Row({"行政区代码": t, "名称": n}, cell) for (t, n), cell in zip(towns, cells, strict=True)]
    day = date(2020, 1, 1)
    ground = [
        Delivery("towns", day, [Sheet("towns.gpkg", "towns", town_rows)]),
        Delivery("control-lines", day, [Sheet("control_lines.gpkg", "control-lines", _line(cells[0]))]),
        Delivery("parcels", GROUND_DATE, sheets),
    ]
    return [*ground, *table_deliveries(book), *_ledger(cells, towns)], extra


def _parcel_sheets(parcels: list[Parcel], towns: list[str]) -> list[Sheet]:
    rows: dict[str, list[Row]] = {town: [] for town in towns}
    survey: list[Row] = []
    for parcel in parcels:
        row = parcel.row()
        plain = parcel.registered == parcel.approved == 10_000.0 and parcel.body != "试验产业园"
        if parcel.town == towns[2] and plain and len(survey) < 40:
            row.values["证载面积"] = parcel.registered = None
            survey.append(row)
        else:
            rows[parcel.town].append(row)
    return [
        Sheet("宗地_东试镇.shp", "parcels", rows[towns[0]], crs=4549),
        Sheet("宗地_中试镇.gpkg", "parcels", rows[towns[1]], layer="parcels", headers={"证载面积": "证载面积（亩）"}),
        Sheet("宗地_西试镇.geojson", "parcels", rows[towns[2]]),
        Sheet("新增用地_西试镇.txt", "parcels", survey),
    ]


def _spots(cell: Polygon) -> Iterator[tuple[float, float]]:
    """Free ground in the north of a town."""
    left, _, right, top = cell.bounds
    y = top - FREE_HEIGHT + 100
    while y < top - 200:
        x = left + 60
        while x < right - 250:
            yield x, y
            x += 250
        y += 110


def _north(cell: Polygon) -> tuple[float, float, float, float]:
    left, _, right, top = cell.bounds
    return (left + right) / 2, top, 0.0, 1.0


def _line(cell: Polygon) -> list[Row]:
    left, bottom, right, top = cell.bounds
    values: dict[str, Cell] = dict(zip(("编号", "名称", "级别", "版本", "批准机关", "批准日期", "批准文号"),
                      ("KZX-1", "试验工业区块", "一级", "2021", "试验县人民政府", date(2021, 12, 31), "试政发〔2021〕1号"),
                      strict=True))  # fmt: skip
    return [Row(values, box(left + 20, bottom + 20, right - 20, top - FREE_HEIGHT))]


def _ledger(cells: list[Polygon], towns: list[tuple[str, str]]) -> list[Delivery]:
    """Six postings: three with ground, three without."""

    def row(number: int, body: str, mu: float, method: str) -> Row:
        values = ("XM-01", "试验区块改造", body, method, mu, date(2023, 6, number), "试验收〔2023〕1号", None, 2)
        names = ("项目编号", "项目名称", "责任主体", "腾出方式", "腾出面积(亩)", "验收日期", "文号", "宗地代码", "企业数(家)")
        return Row(dict(zip(names, values, strict=True)))

    mapped, unmapped = [], []
    for number, ((_, name), cell) in enumerate(zip(towns, cells, strict=True), start=1):
        left, _, _, top = cell.bounds
        ground = row(number, name, 12.0, "拆除重建")
        ground.geometry = box(left + 500, top - 150, left + 500 + 12 * M2_PER_MU / 80, top - 70)
        mapped.append(ground)
        unmapped.append(row(number + 10, name, 8.5, "关停退出"))
    day = date(2025, 9, 30)
    return [
        Delivery("ledger-opening", day, [Sheet("期初台账_无图.xlsx", "ledger-opening", unmapped)]),
        Delivery("ledger-opening", day, [Sheet("期初台账_上图.gpkg", "ledger-opening", mapped)]),
    ]
