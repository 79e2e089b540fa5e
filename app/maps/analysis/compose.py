"""From areas to the answer: rows, groups, planning and the check of the sum, in the caller's scope. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import numpy as np
import shapely

from app.core.principal import Principal
from app.core.units import half_up, m2_to_hectare, m2_to_mu
from app.maps.analysis.parts import SLIVER_M2, TOLERANCE_M2, Cut, apportioned, inside_of, share
from app.maps.meta import CLASSES
from app.zoning.families import FAMILIES, INSIDE_FROM, OUTSIDE_TO

OWNERSHIP: Final = {"G": "国有", "J": "集体", "Z": "未确定", "unknown": "未知"}
RELATIONS: Final = {"own": "自有", "rent_in": "承租", "rent_out": "出租"}
OTHER_BODY: Final = "other_body"
OVERLAPS_SHOWN: Final = 200
_SAME_M2: Final = 0.005
_FULL: Final = (
    "cadastral_code", "name", "responsible_body", "body_name", "ownership", "display_class", "inefficient", "idle", "standard_land",
    "grade", "tax_band",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """Parcels of the range with their printed areas (m², 2 decimals)."""

    rows: Sequence[Any]
    covered: list[Decimal]
    counted: list[Decimal]
    uncovered: Decimal
    range_m2: Decimal
    cut: Cut
    at: list[int]
    """Where each row stands in the cut."""


def measured(rows: Sequence[Any], cut: Cut) -> Measured:
    """Rows that have a part in the range; printed parts add up to the printed range."""
    at = [int(i) for i in np.flatnonzero(cut.covered > 0)]
    parts, total = apportioned([*(float(cut.counted[i]) for i in at), cut.uncovered_m2], cut.range_m2)
    counted, uncovered = parts[:-1], parts[-1]
    same = [cut.covered[i] - cut.counted[i] < _SAME_M2 for i in at]
    covered = [c if is_same else half_up(Decimal(float(cut.covered[i])), 2) for i, c, is_same in zip(at, counted, same, strict=True)]
    return Measured([rows[i] for i in at], covered, counted, uncovered, total, cut, at)


def area(m2: Decimal) -> dict[str, Decimal]:
    """m² and 亩 (4 decimals, so that rows add up)."""
    return {"m2": m2, "mu": m2_to_mu(m2, 4)}


def parcel_rows(said: Measured, principal: Principal, bands: dict[str, str]) -> list[dict[str, Any]]:
    """One row a parcel, largest part first; of another body an officer gets code and covered area."""
    found = []
    for row, covered, counted, i in zip(said.rows, said.covered, said.counted, said.at, strict=True):
        is_full, whole = principal.sees_body(row.responsible_body), Decimal(float(said.cut.whole[i]))
        shown = {name: getattr(row, name) if is_full else None for name in _FULL}
        shown["responsible_body_name"] = shown.pop("body_name")
        shown["tax_band_label"] = bands.get(shown["tax_band"] or "", shown["tax_band"])
        found.append({
            "land_code": row.land_code, **shown, "covered_m2": covered, "covered_mu": m2_to_mu(covered, 4), "counted_m2": counted,
            "parcel_m2": half_up(whole, 2), "share_of_parcel": share(covered, whole),
            "share_of_range": share(covered, said.range_m2), "is_outline": not is_full, "href": f"/api/parcels/{row.land_code}",
        })  # fmt: skip
    return sorted(found, key=lambda r: (-r["covered_m2"], r["land_code"]))


def groups(said: Measured, principal: Principal, key_of: Callable[[Any], str | None], labels: dict[str, str]) -> list[dict[str, Any]]:
    """宗, m², 亩 and share by key; ground claimed twice counts once, so that groups and the uncovered rest add up to the range."""
    found: dict[str, list[Any]] = {}
    for row, counted in zip(said.rows, said.counted, strict=True):
        key = (key_of(row) or "unknown") if principal.sees_body(row.responsible_body) else OTHER_BODY
        figure = found.setdefault(key, [0, Decimal(0)])
        figure[0] += 1
        figure[1] += counted
    order = [*labels, *sorted(set(found) - set(labels) - {OTHER_BODY}), OTHER_BODY]
    known = labels | {OTHER_BODY: "其他责任主体(仅轮廓)"}
    return [
        {"key": key, "label": known.get(key, key), "n_parcels": found[key][0], **area(found[key][1]),
         "share_of_range": share(found[key][1], said.range_m2)}
        for key in order if key in found
    ]  # fmt: skip


def by_class(said: Measured, principal: Principal) -> list[dict[str, Any]]:
    """Groups by display class of the map."""
    return groups(said, principal, lambda row: row.display_class, {key: label for key, (label, _, _) in CLASSES.items()})


def by_ownership(said: Measured, principal: Principal) -> list[dict[str, Any]]:
    """Groups by 权属."""
    return groups(said, principal, lambda row: row.ownership, OWNERSHIP)


def totals(said: Measured, principal: Principal) -> dict[str, Any]:
    """Parcels of the range, ground once, ground claimed by more than one parcel, 初判 counts of what the caller sees in full."""
    counted, covered = sum(said.counted, Decimal(0)), sum(said.covered, Decimal(0))
    seen = [(row, m2) for row, m2 in zip(said.rows, said.counted, strict=True) if principal.sees_body(row.responsible_body)]
    whole = sum(float(said.cut.covered[i]) >= float(said.cut.whole[i]) - SLIVER_M2 for i in said.at)
    return {
        "n_parcels": len(said.rows), "n_whole": whole, "n_partial": len(said.rows) - whole, "n_outline_only": len(said.rows) - len(seen),
        **area(counted), "share_of_range": share(counted, said.range_m2), "covered_sum_m2": covered, "overlap_m2": covered - counted,
        "inefficient": _verdict(seen, "inefficient", "true"), "idle": _verdict(seen, "idle", "suspected"),
        "standard_land": _verdict(seen, "standard_land", "true"),
    }  # fmt: skip


def _verdict(seen: Iterable[tuple[Any, Decimal]], name: str, value: str) -> dict[str, Any]:
    found = [m2 for row, m2 in seen if getattr(row, name) == value]
    return {"n_parcels": len(found), **area(sum(found, Decimal(0)))}


def overlaps(said: Measured) -> dict[str, Any]:
    """Register parcels that claim the same ground inside the range (≥ 0.01 m²), largest first."""
    code = {i: row.land_code for row, i in zip(said.rows, said.at, strict=True)}
    pairs = sorted((-m2, code[i], code[j]) for i, j, m2 in said.cut.overlaps if m2 >= TOLERANCE_M2)
    listed = [{"land_codes": [one, other], "m2": half_up(Decimal(-m2), 2)} for m2, one, other in pairs[:OVERLAPS_SHOWN]]
    return {"n_pairs": len(pairs), "pairs": listed, "rule": "重叠部分计入一码在前的宗地,合计只算一次"}


def sum_check(said: Measured) -> dict[str, Any]:
    """Parts against the range: printed figures, and the difference before rounding."""
    parts = sum(said.counted, said.uncovered)
    raw = said.cut.difference_m2
    return {
        "range_m2": said.range_m2, "parcels_m2": parts - said.uncovered, "uncovered_m2": said.uncovered, "parts_m2": parts,
        "difference_m2": parts - said.range_m2, "unrounded_difference_m2": round(raw, 9), "tolerance_m2": TOLERANCE_M2,
        "is_closed": abs(raw) <= TOLERANCE_M2 and abs(parts - said.range_m2) <= Decimal(str(TOLERANCE_M2)),
    }  # fmt: skip


def range_of(geom: Any, m2: Decimal) -> dict[str, Any]:
    """The range itself: three units, box in degrees."""
    bbox = [round(float(v), 7) for v in shapely.bounds(geom)]
    return {**area(m2), "hectare": m2_to_hectare(m2), "bbox": bbox, "n_parts": len(shapely.get_parts(geom)),
            "n_vertices": int(shapely.get_num_coordinates(geom))}  # fmt: skip


def enterprise_rows(held: Sequence[Any], said: Measured, principal: Principal) -> dict[str, Any]:
    """Enterprises on the parcels of the range that the caller sees in full; n counts each once."""
    full = {row.id: row for row in said.rows if principal.sees_body(row.responsible_body)}
    rows = [
        {"uscc": h.uscc, "name": h.name, "relation": h.relation, "relation_label": RELATIONS.get(h.relation, h.relation),
         "land_code": full[h.parcel_id].land_code, "cadastral_code": full[h.parcel_id].cadastral_code, "area_m2": h.area_m2,
         "href": f"/api/enterprises/{h.uscc}"}
        for h in held if h.parcel_id in full
    ]  # fmt: skip
    by = [
        {"relation": key, "label": label, "n": len({r["uscc"] for r in rows if r["relation"] == key})} for key, label in RELATIONS.items()
    ]
    note = "家数按统一社会信用代码去重;用地面积为登记的占用面积"
    return {"n": len({r["uscc"] for r in rows}), "by_relation": by, "rows": rows, "note": note}


def planning_rows(layers: Sequence[Any], shapes: Any, plane_range: Any, said: Measured, today: date) -> list[dict[str, Any]]:
    """Each family × version: inside, outside, ratio; a family without any data is a row that says so."""
    found = []
    by_layer: dict[int, list[int]] = {}
    for position, row in enumerate(layers):
        by_layer.setdefault(row.id, []).append(position)
    for family in FAMILIES.values():
        versions = [positions for positions in by_layer.values() if layers[positions[0]].family == family.code]
        head = {"family": family.code, "label": family.label, "is_restricted": family.is_restricted}
        if not versions:
            found.append({**head, "checked": False, "note": "本县没有此图层的数据", **dict.fromkeys(_LAYER), **dict.fromkeys(_FIGURES)})
        for positions in versions:
            first = layers[positions[0]]
            if first.is_linear:
                found.append({**head, "checked": False, "note": "此版本只有线或点,没有面,无法量算", **dict.fromkeys(_FIGURES),
                              **{name: getattr(first, name) for name in _LAYER}, "in_force": _in_force(first, today)})  # fmt: skip
                continue
            zones = [i for i in positions if layers[i].wkb is not None]
            m2, each = inside_of(plane_range, shapes[zones])
            inside = min(half_up(Decimal(m2), 2), said.range_m2)
            listed = [
                {"code": layers[i].code, "name": layers[i].name, "inside_m2": half_up(Decimal(float(a)), 2)}
                for i, a in zip(zones, each, strict=True)
                if a > SLIVER_M2
            ]
            found.append({
                **head, "checked": True, "note": None if inside else "已核查,范围内没有", **{name: getattr(first, name) for name in _LAYER},
                "in_force": _in_force(first, today),
                **_figures(inside, said.range_m2), "zones": None if family.is_restricted else listed[:OVERLAPS_SHOWN],
            })  # fmt: skip
    return found


def _in_force(layer: Any, today: date) -> bool:
    return bool(layer.valid_from <= today and (layer.valid_to is None or today < layer.valid_to))


_LAYER: Final = ("version", "approved_by", "approved_on", "document", "valid_from", "valid_to")
_FIGURES: Final = ("in_force", "inside_m2", "inside_mu", "outside_m2", "outside_mu", "ratio", "relation", "relation_label", "zones")
_RELATION: Final = {"inside": "线内", "crossing": "跨线", "outside": "线外"}


def _figures(inside: Decimal, whole: Decimal) -> dict[str, Any]:
    ratio = share(inside, whole)
    relation = "inside" if ratio and ratio >= INSIDE_FROM else "outside" if ratio is None or ratio <= OUTSIDE_TO else "crossing"
    outside = whole - inside
    return {
        "inside_m2": inside, "inside_mu": m2_to_mu(inside, 4), "outside_m2": outside, "outside_mu": m2_to_mu(outside, 4), "ratio": ratio,
        "relation": relation, "relation_label": _RELATION[relation],
    }  # fmt: skip
