"""Reads policy packs 政策包, merges a base, checks every field and compiles every rule; the pack of a county on a day."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from app.core.errors import Problem
from app.policy.checks import problems
from app.policy.cql2 import Compiled, Leaf, Node, Target, compile_node, leaves, parse_filter
from app.policy.errors import PackError, PolicyMissing
from app.policy.registry import COLUMNS, rule_columns
from app.policy.schemas import Allocation, CalibreSet, Campaign, Measure, PackContent, Rule, Step

PACKS: Final = Path(__file__).parent / "packs"
_RULE_PARTS: Final = ("rules", "idle", "standard_land", "freshness_years", "tax_bands")


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its tree, its comparisons and the facts it reads; `sql()` compiles it for a table alias."""

    rule: Rule
    node: Node
    leaves: tuple[Leaf, ...]
    properties: tuple[str, ...]

    def sql(self, *, alias: str = "f", start: int = 1) -> Compiled:
        """The rule as bound SQL over `parcel_fact` under this alias."""
        return compile_node(self.node, Target(rule_columns(), alias=alias), start=start)

    @property
    def data_dates(self) -> tuple[str, ...]:
        """Names of the data-date columns of its inputs."""
        dates = (COLUMNS[name].data_date for name in self.properties)
        return tuple(dict.fromkeys(day for day in dates if day))


@dataclass(frozen=True, slots=True)
class Pack:
    """政策包 ready for use: content, compiled rules and the stable id of its rule version."""

    content: PackContent
    rules: tuple[CompiledRule, ...]
    rule_version: str
    rule_content: dict[str, Any]

    def is_over(self, on: date) -> bool:
        """After the document's period the board shows the frozen final value."""
        return on > self.content.document.period.end

    def step(self, name: str) -> Step:
        """The step of this name; KeyError for a name the pack does not know."""
        return {step.name: step for step in self.content.steps}[name]

    def measure(self, key: str) -> Measure:
        """The measure of this key; KeyError for a key the pack does not know."""
        return {measure.key: measure for measure in self.content.measures}[key]

    def calibre(self, code: str | None = None) -> CalibreSet:
        """The calibre of this code, or the county's default (also for a code the county does not keep)."""
        known = {item.code: item for item in self.content.calibres.sets}
        return known.get(code or "") or known[self.content.calibres.default]

    def allocation(self, target_id: str) -> Allocation | None:
        """任务分解 of a target, if the county has one."""
        return next((a for a in self.content.allocations if a.target == target_id), None)

    def campaign(self) -> Campaign:
        """The campaign new acceptances count in."""
        return next((c for c in self.content.campaigns if c.is_current), self.content.campaigns[-1])

    def tax_band(self, tax_per_mu: Decimal | None) -> str | None:
        """Band code of an exact figure; unknown stays unknown."""
        if tax_per_mu is None:
            return None
        return next(b.code for b in self.content.tax_bands if b.upper is None or tax_per_mu <= b.upper)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{path.name}: 无法读取: {error}") from error


def _merged(path: Path) -> dict[str, Any]:
    """Own top-level parts over those of the base; one level of inheritance."""
    own = _read(path)
    base_id = own.get("base")
    if base_id is None:
        return own
    base_path = path.parent / f"{Path(str(base_id)).name}.toml"
    if not base_path.is_file():
        raise PackError(f"{path.name}: base: 没有政策包 {base_id}")
    base = _read(base_path)
    if "base" in base:
        raise PackError(f"{path.name}: base: {base_id} 自身也有 base")
    return {**base, **own}


def _canonical(content: PackContent) -> tuple[dict[str, Any], str]:
    """Rules and parameters in canonical form, and the SHA-256 of its text."""
    dumped = content.model_dump(mode="json", include=set(_RULE_PARTS))
    text = json.dumps(dumped, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return dumped, hashlib.sha256(text.encode()).hexdigest()


def compile_rule(rule: Rule) -> CompiledRule:
    """Parses and compiles one rule; raises the compiler's Problem if it can't be used (what-if drafts use this too)."""
    node = parse_filter(rule.expr)
    compiled = compile_node(node, Target(rule_columns(), alias="f"))
    found = tuple(leaves(node))
    ordered = dict.fromkeys(name for leaf in found for name in leaf.properties)
    return CompiledRule(rule, node, found, tuple(name for name in ordered if name in compiled.properties))


def build(content: PackContent, *, source: str = "pack") -> Pack:
    """A pack from checked content; also for drafts and mutations, whose rule version then differs."""
    wrong = problems(content)
    if wrong:
        raise PackError(f"{source}: " + "; ".join(wrong))
    compiled = []
    for rule in content.rules:
        try:
            compiled.append(compile_rule(rule))
        except Problem as error:
            raise PackError(f"{source}: rules.{rule.id}.expr: {error.code}: {error.detail}") from error
    rule_content, digest = _canonical(content)
    return Pack(content, tuple(compiled), f"{content.id}@{digest[:12]}", rule_content)


def load_pack(path: Path) -> Pack:
    """One pack from its file."""
    try:
        content = PackContent.model_validate(_merged(path))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise PackError(f"{path.name}: {faults}") from error
    if path.stem != content.id:
        raise PackError(f"{path.name}: id: 应与文件名相同")
    return build(content, source=path.name)


@lru_cache
def packs(directory: Path = PACKS) -> tuple[Pack, ...]:
    """All packs of a directory by id; read once a process."""
    return tuple(load_pack(path) for path in sorted(directory.glob("*.toml")))


def pack_for(county_code: str, on: date, *, directory: Path = PACKS) -> Pack:
    """政策包 of a county on a day: the one whose period covers it, else the last that had begun (its board is then final)."""
    own = [p for p in packs(directory) if p.content.county_code == county_code and p.content.document.period.start <= on]
    if not own:
        raise PolicyMissing(f"{county_code} 在 {on} 没有政策包")
    return max(own, key=lambda p: (p.content.document.period.covers(on), p.content.document.period.start, p.content.id))
