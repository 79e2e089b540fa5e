"""Apply parcels: codes in a stated order (town, then source key), versions, lineage, other numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import aside, crs, db, events
from app.core.work import Work
from app.imports import bulk, numbering, progress
from app.imports.apply import parcel_store
from app.imports.apply.parcel_classes import classify, narrowed
from app.imports.apply.parcel_coverage import settle_coverage, towns_stated
from app.imports.apply.parcel_diff import Descent, Diff, compare, descents
from app.imports.apply.parcel_rows import COLUMNS, ParcelRows, settle
from app.imports.apply.parcel_standing import check_against_register
from app.imports.apply.plan import Job, Plan
from app.imports.context import Context
from app.imports.corrections import deliver as corrections
from app.imports.packed import PackedShapes, give_back
from app.imports.stage import Staged
from app.parcels.codes import one_code, parse_cadastral_code
from app.parcels.models import Parcel, ParcelAlias, ParcelLineage, ParcelVersion

_AT_ONCE = 20_000
_MANY = 1_000
"""New parcels from which on a register that holds none is written aside."""


async def plan(conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
    """Check the delivery, compare it with the register, keep what is accepted."""
    rows = settle(staged, county)
    give_back()
    await corrections.hold(conn, staged, rows, job.county)
    stated = towns_stated(job.covers, rows, county)
    rows = replace(rows, covered=rows.covered | (stated or frozenset()))
    progress.say("comparing", 0, len(rows.index))
    known = await parcel_store.register(conn, job.county, sorted(rows.present), sorted(rows.covered))
    whole = compare(rows, known)
    plane = _drawn(whole, county)
    rows, whole, found = settle_coverage(
        staged, rows, county, stated=stated, acceptance=job.acceptance, register=known.values(), whole=whole,
        found=descents(whole, rows, plane), plane=plane,
    )  # fmt: skip
    differences = classify(rows, whole, found)
    diff = narrowed(rows, whole, found, differences, job.acceptance)
    _report_older(staged, rows, diff, job)
    born = set(diff.new) if found else set()
    await check_against_register(conn, staged, rows, county, vanished=_drawn(whole, county), descents=found, whole=whole)

    async def write(work: Work) -> None:
        rows.shapes.plane, rows.present = PackedShapes(), frozenset()
        give_back()
        await _write(work, rows=rows, diff=diff, found=[d for d in found if d.child in born], job=job)

    applied = len(rows.index) - sum(one.position is not None and not job.acceptance.takes(one) for one in differences)
    return Plan(write, {"applied": applied, **diff.counts()}, differences, rows)


def _drawn(diff: Diff, county: Context) -> np.ndarray:
    """The vanished in the county's plane."""
    return crs.reproject(np.array([k.geom for k in diff.vanished], dtype=object), crs.STORED, county.meridian_epsg)


def _report_older(staged: Staged, rows: ParcelRows, diff: Diff, job: Job) -> None:
    """What is accepted must not be older than what stands."""
    for position, known in diff.changed:
        if known.valid_from is not None and known.valid_from > job.data_on:
            staged.report(rows.index[position], "version_later", value=f"{known.source_key},{known.valid_from}")
    for known in diff.vanished:
        if known.valid_from is not None and known.valid_from > job.data_on:
            staged.report_whole("version_later", value=f"{known.source_key},{known.valid_from},不在本次交付")


async def _write(work: Work, *, rows: ParcelRows, diff: Diff, found: list[Descent], job: Job) -> None:
    tables = parcel_store.TABLES
    is_aside = len(diff.new) >= _MANY
    async with aside.first_rows(work.conn, *tables, there=tables, reads=("parcel",)) if is_aside else aside.ordinary(work.conn) as copies:
        await _write_rows(work, copies, rows=rows, diff=diff, found=found, job=job)


async def _write_rows(work: Work, copies: aside.Copies, *, rows: ParcelRows, diff: Diff, found: list[Descent], job: Job) -> None:
    await copies.read("parcel")
    await copies.begin(*parcel_store.TABLES)
    order, ids = await _identities(work.conn, copies.there, rows=rows, diff=diff, job=job)
    await parcel_store.end_versions(work.conn, job.county, [*(k for _, k in diff.changed), *diff.vanished], job.data_on, job.import_id)
    again = [(p, k.id) for p, k in (*diff.changed, *diff.back)]
    opened = _Opened.of(order, ids, again)
    await _open(copies.there, rows, opened, job)
    await _first_aliases(copies.there, rows, _Opened.of(order, ids), job)
    await parcel_store.refresh_aliases(
        copies.there, job.county, _aliases(rows, _Opened.of([], range(0), again)), job.data_on, job.import_id
    )
    if copies.are_two:
        await db.analyze(copies.there, "parcel", *parcel_store.TABLES)
    await copies.keep()
    await copies.at_once(partial(copies.bring, "parcel"), partial(copies.index, copies.there, *parcel_store.TABLES))
    await copies.keep()
    children = {descent.child for descent in found}
    await _lineage(work.conn, found, born={p: i for p, i in zip(order, ids, strict=True) if p in children}, job=job)
    touched = [*opened.ids.tolist(), *(k.id for k in diff.vanished)]
    if touched:
        work.touch("parcels", "cases")  # a case is drawn with its parcels' shapes
        progress.say("publishing", 0, len(touched))
        await events.publish(work.conn, events.ParcelsChanged(job.county, touched))


@dataclass(frozen=True)
class _Opened:
    """Rows of the delivery and the parcels they are versions of, in the parcels' order: numbers, not a million pairs."""

    positions: np.ndarray
    ids: np.ndarray

    @classmethod
    def of(cls, order: Sequence[int], born: range, again: Sequence[tuple[int, int]] = ()) -> "_Opened":
        positions = np.array([*order, *(position for position, _ in again)], dtype=np.int64)
        ids = np.concatenate([np.arange(born.start, born.stop, dtype=np.int64), np.array([i for _, i in again], dtype=np.int64)])
        sorts = np.argsort(ids, kind="stable")
        return cls(positions[sorts], ids[sorts])

    def __len__(self) -> int:
        return len(self.ids)

    def parts(self) -> Iterator["_Opened"]:
        for start in range(0, len(self), _AT_ONCE):
            yield _Opened(self.positions[start : start + _AT_ONCE], self.ids[start : start + _AT_ONCE])


async def _open(conn: AsyncConnection, rows: ParcelRows, opened: _Opened, job: Job) -> None:
    """Write the new versions, valid from the delivery's day on."""
    progress.say("writing", 0, len(opened))
    await bulk.copy(conn, ParcelVersion, [partial(_versions, rows, part, job) for part in opened.parts()], total=len(opened))


async def _first_aliases(conn: AsyncConnection, rows: ParcelRows, born: _Opened, job: Job) -> None:
    """Other numbers of new parcels, of which none stands yet."""

    def made(part: _Opened) -> dict[str, Sequence[Any]]:
        return parcel_store.alias_columns(job.county, _aliases(rows, part), job.data_on, job.import_id)

    await bulk.copy(conn, ParcelAlias, [partial(made, part) for part in born.parts()])


async def _identities(conn: AsyncConnection, there: AsyncConnection, *, rows: ParcelRows, diff: Diff, job: Job) -> tuple[list[int], range]:
    """New parcels get codes: positions by birth town, then source key, so that the same delivery gives the same codes; and their ids."""
    towns = rows.values.taken("town_code")
    suffixes = {code: str(code)[-3:] for code in set(towns)}
    suffix = [suffixes[code] for code in towns]
    order = sorted(diff.new, key=rows.key.__getitem__)
    order.sort(key=suffix.__getitem__)
    ids = await numbering.take_ids(conn, job.county, kind="id", count=len(order))
    numbers: list[int] = []
    for town, group in groupby(order, key=suffix.__getitem__):
        numbers += await numbering.take(conn, job.county, town=town, kind="P", count=len(list(group)))

    def part(start: int) -> dict[str, Sequence[Any]]:
        these = slice(start, start + _AT_ONCE)
        born, count = order[these], len(order[these])
        codes = [one_code(job.county, suffix[p], "P", number) for p, number in zip(born, numbers[these], strict=True)]
        return {
            "id": ids[these], "county_code": [job.county] * count, "land_code": codes, "source_key": [rows.key[p] for p in born],
            "born_import_id": [job.import_id] * count,
        }  # fmt: skip

    await bulk.copy(there, Parcel, [partial(part, start) for start in range(0, len(order), _AT_ONCE)])
    return order, ids


def _versions(rows: ParcelRows, opened: _Opened, job: Job) -> dict[str, Sequence[Any]]:
    positions = opened.positions.tolist()
    planar, geodesic = rows.areas(positions)
    columns: dict[str, Sequence[Any]] = {
        "county_code": [job.county] * len(opened),
        "parcel_id": opened.ids.tolist(),
        "valid": [f"[{job.data_on.isoformat()},)"] * len(opened),
        "geom": rows.shapes.stored.wkb([rows.index[p] for p in positions]),
        "area_planar_m2": planar,
        "area_geodesic_m2": geodesic,
        "import_id": [job.import_id] * len(opened),
        "opened_import_id": [job.import_id] * len(opened),
        "source_row": [rows.row[p] for p in positions],
    }
    return columns | {name: rows.values.taken(name, positions) for name in COLUMNS}


def _aliases(rows: ParcelRows, opened: _Opened) -> list[tuple[int, str, str]]:
    """宗地代码 and 不动产单元号 as delivered; a key that is no 宗地代码 is a legacy number."""
    wanted = []
    positions, parcels = opened.positions.tolist(), opened.ids.tolist()
    codes, units = (rows.values.taken(name, positions) for name in ("cadastral_code", "unit_code"))
    for position, parcel, code, unit in zip(positions, parcels, codes, units, strict=True):
        key = rows.key[position]
        if key == code or parse_cadastral_code(key):
            wanted.append((parcel, "cadastral", key))
        elif "row:" not in key:
            wanted.append((parcel, "legacy", key))
        if unit:
            wanted.append((parcel, "unit", unit))
    return wanted


async def _lineage(conn: AsyncConnection, found: list[Descent], *, born: dict[int, int], job: Job) -> None:
    if found:
        columns: dict[str, Sequence[Any]] = {
            "county_code": [job.county] * len(found), "parent_id": [d.parent.id for d in found], "child_id": [born[d.child] for d in found],
            "kind": [d.kind for d in found], "happened_on": [job.data_on] * len(found), "share": [d.share for d in found],
            "import_id": [job.import_id] * len(found),
        }  # fmt: skip
        await bulk.insert(conn, ParcelLineage, columns)
