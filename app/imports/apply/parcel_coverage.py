"""Which towns a parcel delivery is whole for, and hence what it retires of the register. What nobody stated is told or asked."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely

from app.imports.apply.parcel_classes import Acceptance
from app.imports.apply.parcel_diff import SHARE, Descent, Diff, Known
from app.imports.apply.parcel_rows import ParcelRows
from app.imports.checks.geometry import intersection_areas, meeting
from app.imports.context import Context
from app.imports.errors import CoverageDoubtful, CoverageInvalid, asking
from app.imports.readers.base import STATED
from app.imports.stage import Staged

ALL, NONE = "all", "none"
MISSING = 0.03
"""A county frees about 1,050 of 8,000 parcels in five years (PRACTICE §3), less than 3 % a year, and most of them stay parcels."""
_SPELLED = re.compile(r"all|none|\d{9}(,\d{9})*", re.ASCII)
_SHOWN = 5


@dataclass(frozen=True)
class Town:
    """A town that the delivery names: how many parcels stand there, how many of them it neither brings nor replaces."""

    code: str
    name: str
    current: int
    missing: int

    @property
    def is_doubtful(self) -> bool:
        return self.missing > MISSING * self.current

    def __str__(self) -> str:
        share = f"({self.missing / self.current:.1%})" if self.missing else ""
        return f"{self.name}现有 {self.current} 宗,其中 {self.missing} 宗{share}不在本次交付"


def towns_stated(said: str | None, rows: ParcelRows, county: Context) -> frozenset[str] | None:
    """Towns that somebody said are delivered whole; None when nobody said anything. Errors: CoverageInvalid."""
    if said is None:
        return None
    if not _SPELLED.fullmatch(said):
        raise CoverageInvalid(f"“{said}”不是乡镇代码", hint="可写 all、none,或 9 位乡镇代码,用逗号分隔")
    if said in (ALL, NONE):
        return rows.covered if said == ALL else frozenset()
    codes = frozenset(said.split(","))
    if unknown := sorted(codes - county.town_codes - {county.unassigned_town}):
        raise CoverageInvalid(f"本县没有乡镇 {'、'.join(unknown)}", hint="9 位乡镇代码,用逗号分隔")
    return codes


def settle_coverage(
    staged: Staged, rows: ParcelRows, county: Context, *, stated: frozenset[str] | None, acceptance: Acceptance,
    register: Iterable[Known], whole: Diff, found: list[Descent], plane: np.ndarray,
) -> tuple[ParcelRows, Diff, list[Descent]]:  # fmt: skip
    """What is left of `whole` (its vanished in `plane`): a parcel retires where its town is whole, or its ground is taken.

    Returns the rows with the towns that count as whole in `covered`. Errors: CoverageDoubtful.
    """
    taken = _taken(whole, rows, plane)
    missing = [known for known in whole.vanished if known.id not in taken]
    towns = _towns(rows.covered, register, missing, county.town_names)
    if stated is None:
        _ask(towns, [known for known in missing if not _is_left_out(known, acceptance)])
    covered = rows.covered if stated is None else stated
    _tell(staged, towns, covered, is_stated=stated is not None)
    stays = {known.id for known in missing if known.town_code not in covered}
    diff = replace(whole, vanished=[known for known in whole.vanished if known.id not in stays])
    return replace(rows, covered=covered), diff, [d for d in found if d.parent.id not in stays]


def _taken(whole: Diff, rows: ParcelRows, plane: np.ndarray) -> set[int]:
    """Vanished parcels whose ground (95 %) delivered ones stand on: split, merged, renumbered, or given to another."""
    if not whole.vanished or not rows.index:
        return set()
    index, own = np.asarray(rows.index, dtype=np.intp), shapely.area(plane)
    gone, taker = meeting(rows.shapes.plane, index, plane)
    drawn = rows.shapes.plane[index[taker]]
    shared = np.bincount(gone, weights=intersection_areas(plane[gone], drawn), minlength=len(plane))
    found = set()
    for n in np.flatnonzero(shared >= SHARE * own):  # takers may overlap each other: their union decides
        union = shapely.union_all(drawn[gone == n])
        if shapely.area(shapely.intersection(union, plane[n])) >= SHARE * own[n]:
            found.add(whole.vanished[int(n)].id)
    return found


def _towns(covered: Collection[str], register: Iterable[Known], missing: list[Known], names: Mapping[str, str]) -> list[Town]:
    current = Counter(known.town_code for known in register if known.version_id is not None)
    gone = Counter(known.town_code for known in missing)
    return [Town(code, names.get(code, code), current[code], gone[code]) for code in sorted(covered) if current[code]]


def _is_left_out(known: Known, acceptance: Acceptance) -> bool:
    return "vanished" in acceptance.except_classes or f"p{known.id}" in acceptance.except_rows


def _ask(towns: list[Town], missing: list[Known]) -> None:
    doubtful = [town for town in towns if town.is_doubtful and any(known.town_code == town.code for known in missing)]
    if not doubtful:
        return
    sure = [town for town in towns if not town.is_doubtful]
    number = sum(town.missing for town in towns)
    choices = [(NONE, "只更新交来的宗地:没有交来的保持不变"), (ALL, f"全部灭失:没有交来的 {number} 宗按灭失处理")]
    if sure:
        codes, names = ",".join(town.code for town in sure), "、".join(town.name for town in sure)
        choices.insert(0, (codes, f"只有{names}是完整的:其他乡镇只更新交来的宗地"))
    raise CoverageDoubtful(
        f"没有写明本次交付对哪些乡镇是完整的。{_shown(doubtful)}", **asking("covers", choices),
        hint="全乡镇的交付用 --covers all,只更新交来的宗地用 --covers none,只有几个乡镇完整的写其代码(逗号分隔)",
    )  # fmt: skip


def _tell(staged: Staged, towns: list[Town], covered: frozenset[str], *, is_stated: bool) -> None:
    if not towns or not staged.deliveries:
        return
    value = "、".join(town.name for town in towns if town.code in covered) or "无"
    reason = STATED if is_stated else f"没有写明;不在本次交付的不超过 {MISSING:.0%},按灭失处理"
    staged.deliveries[0].detected.found("covers", value, 1 if is_stated else 0.9, f"{reason};{_shown(towns)}")


def _shown(towns: list[Town]) -> str:
    most = sorted(towns, key=lambda town: -town.missing)
    return ";".join(map(str, most[:_SHOWN])) + (f";等 {len(towns)} 个乡镇" if len(towns) > _SHOWN else "")
