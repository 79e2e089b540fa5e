"""Headers of a file to canonical columns, with the unit that the header states. What is not known is told, not guessed."""

import csv
import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from app.imports.errors import ColumnsMissing, MappingInvalid
from app.imports.kinds import Kind
from app.imports.traditional import simplified

UNITS: dict[str, dict[str, Decimal]] = {
    "area": {"": Decimal(1), "m2": Decimal(1), "平方米": Decimal(1), "平米": Decimal(1), "亩": Decimal(10_000) / Decimal(15),
             "公顷": Decimal(10_000), "ha": Decimal(10_000), "hm2": Decimal(10_000), "万平方米": Decimal(10_000), "km2": Decimal(1_000_000),
             "平方公里": Decimal(1_000_000)},
    "money": {"": Decimal(1), "万元": Decimal(1), "元": Decimal("0.0001"), "千元": Decimal("0.1"), "亿元": Decimal(10_000)},
    "energy": {"": Decimal(1), "吨标准煤": Decimal(1), "吨标煤": Decimal(1), "tce": Decimal(1), "万吨标准煤": Decimal(10_000)},
    "power": {"": Decimal(1), "万千瓦时": Decimal(1), "万kwh": Decimal(1), "万度": Decimal(1), "千瓦时": Decimal("0.0001"),
              "kwh": Decimal("0.0001"), "度": Decimal("0.0001")},
    "mass": {"": Decimal(1), "吨": Decimal(1), "t": Decimal(1), "千克": Decimal("0.001"), "kg": Decimal("0.001"), "公斤": Decimal("0.001")},
    "count": {"": Decimal(1), "人": Decimal(1), "家": Decimal(1), "个": Decimal(1), "户": Decimal(1)},
}  # fmt: skip
"""Unit of a header → factor to the stored unit (m², 万元, 吨标准煤, 万千瓦时, 吨). 亩 is divided exactly in values_of."""
MU = UNITS["area"]["亩"]
_UNIT_TAIL = re.compile(r"^(?P<name>.+?)[_ ]?[(\[{](?P<unit>[^()\[\]{}]+)[)\]}]$")
_ALIKE, _SHOWN = 0.6, 60
"""How alike a header must be to be proposed; how many headers a sentence tells."""
MOST_LISTED = 500
"""Headers that a list tells of the thousands a damaged file may have."""
_SHORT_BYTES = 10
_SHORT_ENCODINGS = ("gb18030", "utf-8", "cp950")


@dataclass(frozen=True)
class Match:
    """A header of the file and the canonical column it fills."""

    header: str
    canonical: str
    unit: str = ""
    stated: bool = False
    """The user stated the unit."""

    def factor(self, dimension: str) -> Decimal:
        return UNITS[dimension][self.unit] if dimension else Decimal(1)


@dataclass
class ColumnMap:
    """How the headers of one file were understood; stored with the import."""

    kind: str
    matches: dict[str, Match] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    reason: str = "按列名"

    def stated(self) -> dict[str, dict[str, str]]:
        """The same as somebody would state it: {canonical: {header, unit}}."""
        return {m.canonical: {"header": m.header, "unit": m.unit} for m in self.matches.values()}

    def as_dict(self) -> dict[str, object]:
        used = {name: {**said, "label": label(self.kind, name)} for name, said in self.stated().items()}
        return {"columns": used, "unused": self.unused, "reason": self.reason}


Stated = Mapping[str, Any]
"""What somebody said of columns: {canonical: header} or {canonical: {header, unit}}."""


@dataclass(frozen=True)
class Known:
    """A mapping that was stated for the same headers before, and on whose word it is taken again."""

    mapping: Stated
    reason: str
    wins: bool = False
    """Over what is stated for all files at once."""


def map_columns(
    headers: list[str], kind: Kind, *, short_headers: bool = False, override: Stated | None = None, file: str = ""
) -> ColumnMap:
    """`matched`, with all that the kind requires. Errors: ColumnsMissing, MappingInvalid."""
    found = matched(headers, kind, short_headers=short_headers, override=override, file=file)
    refuse_missing(found, kind, headers, file=file)
    return found


def matched(headers: list[str], kind: Kind, *, short_headers: bool = False, override: Stated | None = None, file: str = "") -> ColumnMap:
    """Each canonical column takes the header that stands first in the alias list; what is stated wins. Errors: MappingInvalid."""
    stated = _checked(override, kind) if override else {}
    result, taken = ColumnMap(kind.name), set()
    for canonical, (header, unit) in stated.items():
        if not header:  # nothing is to fill it
            continue
        if header not in headers:
            raise MappingInvalid(f"列对应表写了“{header}”,{file} 没有这一列", hint="现有列:" + "、".join(headers))
        result.matches[canonical] = Match(header, canonical, unit, stated=bool(unit))
        taken.add(header)
    best: dict[str, tuple[int, Match]] = {}
    for header in headers:
        if header not in taken:
            for rank, match in _candidates(header, kind, short_headers=short_headers):
                known = best.get(match.canonical)
                if match.canonical not in stated and (known is None or rank < known[0]):
                    best[match.canonical] = (rank, match)
    result.matches |= {canonical: match for canonical, (_, match) in best.items()}
    used = {match.header for match in result.matches.values()}
    result.unused = [header for header in headers if header not in used]
    return result


def refuse_missing(found: ColumnMap, kind: Kind, headers: list[str], *, file: str = "") -> None:
    """Asked with the unused headers, those that are spelled alike first. Errors: ColumnsMissing."""
    missing = {name: label(kind.name, name) for name in kind.required if name not in found.matches}
    if missing:
        raise ColumnsMissing(
            f"{file} 缺少“{kind.label}”必需的列:{'、'.join(missing.values())}",
            hint=f"现有列:{_some(headers) or '无'};可用 --map 指定对应关系", file=file, missing=missing, headers=headers[:MOST_LISTED],
            alike={name: header for name in missing if (header := alike(name, kind, found.unused))},
        )  # fmt: skip


def alike(canonical: str, kind: Kind, headers: list[str]) -> str | None:
    """The header that is spelled most like one of the column's names; None when none is. For a person to confirm, never taken."""
    names = [split_unit(alias)[0] for alias in aliases(kind.name)[canonical]]
    scored = [(max(_likeness(split_unit(header)[0], name) for name in names), header) for header in headers]
    score, header = max(scored, default=(0.0, ""))
    return header if score >= _ALIKE else None


def _likeness(one: str, other: str) -> float:
    """0 where the quicker bounds say already that they are not alike."""
    pair = SequenceMatcher(None, one, other)
    return pair.ratio() if pair.real_quick_ratio() >= _ALIKE and pair.quick_ratio() >= _ALIKE else 0.0


def _some(headers: list[str]) -> str:
    """As many as somebody reads."""
    return "、".join(headers[:_SHOWN]) + (f" 等 {len(headers)} 列" if len(headers) > _SHOWN else "")


def headers_hash(headers: Iterable[str]) -> str:
    """Name of a set of headers, in whatever order they stand."""
    return hashlib.sha256(json.dumps(sorted(headers), ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def _candidates(header: str, kind: Kind, *, short_headers: bool) -> list[tuple[int, Match]]:
    name, unit = split_unit(header)
    found = []
    for canonical, words in aliases(kind.name).items():
        dimension = kind.column(canonical).dimension
        if unit and (not dimension or unit not in UNITS[dimension]):
            continue
        for rank, alias in enumerate(words):
            if _same(name, alias) or (short_headers and _is_cut(header, alias)):
                found.append((rank, Match(header, canonical, unit)))
                break
    return found


@lru_cache(maxsize=20_000)
def split_unit(header: str) -> tuple[str, str]:
    """Name and folded unit of a header: 证载面积(亩) → 证载面积, 亩."""
    folded = unicodedata.normalize("NFKC", header).replace("【", "[").replace("】", "]").strip()
    match = _UNIT_TAIL.match(folded)
    if match is None:
        return _fold(folded), ""
    return _fold(match["name"]), fold_unit(match["unit"])


def fold_unit(text: str) -> str:
    """A unit as UNITS has it: ㎡ and m² are m2."""
    return _fold(text.replace("㎡", "m2").replace("m²", "m2"))


def label(kind: str, canonical: str) -> str:
    """The canonical Chinese header of a column: what issues name it by."""
    return aliases(kind)[canonical][0]


def _same(name: str, alias: str) -> bool:
    return name == split_unit(alias)[0]


def _is_cut(header: str, alias: str) -> bool:
    """Whether a Shapefile's 10-byte field name is what is left of the alias."""
    whole, alias = simplified(unicodedata.normalize("NFKC", header).strip()), split_unit(alias)[0]
    for encoding in _SHORT_ENCODINGS:
        raw = alias.encode(encoding, "ignore")
        if len(raw) > _SHORT_BYTES and whole == raw[:_SHORT_BYTES].decode(encoding, "ignore"):
            return True
    return False


def _fold(text: str) -> str:
    return simplified("".join(unicodedata.normalize("NFKC", text).split()).strip("*").rstrip(":").lower())


@cache
def aliases(kind: str) -> dict[str, list[str]]:
    """Canonical column → its headers, the preferred one first."""
    found: dict[str, list[str]] = {}
    with Path(__file__).with_name("aliases.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["kind"] == kind:
                found.setdefault(row["canonical"], []).append(row["alias"])
    return found


def read_mapping(path: Path) -> Stated:
    """--map MAPPING.toml: `canonical = "header"` or `canonical = {header = "…", unit = "亩"}`. Errors: MappingInvalid."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingInvalid(f"列对应表 {path.name} 无法读取:{error}") from error


def _checked(table: Stated, kind: Kind) -> Mapping[str, tuple[str, str]]:
    known = {column.name: column for column in kind.columns}
    result = {}
    for canonical, said in table.items():
        header, unit = (said, "") if isinstance(said, str) else (str(said.get("header", "")), _fold(str(said.get("unit") or "")))
        if canonical not in known:
            raise MappingInvalid(f"“{kind.label}”没有列 {canonical}", hint="可选:" + "、".join(known))
        if unit and unit not in UNITS.get(known[canonical].dimension, {}):
            raise MappingInvalid(f"列 {canonical} 没有单位 {unit}")
        result[canonical] = (header, unit)
    return result
