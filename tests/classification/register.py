"""A tiny register written by hand: parcels, firms and their data, one call each."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

COUNTY = "999001"
BODY = "999001101"
AS_OF = date(2025, 9, 30)
FRESH = date(2025, 6, 30)
_SQUARE = "ST_Multi(ST_Transform(ST_MakeEnvelope(500000 + :n * 200, 3330000, 500000 + :n * 200 + 100, 3330100, 4549), 4490))"


class Register:
    """Writes rows and remembers their ids."""

    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn
        self.numbers = count(1)

    async def open(self) -> "Register":
        await self.conn.execute(
            text("INSERT INTO county (code, name, meridian_epsg, is_test) VALUES (:c, '试验县', 4549, true) ON CONFLICT DO NOTHING"),
            {"c": COUNTY},
        )
        return self

    async def insert(self, table: str, **values: Any) -> int:
        values = {"county_code": COUNTY, **values}
        names = ", ".join(values)
        sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"
        key = {"list_check": "1", "parcel": "id", "parcel_version": "version_id", "parcel_overlay": "1"}.get(table, "id")
        return (await self.conn.execute(text(f"{sql} RETURNING {key}"), values)).scalar_one()

    async def parcel(self, **values: Any) -> int:
        """A square of 10,000 m²; registered area 10,000 unless said otherwise."""
        n = next(self.numbers)
        parcel_id = int(COUNTY) * 10**9 + n
        await self.insert("parcel", id=parcel_id, land_code=f"{BODY}P{n:06d}0", source_key=f"k{n}")
        row = {
            "area_registered_m2": Decimal(10_000), "area_contract_m2": None, "area_planar_m2": Decimal(10_000), "ownership": "G",
            "cadastral_code": None, "town_code": BODY, "responsible_body": BODY, "block_code": None,
        } | values  # fmt: skip
        row |= {"county_code": COUNTY, "parcel_id": parcel_id, "area_geodesic_m2": row["area_planar_m2"]}
        valid = f"daterange('{row.pop('from_', '2021-01-01')}', {row.pop('to', 'NULL')})"
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        await self.conn.execute(
            text(f"INSERT INTO parcel_version ({names}, valid, geom) VALUES ({marks}, {valid}, {_SQUARE})"), {**row, "n": n}
        )
        return parcel_id

    async def firm(self, uscc: str | None = None, **values: Any) -> int:
        n = next(self.numbers)
        row = {
            "uscc": uscc or f"91330282MA{n:08d}",
            "name": f"企业{n}",
            "industry_code": "3857",
            "status": "active",
            "data_on": FRESH,
        } | values
        return await self.insert("enterprise", **row)

    async def holds(self, firm: int, parcel: int, mu: float | None, relation: str = "own", **values: Any) -> None:
        area = None if mu is None else round(Decimal(str(mu)) / Decimal("0.0015"), 2)
        row = {"start_on": date(2019, 1, 1), "end_on": None, "data_on": FRESH} | values
        await self.insert("occupancy", enterprise_id=firm, parcel_id=parcel, relation=relation, area_m2=area, **row)

    async def tax(self, firm: int, wan: float | None, year: int = 2024, data_on: date | None = FRESH) -> None:
        value = None if wan is None else Decimal(str(wan))
        await self.insert("enterprise_indicator", enterprise_id=firm, year=year, tax_wan=value, data_on=data_on)

    async def grade(self, firm: int, grade: str, year: int = 2024, published_on: date | None = date(2025, 8, 8)) -> None:
        await self.insert("enterprise_grade", enterprise_id=firm, year=year, grade=grade, published_on=published_on)

    async def building(
        self, parcel: int, gross: float | None = 100, counted: float | None = 100, vacant: float | None = 0, **values: Any
    ) -> None:
        areas = {"gross_floor_area_m2": gross, "far_floor_area_m2": counted, "vacant_floor_area_m2": vacant}
        exact = {name: None if value is None else Decimal(str(value)) for name, value in areas.items()}
        await self.insert("building", parcel_id=parcel, number=str(next(self.numbers)), **({"data_on": FRESH} | exact | values))

    async def contract(self, parcel: int, **values: Any) -> int:
        row = {
            "electronic_no": f"330282{next(self.numbers):06d}",
            "supply_mode": "listed_grant",
            "signed_on": date(2018, 3, 1),
            "data_on": FRESH,
        }
        return await self.insert("supply_contract", parcel_id=parcel, **(row | values))

    async def promise(self, contract: int, **values: Any) -> None:
        row = {
            "indicator": "亩均税收",
            "comparator": ">=",
            "promised": Decimal(30),
            "gate": "capacity",
            "due_on": date(2027, 12, 31),
            "actual": None,
        }
        await self.insert("standard_land_indicator", contract_id=contract, **(row | values))

    async def lists_checked(self, on: date = date(2025, 9, 1), *, but: str | None = None) -> None:
        for kind in ("high_consumption_low_efficiency", "scattered_disordered_polluting", "obsolete_capacity"):
            if kind != but:
                await self.insert("list_check", list_kind=kind, data_on=on)

    async def listed(
        self, firm: int, kind: str = "obsolete_capacity", entered_on: date | None = date(2024, 1, 1), exit_on: date | None = None
    ) -> None:
        await self.insert("list_membership", enterprise_id=firm, list_kind=kind, entered_on=entered_on, exit_on=exit_on)
