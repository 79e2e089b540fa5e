"""CQL2 over HTTP: the table of expressions (cql2_table.txt) as text and as JSON, and what is refused by name."""

import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
from cql2 import parse_text
from sqlalchemy import text

from app.core import db
from app.policy.cql2.arrays import FUNCTIONS
from app.policy.cql2.spatial import PREDICATES
from app.policy.cql2.temporal import RELATIONS
from tests.maps.conftest import BASE, COUNTY
from tests.maps.test_items import ITEMS

DATA: list[tuple[str | None, float | None, bool | None, str | None, str | None, list[str] | None]] = [
    ("Straße", 0.5, True, "2024-01-01", "2024-03-31", ["C1"]),
    ("STRASSE", 1, False, "2024-02-01", "2024-02-29", ["C1", "C2"]),
    ("Οδος", 1.5, True, "2024-03-01", "2024-06-30", ["C2", "C1", "C2"]),
    ("ΟΔΟΣ", 2, None, "2024-04-01", "2024-04-01", []),
    ("Café", -2.5, False, "2024-05-01", None, ["C3"]),
    ("cafe", 0, True, None, "2024-12-31", ["C1", "C2", "C3"]),
    ("100%", 3.2, True, "2024-07-01", "2024-07-31", None),
    ("1000", 3.25, False, "2024-12-31", "2024-12-31", ["C10"]),
    ("a_b", 10, None, "2023-12-31", "2024-01-01", ["c1"]),
    ("axb", 100, True, "2020-02-29", "2021-02-28", ["C1"]),
    ("it's", 0.1, False, "1999-01-01", "2030-01-01", ["it's"]),
    ("甲区块", 0.2, True, "2024-06-30", "2024-07-01", ["低效"]),
    *((word, None, None, None, None, None) for word in ("a\\b", "じめ", "しめ", "", "A\u030a", "Å")),
]
"""block_code, far, on_list, agreed_start_on, tax_data_on, criteria_true of parcels 1…; user_count is the number up to 12, the rest is unknown."""
FILL = """
UPDATE map_filter
SET block_code = d.word, far = CAST(d.far AS numeric), on_list = CAST(d.listed AS boolean), agreed_start_on = CAST(d.first AS date),
    tax_data_on = CAST(d.last AS date), criteria_true = CAST(d.criteria AS text[]), user_count = CASE WHEN d.far IS NULL THEN NULL ELSE d.n END
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) d (n int, word text, far text, listed text, first text, last text, criteria text[])
WHERE county_code = :county AND id = CAST(:base AS bigint) + d.n
"""
SEEN = """
UPDATE map_parcel m
SET block_code = f.block_code, far = f.far
FROM map_filter f
WHERE f.county_code = :county AND m.county_code = f.county_code AND m.id = f.id
"""
"""What stands beside the texts as well."""
TABLE = (Path(__file__).parent / "cql2_table.txt").read_text("utf-8").split("\n## ")[1:]
CHAPTERS = {chapter.split("\n", 1)[0]: [row for row in chapter.split("\n")[1:] if row] for chapter in TABLE}


@pytest.fixture(scope="module")
async def varied(county: None) -> None:
    """The county's filter columns with texts, dates, arrays and gaps worth asking about."""
    names = ("n", "word", "far", "listed", "first", "last", "criteria")
    known = [*DATA, *((None,) * 6 for _ in range(len(DATA), 60))]
    rows = [dict(zip(names, (n, *values), strict=True)) for n, values in enumerate(known, 1)]
    async with db.engine().begin() as conn:
        await conn.execute(text(FILL), {"rows": json.dumps(rows), "county": COUNTY, "base": BASE})
        await conn.execute(text(SEEN), {"county": COUNTY})


def numbers(written: str) -> set[int]:
    """1 3-5 → {1, 3, 4, 5}; - is none."""
    found: set[int] = set()
    for part in written.split():
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1)) if first else set()
    return found


async def found(client: httpx.AsyncClient, **params: str) -> Any:
    answer = await client.get(ITEMS, params={"limit": "100", **params})
    return {f["id"] - BASE for f in answer.json()["features"]} if answer.status_code == 200 else (answer.status_code, answer.json())


def as_json(expression: str) -> str | None:
    """The expression as the parser's own JSON; None where it can't read or write it (empty arrays, \\\\')."""
    try:
        return json.dumps(parse_text(expression).to_json())
    except Exception:
        return None


@pytest.mark.parametrize("chapter", CHAPTERS)
async def test_the_table(planner: httpx.AsyncClient, varied: None, chapter: str) -> None:
    wrong, told = [], 0
    for row in CHAPTERS[chapter]:
        written, expected = row.rsplit(" ⇒ ", 1)
        expression = written.replace("(I,", "(INTERVAL(agreed_start_on,tax_data_on),").replace(
            ", I)", ", INTERVAL(agreed_start_on,tax_data_on))"
        )
        expression = expression.replace("I IS NULL", "INTERVAL(agreed_start_on,tax_data_on) IS NULL")
        asked = {"filter": expression}, {"filter": as_json(expression), "filter-lang": "cql2-json"}
        for params in asked:
            if params["filter"] is not None:
                answer = await found(planner, **params)
                told += 1
                if answer != numbers(expected):
                    wrong.append((row, params, answer))
    assert wrong == []
    assert told >= 1.75 * len(CHAPTERS[chapter]), "nearly every row is also asked as JSON"


def test_the_table_is_long_enough() -> None:
    assert sum(map(len, CHAPTERS.values())) >= 150


REFUSED = [
    ("far = 'x'", "filter_type"), ("block_code + 1 = 2", "filter_type"), ("criteria_true = 'C1'", "filter_type"), ("criteria_true LIKE 'C%'", "filter_type"),
    ("A_CONTAINS(criteria_true, (1))", "filter_type"), ("A_CONTAINS(criteria_true, (('C1')))", None), ("A_CONTAINS(criteria_true, (('C1','C2'),'C3'))", "filter_invalid"),
    ("A_CONTAINS(criteria_true, ('C1',))", "filter_invalid"), ("A_FOO(criteria_true, ('C1'))", "filter_function"), ("block_code IN ()", "filter_invalid"),
    ("T_DURING(agreed_start_on, INTERVAL('2024-01-01','2024-12-31'))", "filter_type"), ("T_AFTER(far, DATE('2024-01-01'))", "filter_type"),
    ("T_AFTER(agreed_start_on, INTERVAL('2024-12-31','2024-01-01'))", "filter_type"), ("T_AFTER(agreed_start_on, DATE('2024-02-30'))", "filter_type"),
    ("T_AFTER(agreed_start_on, INTERVAL('2024-12-31'))", None), ("I_AFTER(agreed_start_on, DATE('2024-01-01'))", "filter_function"),
    ("S_INTERSECTS(geom, POINT(90 180))", "filter_geometry"), ("S_INTERSECTS(geom, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "filter_geometry"),
    ("S_WITHIN(geom, GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(2 2,3 3)))", "filter_geometry"), ("S_INTERSECTS(geom, far)", "filter_type"),
    ("S_DWITHIN(geom, POINT(1 1), 5)", "filter_function"), ("S_INTERSECTS(geom, ST_Buffer(geom, 1))", "filter_function"), ("geom = geom", "filter_type"),
    ("UPPER(block_code) = 'A'", "filter_function"), ("pg_sleep(5) IS NULL", "filter_function"), ("version() = 'x'", "filter_function"),
    ("current_setting('port') = '1'", "filter_function"), ("far ^ 2", "filter_type"), ("far BETWEEN on_list AND TRUE", "filter_type"), ("NaN = far", "filter_property"),
]  # fmt: skip
HEAVY = [
    "far" + " ^ far" * 20 + " > 1", "far" + " ^ far" * 400 + " > 1", "far" + " * 1e30" * 400 + " > 1", "far" + " ^ 1e9" * 60 + " > 1", "1" + " / far" * 400 + " > 1", "(far" * 60 + ") ^ far" * 60 + " = 1",
    "block_code LIKE '" + "%_" * 2000 + "'", "A_EQUALS(criteria_true, (" + ",".join(["'x'"] * 1500) + "))", "CASEI(" * 60 + "block_code" + ")" * 60 + " = 'x'",
    "ACCENTI(" * 60 + "block_code" + ")" * 60 + " = 'x'", "NOT " * 60 + "on_list", " AND ".join(["I"] * 30).replace("I", "T_AFTER(agreed_start_on, INTERVAL('..','..'))"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "code"), REFUSED)
async def test_a_refusal_is_named(planner: httpx.AsyncClient, expression: str, code: str | None) -> None:
    answer = await found(planner, filter=expression)
    if code is None:
        assert isinstance(answer, set) or (answer[0], answer[1]["code"][:7]) == (400, "filter_")
    else:
        assert (answer[0], answer[1]["code"], answer[1]["pointer"]) == (400, code, "query:filter")


@pytest.mark.parametrize("number", range(len(HEAVY)))
async def test_heavy_but_lawful(planner: httpx.AsyncClient, varied: None, number: int) -> None:
    answer = await found(planner, filter=HEAVY[number])
    assert isinstance(answer, set) or answer[0] == 400, answer


PROPERTIES = ("far", "user_count", "block_code", "on_list", "agreed_start_on", "tax_data_on", "criteria_true", "geom", "id")
LITERALS: tuple[Any, ...] = (
    0, -1, 2.5, 1e30, "", "a%", "\\\\", "2024-01-01", True, None, {"date": "2024-02-29"}, {"timestamp": "2024-01-01T00:00:00Z"},
    {"interval": ["..", "2024-01-01"]}, {"interval": [{"property": "agreed_start_on"}, {"property": "tax_data_on"}]}, {"bbox": [121, 30, 121.002, 30.002]},
    {"type": "Point", "coordinates": [121.0015, 30.0004]}, {"type": "MultiPoint", "coordinates": [[121, 30], [121.0015, 30.0004]]}, [], ["C1"], [1, 2],
)  # fmt: skip


def tree(chance: random.Random, family: str, depth: int) -> Any:
    """A random tree, mostly of the right types."""
    if chance.random() < 0.05:
        return chance.choice(LITERALS)
    if family == "boolean" and depth:
        op = chance.choice(
            ("and", "or", "not", "=", "<>", "<", "<=", "isNull", "between", "in", "like", *PREDICATES, *RELATIONS, *FUNCTIONS)
        )
        if op in ("and", "or", "not"):
            return {"op": op, "args": [tree(chance, "boolean", depth - 1) for _ in range(1 if op == "not" else 2)]}
        kind = chance.choice(("number", "text", "date", "boolean"))
        kind = (
            "geometry"
            if op in PREDICATES
            else "when"
            if op in RELATIONS
            else "array"
            if op in FUNCTIONS
            else "text"
            if op == "like"
            else kind
        )
        args = [tree(chance, kind, depth - 1) for _ in range({"isNull": 1, "between": 3}.get(op, 2))]
        return {"op": op, "args": [args[0], args[1:]] if op == "in" else args}
    if family == "number" and depth:
        return {"op": chance.choice(("+", "-", "*", "/", "%", "div", "^")), "args": [tree(chance, "number", depth - 1) for _ in range(2)]}
    if family == "text" and depth:
        return {"op": chance.choice(("casei", "accenti")), "args": [tree(chance, "text", depth - 1)]}
    of = {"boolean": ((3,), (8,)), "number": ((0, 1, 8), (0, 1, 2, 3)), "text": ((2,), (4, 5, 6)), "date": ((4, 5), (10, 7)), "geometry": ((7,), (14, 15, 16)),
          "when": ((4, 5), (10, 11, 12, 13)), "array": ((6,), (17, 18, 19))}[family]  # fmt: skip
    return {"property": PROPERTIES[chance.choice(of[0])]} if chance.random() < 0.6 else LITERALS[chance.choice(of[1])]


async def test_random_trees_are_answered_or_refused(planner: httpx.AsyncClient, varied: None) -> None:
    """Whatever compiles also runs: no tree makes the database fail."""
    chance, told = random.Random(21065), {200: 0, 400: 0}
    for _ in range(300):
        asked = json.dumps(tree(chance, "boolean", chance.randrange(1, 5)))
        answer = await planner.get(ITEMS, params={"filter": asked, "filter-lang": "cql2-json", "limit": "1"})
        assert answer.status_code in told, (asked, answer.text)
        told[answer.status_code] += 1
    assert min(told.values()) > 50, told


async def test_too_large_is_refused(planner: httpx.AsyncClient) -> None:
    """As much as an address can hold; the server itself refuses longer ones."""
    ring = ",".join("[1,2]" for _ in range(9_000))
    polygon = '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Polygon","coordinates":[[' + ring + "]]}]}"
    for source in (polygon, "far=1OR" * 9000 + "far=1", '{"op":"not","args":[' * 2500, '{"op":"=","args":[{"property":"far"},NaN]}'):
        for lang in ("cql2-text", "cql2-json"):
            answer = await planner.get(ITEMS, params={"filter": source[:20_000], "filter-lang": lang})
            assert (answer.status_code, answer.json()["code"][:7]) == (400, "filter_"), answer.text[:200]


async def test_a_box_in_a_plane_is_the_plane_s_box(planner: httpx.AsyncClient) -> None:
    """A side of 60 km on a plane bows out by metres in degrees: a point just inside the middle of it is inside."""
    from app.core.crs import transformer

    to_plane, to_degrees = transformer(4490, 4549), transformer(4549, 4490)
    east, north = to_plane.transform(121.0014, 30.0004)  # in parcel 1
    inside, _ = to_degrees.transform(east, north)
    assert inside == pytest.approx(121.0014)
    for crs, box in (("4549", f"{north - 1},{east - 30000},{north + 1},{east + 1}"), ("4490", "30.0003,120.8,30.0005,121.0015")):
        params = {"filter": f"S_INTERSECTS(geom, BBOX({box}))", "filter-crs": f"http://www.opengis.net/def/crs/EPSG/0/{crs}"}
        assert await found(planner, **params) == {1}
    far = f"S_INTERSECTS(geom, BBOX({north - 1},{east + 30000},{north + 1},{east + 30001}))"
    assert await found(planner, filter=far, **{"filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4549"}) == set()


async def test_an_officer_s_arrays_and_a_viewer_s_none(officer: httpx.AsyncClient, viewer: httpx.AsyncClient, varied: None) -> None:
    assert await found(officer, filter="A_CONTAINS(criteria_true, ())") == {1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12}
    hidden = await found(viewer, filter="A_CONTAINS(criteria_true, ('C1'))")
    assert (hidden[0], hidden[1]["code"]) == (400, "filter_property")
    assert (await officer.get(ITEMS, params={"sortby": "criteria_true"})).status_code == 400
    for kind, is_listed in (("queryables", True), ("sortables", False)):
        document = (await officer.get(f"/collections/parcels/{kind}")).json()
        assert ("criteria_true" in document["properties"]) is is_listed
