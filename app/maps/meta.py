"""/api/meta: the words, colours and units that every screen takes from here; from the pack in force where there is one."""

from typing import Any

import asyncpg

from app.core import clock
from app.core.errors import Problem
from app.core.principal import Principal
from app.maps import queries
from app.policy import registry
from app.policy.loader import Pack, pack_for

CLASSES = {
    "red": ("闲置/逾期/关停", "#d0342c", "suspected_idle"),
    "orange": ("整治中", "#f08a24", "remediating"),
    "yellow": ("低效(初判)", "#f2c230", "inefficient_suspected"),
    "blue": ("标准地", "#3b82d0", "standard_land"),
    "green": ("正常", "#5bb974", "normal"),
    "grey": ("资料不全", "#9aa0a6", "unknown"),
}
"""display_class → legend (PRACTICE §5), colour, class of the pack whose colour it takes; gravest first."""
FAR_BANDS = {
    "lt0.5": ("0.5 以下", "#d0342c"), "0.5-1.0": ("0.5–1.0", "#f08a24"), "1.0-1.5": ("1.0–1.5", "#f2c230"),
    "1.5-2.0": ("1.5–2.0", "#5bb974"), "ge2.0": ("2.0 及以上", "#2e7d4f"),
}  # fmt: skip
"""Bands of 容积率 on the map, lower bound included: label, colour."""
CASE_STATES = {
    "listed": "已入库", "assigned": "已交办", "planned": "已定策", "rectifying": "限期整改", "remediating": "整治中",
    "submitted": "已申请验收", "returned": "退回补正", "accepted": "验收通过", "delisted": "已销号", "dismissed": "不属实",
    "reversed": "已核减",
}  # fmt: skip
ROLES = {
    "planner": "规划管理(资规)", "officer": "镇街(园区)专管员", "acceptor": "牵头部门验收", "reviewer": "会签部门", "leader": "领导",
    "admin": "系统管理员", "auditor": "审计员", "viewer": "只读",
}  # fmt: skip
STEPS = {
    "list": "入库", "assign": "派单", "plan": "定策", "rectify": "限期整改", "remediate": "开始整治", "submit": "申请验收",
    "return": "退回补正", "accept": "验收通过", "delist": "销号", "reverse": "核减", "dismiss": "不属实",
}  # fmt: skip
AREAS = {"registered": "证载面积", "contract": "批准(合同)面积", "planar": "图形面积", "geodesic": "椭球面积", "used": "实际用地面积"}


def _pack(county_code: str) -> Pack | None:
    try:
        return pack_for(county_code, clock.today())
    except Problem:
        return None


async def meta(pool: asyncpg.Pool, principal: Principal) -> dict[str, Any]:
    """Everything a front end needs to speak the county's words."""
    pack = _pack(principal.county_code)
    county = await pool.fetchrow("SELECT code, name FROM county WHERE code = $1", principal.county_code)
    bodies = await pool.fetch(queries.sql("bodies"), principal.county_code)
    run = await pool.fetchrow(queries.sql("last_run"), principal.county_code)
    return {
        "county": dict(county) if county else {"code": principal.county_code, "name": principal.county_code},
        "bodies": [dict(row) for row in bodies],
        "roles": ROLES,
        "areas": AREAS,
        "facts": registry.meta(),
        "facts_as_of": run["as_of"] if run else None,
        "run_id": run["id"] if run else None,
        "rule_version": run["rule_version"] if run else None,
        **_words(pack),
    }


def _words(pack: Pack | None) -> dict[str, Any]:
    colours = {c.code: c.colour for c in pack.content.classes} if pack else {}
    steps = {s.name: s.label for s in pack.content.steps} if pack else {}
    states = {s.code: s.label for s in pack.content.case_states} if pack else {}
    grades = pack.content.grades if pack else None
    return {
        "classes": {key: {"label": label, "colour": colours.get(of, colour)} for key, (label, colour, of) in CLASSES.items()},
        "case_states": CASE_STATES | states,
        "steps": {key: {"label": label} for key, label in (STEPS | steps).items()},
        "measures": [{"key": m.key, "label": m.label, "unit": m.unit} for m in pack.content.measures] if pack else [],
        "methods": {m.code: m.label for m in pack.content.methods} if pack else {},
        "categories": {c.code: c.label for c in pack.content.categories} if pack else {},
        "tax_bands": {b.code: b.label for b in pack.content.tax_bands} if pack else {},
        "far_bands": {code: {"label": label, "colour": colour} for code, (label, colour) in FAR_BANDS.items()},
        "grades": {g: {"label": grades.labels[g], "colour": colour} for g, colour in grades.colours.items()} if grades else {},
        "calibres": [{"code": c.code, "label": c.label} for c in pack.content.calibres.sets] if pack else [],
        "words": pack.content.labels if pack else {},
    }
