"""The two parcel deliveries a year apart: the first is the second with its changes undone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from shapely.geometry import Polygon

from geodata.demo.ground import Place, neighbours
from geodata.demo.parcels import Codes, registered_area
from geodata.demo.shapes import halves, joined, smaller
from geodata.land import Parcel
from geodata.sheets import Row

SPLITS, MERGES, RESHAPED, CORRECTED, ADDED, SURVEYED = 20, 20, 240, 100, 60, 40
SURVEY_TOWN = "330282112"


@dataclass
class History:
    """What happened between the deliveries; `before` are the rows of the first, `surveyed` come as TXT."""

    before: list[Row] = field(default_factory=list)
    surveyed: set[str] = field(default_factory=set)
    added: list[str] = field(default_factory=list)
    lineage: list[tuple[str, str, str]] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    reshaped: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)


def undo_changes(places: list[Place], parcels: list[Parcel], dropped: list[Parcel], codes: Codes, rng: Generator) -> History:
    """The first delivery, from places and parcels of the second; dropped parcels stand only in the first."""
    history = History()
    used: set[int] = set()
    _added(history, parcels, used, rng)
    _splits(history, places, parcels, used, codes, rng)
    quads = [i for i in rng.permutation(len(places)) if places[i].form == "quad" and i not in used]
    for index in quads[:MERGES]:
        used.add(int(index))
        _merge(history, places[index], parcels[index], codes, rng)
    for index in quads[MERGES : MERGES + RESHAPED]:
        used.add(int(index))
        _reshape(history, places[index], parcels[index], rng)
    rest = [i for i in range(len(parcels)) if i not in used]
    corrected = {rest[i] for i in rng.permutation(len(rest))[:CORRECTED]}
    for index in rest:
        row = parcels[index].row()
        if index in corrected:
            _correct(row, index)
            history.corrected.append(parcels[index].code)
        history.before.append(row)
    for parcel in dropped:
        history.before.append(parcel.row())
        history.vanished.append(parcel.code)
    history.before.sort(key=lambda row: str(row.values["宗地代码"]))
    return history


def _added(history: History, parcels: list[Parcel], used: set[int], rng: Generator) -> None:
    """New land: surveyed plots of one town (TXT) and some elsewhere."""
    for index in rng.permutation(len(parcels)):
        parcel = parcels[index]
        survey = parcel.town == SURVEY_TOWN and len(history.surveyed) < SURVEYED
        if survey and isinstance(parcel.shape, Polygon) and parcel.ownership == "G" and parcel.mu > 3.2:
            history.surveyed.add(parcel.code)
        elif parcel.town == SURVEY_TOWN or len(history.added) - len(history.surveyed) >= ADDED:
            continue
        used.add(int(index))
        history.added.append(parcel.code)


def _splits(history: History, places: list[Place], parcels: list[Parcel], used: set[int], codes: Codes, rng: Generator) -> None:
    pairs = neighbours(places)
    count = 0
    for index in rng.permutation(len(pairs)):
        left, right = pairs[index]
        one_file = parcels[left].town == parcels[right].town and parcels[left].body == parcels[right].body
        if count == SPLITS or left in used or right in used or not one_file:
            continue
        count += 1
        used |= {left, right}
        parent = _former(parcels[left], joined(places[left].plot, places[right].plot), places[left], codes, rng)
        history.before.append(parent.row())
        history.vanished.append(parent.code)
        history.lineage += [(parent.code, parcels[i].code, "split") for i in (left, right)]


def _merge(history: History, place: Place, child: Parcel, codes: Codes, rng: Generator) -> None:
    for half in halves(place.plot, float(rng.uniform(0.35, 0.65))):
        parent = _former(child, half, place, codes, rng)
        history.before.append(parent.row())
        history.vanished.append(parent.code)
        history.lineage.append((parent.code, child.code, "merge"))


def _former(later: Parcel, shape: Polygon, place: Place, codes: Codes, rng: Generator) -> Parcel:
    """A parcel that no longer stands; its number is not used again."""
    return Parcel(
        codes.next(later.town, place.sub, later.ownership), later.town, later.body, shape,
        registered=registered_area(shape.area, rng), approved=round(shape.area, 2), ownership=later.ownership,
        name=f"{later.name}(原)", location=later.location, block=later.block,
    )  # fmt: skip


def _reshape(history: History, place: Place, parcel: Parcel, rng: Generator) -> None:
    row = parcel.row()
    row.geometry = smaller(place.plot, float(rng.uniform(0.01, 0.04)))
    row.values["证载面积"] = registered_area(row.geometry.area, rng)
    row.values["批准面积"] = round(row.geometry.area, 2)
    history.before.append(row)
    history.reshaped.append(parcel.code)


def _correct(row: Row, index: int) -> None:
    """One attribute that the second delivery sets right."""
    values = row.values
    kind = index % 3
    if kind == 0:
        values["宗地名称"] = f"{values['宗地名称']}(待核)"
    elif kind == 1:
        values["地类编码"] = "0604"
    else:
        values["坐落"] = f"{values['坐落']}旁"


def carry_back(first: list[Row], second: list[Row]) -> None:
    """A wrong value of the second delivery stood in the first already, so that it is no change."""
    before = {row.values["宗地代码"]: row for row in first}
    for row in second:
        old = before.get(row.values["宗地代码"])
        for code, name in row.issues if old is not None and row.applied else ():
            if name and code != "duplicate_key" and old is not None:
                old.values[name] = row.values[name]
                old.flag(code, name)


def rows_of_second(parcels: list[Parcel]) -> list[Row]:
    """The second delivery in order of code."""
    order = np.argsort([p.code for p in parcels], kind="stable")
    return [parcels[i].row() for i in order]
