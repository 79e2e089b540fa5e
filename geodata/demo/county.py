"""Assembles the demo county: ground, cases, rows, deliveries, figures."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
from shapely.geometry import Point, Polygon

from geodata.book import Book
from geodata.county import County
from geodata.defects import Site as Spot
from geodata.defects import plant_in_parcels, plant_in_tables
from geodata.demo.cases import decide
from geodata.demo.deliveries import History, carry_back, rows_of_second, undo_changes
from geodata.demo.economy import write_firms
from geodata.demo.figures import figures_of
from geodata.demo.ground import Ground, lay_out, spots
from geodata.demo.ledger import Posting, plan_postings
from geodata.demo.parcels import Codes, clear_of, make_parcels
from geodata.demo.tenure import write_sites
from geodata.demo.territory import BODIES, CODE, NAME, OUTSIDE, TOWNS, outline, town_cells
from geodata.demo.zones import zone_deliveries
from geodata.land import Parcel, flag_area
from geodata.sheets import Delivery, Row, Sheet
from geodata.tables import table_deliveries

PARCELS, PLANTED = 8000, 25
FIRST, SECOND = date(2024, 6, 30), date(2025, 6, 30)
GEOPACKAGE_TOWNS = ("330282107", "330282121", "330282123")
GEOJSON_TOWN = "330282113"
FAULTY_TOWNS = ("330282107", "330282109")  # one in the GeoPackage, one in the Shapefile


def demo_county(seed: int) -> County:
    """County 330282 at 2025-09-30."""
    rng = np.random.default_rng(seed)
    county = outline()
    cells = town_cells(county)
    postings = plan_postings(rng)
    ground = lay_out(cells, postings, PARCELS - PLANTED, rng)
    codes = Codes()
    everything = make_parcels(ground.places, codes, rng)
    places = [p for p in ground.places if p.kind == "parcel"]
    parcels = [p for p, place in zip(everything, ground.places, strict=True) if place.kind == "parcel"]
    dropped = [p for p, place in zip(everything, ground.places, strict=True) if place.kind == "dropped"]
    for parcel in parcels:
        clear_of(parcel, 3.0, rng)
    history = undo_changes(places, parcels, dropped, codes, rng)
    for parcel in parcels:
        if parcel.code in history.surveyed:
            parcel.registered, parcel.approved = None, round(parcel.shape.area / 10_000, 4) * 10_000
    book = Book(CODE)
    sites, firms = decide(parcels, rng)
    write_firms(book, firms, rng)
    write_sites(book, sites, rng)
    first, second = _first_sheets(history), _second_sheets(parcels, history)
    planted = _plant(second, ground, cells, county, book)
    if len(planted) != PLANTED:
        raise ValueError(f"{len(planted)} planted parcels")
    carry_back([row for sheet in first for row in sheet.rows], [row for sheet in second for row in sheet.rows])
    for sheet in (*first, *second):
        for row in sheet.rows:
            flag_area(row)
    deliveries = [
        *zone_deliveries(cells, ground.blocks, ground.spare),
        Delivery("parcels", FIRST, first), Delivery("parcels", SECOND, second),
        *table_deliveries(book), *_ledger(postings),
    ]  # fmt: skip
    final = [*parcels, *planted]
    return County(
        CODE, NAME, date(2025, 9, 30), 2024, [(CODE + s, t[0]) for s, t in TOWNS.items()], _bodies(), county,
        deliveries, final, lineage=sorted(history.lineage),
        figures=figures_of(final, history, book, postings, first),
    )  # fmt: skip


def _bodies() -> list[dict[str, object]]:
    return [
        {"code": b.code, "name": b.name, "kind": b.kind, "town": b.town, "task_mu": b.task_mu, "municipal": b is not OUTSIDE}
        for b in [*BODIES, OUTSIDE]
    ]


def _first_sheets(history: History) -> list[Sheet]:
    groups = _by_format(history.before)
    return [
        Sheet("2024年宗地_各镇.shp", "parcels", groups["shp"], crs=4549),
        Sheet("2024年宗地_东西片.gpkg", "parcels", groups["gpkg"], layer="parcels"),
        Sheet("2024年宗地_胜山镇.geojson", "parcels", groups["geojson"]),
    ]


def _by_format(rows: list[Row]) -> dict[str, list[Row]]:
    """Each town sends its own format."""
    groups: dict[str, list[Row]] = {"shp": [], "gpkg": [], "geojson": []}
    for row in rows:
        town = str(row.values["乡镇代码"])
        groups["gpkg" if town in GEOPACKAGE_TOWNS else "geojson" if town == GEOJSON_TOWN else "shp"].append(row)
    return groups


def _second_sheets(parcels: list[Parcel], history: History) -> list[Sheet]:
    rows = rows_of_second(parcels)
    groups = _by_format([row for row in rows if row.values["宗地代码"] not in history.surveyed])
    surveyed = [row for row in rows if row.values["宗地代码"] in history.surveyed]
    return [
        Sheet("2025年宗地_各镇.shp", "parcels", groups["shp"], crs=4549),
        Sheet("2025年宗地_东西片.gpkg", "parcels", groups["gpkg"], layer="parcels", headers={"证载面积": "证载面积（亩）"}),
        Sheet("2025年宗地_胜山镇.geojson", "parcels", groups["geojson"]),
        Sheet("2025年新增用地_新浦镇.txt", "parcels", surveyed),
    ]


def _plant(sheets: list[Sheet], ground: Ground, cells: dict[str, Polygon], county: Polygon, book: Book) -> list[Parcel]:
    """Faults in the Shapefile and the GeoPackage of the second delivery, and in the tables."""
    planted: list[Parcel] = []
    for town, sheet in zip(FAULTY_TOWNS, (sheets[1], sheets[0]), strict=True):
        free = spots(ground.spare[town][0])
        site = Spot(town, TOWNS[town[6:]][0], free, _edge(cells[town], county))
        planted += plant_in_parcels(sheet, site, book, "330282114")
    plant_in_tables(book)
    return planted


def _edge(cell: Polygon, county: Polygon) -> tuple[float, float, float, float]:
    """The middle of the longest stretch of the county's outline along a town, with the normal outwards."""
    best = (0.0, (0.0, 0.0, 0.0, 0.0))
    ring = list(cell.exterior.coords)
    for (ax, ay), (bx, by) in pairwise(ring):
        length = float(np.hypot(bx - ax, by - ay))
        x, y = (ax + bx) / 2, (ay + by) / 2
        nx, ny = (by - ay) / length, -(bx - ax) / length
        for sign in (1, -1):
            out = (x, y, sign * nx, sign * ny)
            if length > best[0] and not county.intersects(_probe(*out)):
                best = (length, out)
    return best[1]


def _probe(x: float, y: float, nx: float, ny: float) -> Polygon:
    return Point(x + nx * 120, y + ny * 120).buffer(80)


def _ledger(postings: list[Posting]) -> list[Delivery]:
    mapped = [p.row() for p in postings if p.ground is not None]
    unmapped = [p.row() for p in postings if p.ground is None]
    day = date(2025, 9, 30)
    return [
        Delivery("ledger-opening", day, [Sheet("期初台账_未上图.xlsx", "ledger-opening", unmapped)]),
        Delivery("ledger-opening", day, [Sheet("期初台账_上图.gpkg", "ledger-opening", mapped)]),
    ]
