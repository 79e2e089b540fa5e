"""Assembles the proving ground: a grid of parcels in three invented towns, one recipe after another."""

from __future__ import annotations

from datetime import date

import numpy as np
from shapely.geometry import Polygon, box

from geodata.book import Book
from geodata.county import County
from geodata.land import Parcel, cadastral_code, rectangle
from geodata.proving import evaluation_cases, idle_cases, site_cases, supply_cases
from geodata.proving.builder import write_enterprise, write_parcel
from geodata.proving.deliveries import proving_deliveries
from geodata.proving.recipe import Recipe, User
from geodata.verdicts import Idle, Verdict, criteria

CODE, NAME = "999001", "试验县"
TOWNS = [("999001101", "东试镇"), ("999001102", "中试镇"), ("999001103", "西试镇")]
PARK = "试验产业园"
ORIGIN = (625_000.0, 3_340_000.0)  # around 121.3E 30.2N in EPSG:4549
STEP_X, STEP_Y, COLUMNS, TOWN_WIDTH = 150.0, 115.0, 24, 3800.0
SPECIAL = [
    Recipe("defect/lets more than he holds", users=(User(1.0, net=0.0), User(1.1, tenant=True))),
]
RECIPES = [*evaluation_cases.CASES, *site_cases.CASES, *idle_cases.CASES, *supply_cases.CASES, *SPECIAL]


def proving_ground(seed: int) -> County:
    """County 999001. The seed shuffles the order of cases, hence codes, places and files."""
    rng = np.random.default_rng(seed)
    book = Book(CODE, registrar="330200")
    plan = [recipe for recipe in RECIPES for _ in range(recipe.count // (2 if recipe.paired else 1))]
    parcels: list[Parcel] = []
    idle_at: list[tuple[str, Parcel, Idle]] = []
    for index in rng.permutation(len(plan)):
        made = _make(book, plan[index], len(parcels))
        parcels.extend(made)
        idle_at.extend((day, parcel, idle) for day, idle in plan[index].at.items() for parcel in made)
    rows = -(-len(parcels) // (3 * COLUMNS)) + 1
    height = rows * STEP_Y + 1200.0  # free ground in the north for planted defects
    outline, cells = _outline(height)
    deliveries, extra = proving_deliveries(book, parcels, cells, TOWNS)
    everything = [*parcels, *extra]
    return County(
        CODE, NAME, date(2025, 9, 30), 2024, TOWNS, _bodies(), outline, deliveries, everything,
        idle_at=sorted(idle_at, key=lambda item: (item[0], item[1].code)),
        figures=_figures(everything, book),
    )  # fmt: skip


def _make(book: Book, recipe: Recipe, number: int) -> list[Parcel]:
    if not recipe.paired:
        parcel = _parcel(recipe, number)
        write_parcel(book, parcel, recipe, None)
        return [parcel]
    pair = [_parcel(recipe, number), _parcel(recipe, number + 1)]
    code = book.new_enterprise()
    write_enterprise(book, code, recipe.users[0], sum(p.mu for p in pair))
    for parcel in pair:
        write_parcel(book, parcel, recipe, [(code, parcel.mu)])
    return pair


def _parcel(recipe: Recipe, number: int) -> Parcel:
    strip, place = number % 3, number // 3
    town, town_name = TOWNS[strip]
    x = ORIGIN[0] + strip * TOWN_WIDTH + 60.0 + (place % COLUMNS) * STEP_X
    y = ORIGIN[1] + 60.0 + (place // COLUMNS) * STEP_Y
    shape = rectangle(x, y, recipe.area)
    body = PARK if strip == 1 and place % 4 == 0 else town_name
    code = cadastral_code(town, 1, recipe.ownership, place + 1)
    return Parcel(
        code, town, body, shape,
        registered=recipe.area if recipe.registered == -1.0 else recipe.registered,
        approved=recipe.area if recipe.approved == -1.0 else recipe.approved,
        ownership=recipe.ownership, name=f"试验地块{number + 1}号", location=f"{town_name}试验路{place + 1}号",
        unit=f"{code}F00010001" if number % 3 == 0 else None, case=recipe.case,
        verdict=Verdict(criteria(recipe.true), criteria(recipe.unknown), recipe.idle, recipe.standard,
                        recipe.status, recipe.ownership == "J"),
    )  # fmt: skip


def _outline(height: float) -> tuple[Polygon, list[Polygon]]:
    x, y = ORIGIN
    cells = [box(x + i * TOWN_WIDTH, y, x + (i + 1) * TOWN_WIDTH, y + height) for i in range(3)]
    edge = [(x + i * TOWN_WIDTH, y) for i in range(4)] + [(x + i * TOWN_WIDTH, y + height) for i in (3, 2, 1, 0)]
    return Polygon(edge), cells


def _bodies() -> list[dict[str, str]]:
    towns = [{"code": code, "name": name, "kind": "town"} for code, name in TOWNS]
    return [*towns, {"code": "999001401", "name": PARK, "kind": "functional_area"}]


def _figures(parcels: list[Parcel], book: Book) -> dict[str, object]:
    low = [p for p in parcels if p.verdict.true]
    return {
        "parcels": len(parcels),
        "enterprises": sum(row.applied for row in book.rows["enterprises"]),
        "inefficient": {"count": len(low), "mu": round(sum(p.mu for p in low), 4)},
        "unknown": sum(p.verdict.inefficient == "unknown" for p in parcels),
        "idle_suspected": sum(p.verdict.idle.result == "suspected" for p in parcels),
    }
