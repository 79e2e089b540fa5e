"""Towns, blocks, control lines and permanent basic farmland as delivered layers."""

from __future__ import annotations

from datetime import date

from shapely.geometry import Polygon, box

from geodata.demo.ground import Block
from geodata.demo.territory import TOWNS
from geodata.sheets import ZONE_COLUMNS, Delivery, Row, Sheet

OLD = date(2020, 1, 1)


def zone_deliveries(cells: dict[str, Polygon], blocks: list[Block], spare: dict[str, list[Polygon]]) -> list[Delivery]:
    """In the order in which they refer to one another."""
    towns = [Row({"行政区代码": code, "名称": TOWNS[code[6:]][0]}, cell) for code, cell in cells.items()]
    areas = [Row({"区块编号": b.code, "名称": b.name, "责任主体": b.body.name}, b.square) for b in blocks]
    lines = [_zone((b.code.replace("Q", "KZX"), f"{b.name}控制线", "一级", "2021版", "慈溪市人民政府", date(2021, 12, 28),
                    "慈政发〔2021〕52号"), b.square) for b in blocks]  # fmt: skip
    fields = []
    for code, squares in spare.items():
        for number, square in enumerate(squares[-2:] if len(squares) > 8 else (), start=1):
            left, bottom, right, top = square.bounds
            zone = box(left + 30, bottom + 30, right - 30, top - 30)
            values = (f"YJ{code[6:]}{number:02d}", f"{TOWNS[code[6:]][0]}永久基本农田片{number}", None, "2022版",
                      "浙江省人民政府", date(2022, 10, 14), "浙政函〔2022〕99号(示例)")  # fmt: skip
            fields.append(_zone(values, zone))
    return [
        Delivery("towns", OLD, [Sheet("行政区_合成.gpkg", "towns", towns, layer="towns")]),
        Delivery("blocks", date(2021, 12, 28), [Sheet("工业区块.shp", "blocks", areas, crs=4549)]),
        Delivery("control-lines", date(2021, 12, 28), [Sheet("工业区块控制线.gpkg", "control-lines", lines)]),
        Delivery("planning", date(2022, 10, 14), [Sheet("永久基本农田.geojson", "planning", fields)],
                 family="permanent_basic_farmland"),
    ]  # fmt: skip


def _zone(values: tuple[str | date | None, ...], shape: Polygon) -> Row:
    return Row(dict(zip(ZONE_COLUMNS, values, strict=True)), shape)
