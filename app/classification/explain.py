"""为什么: a parcel's verdicts with value · unit · comparison · threshold · clause · data date · source, as the rules were at the time."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification import queries
from app.policy import COLUMNS, CompiledRule, Level
from app.policy.cql2 import Leaf
from app.policy.loader import compile_rule
from app.policy.schemas import Rule

LABELS: Final = {"inefficient": "低效(初判)", "idle": "疑似闲置", "standard_land": "标准地"}
RESULT_LABELS: Final = {
    ("inefficient", "true"): "低效(初判)", ("inefficient", "false"): "未发现低效情形", ("inefficient", "unknown"): "资料不全",
    ("idle", "suspected"): "疑似闲置", ("idle", "not_idle"): "未发现闲置情形", ("idle", "insufficient_data"): "资料不全",
    ("standard_land", "true"): "标准地", ("standard_land", "false"): "非标准地", ("standard_land", "unknown"): "供应方式不明",
}  # fmt: skip
MISSING_LABELS: Final = {
    "start": "约定动工日期、补充协议与交地日期均缺", "started": "是否动工未核实(令53第三十条)",
    "ratios": "已动工面积比例或投资比例缺资料", "suspended_from": "是否中止或中止日期缺资料",
}  # fmt: skip
MENU_LABELS: Final = {
    "art12": "第十二条:延期动工、调整用途、临时使用、协议收回、置换等", "art14_fee": "第十四条第一项:征缴土地闲置费(审批后)",
    "art14_recover": "第十四条第二项:无偿收回(审批后)", "needs_investigation": "先调查核实原因,不预示处罚",
}  # fmt: skip
_NUMBERS: Final = frozenset({"<", "<=", ">", ">=", "="})


@lru_cache(maxsize=256)
def _compiled(rule: str) -> CompiledRule:
    return compile_rule(Rule.model_validate_json(rule))


def rules_of(content: Mapping[str, Any]) -> list[CompiledRule]:
    """The rules of a stored rule version."""
    return [_compiled(json.dumps(rule, ensure_ascii=False, sort_keys=True)) for rule in content["rules"]]


def comparison(leaf: Leaf, inputs: Mapping[str, Any], *, is_exact: bool) -> dict[str, Any]:
    """One comparison: the value the verdict used, what it is compared with, how far apart they are; exact L3 only where allowed."""
    column = COLUMNS[leaf.property or leaf.properties[0]]
    datum = inputs.get(column.name) or {}
    value = datum.get("value")
    is_open = is_exact or column.level < Level.L3
    shown = {
        "fact": column.name, "label": column.label, "value": value if is_open else None, "unit": column.unit, "op": leaf.op,
        "threshold": leaf.threshold, "negated": leaf.negated, "denominator": column.denominator, "data_on": datum.get("data_on"),
        "source": column.source, "missing": value is None, "distance": None,
    }  # fmt: skip
    if not is_open:
        shown["band"] = (inputs.get(column.band or "") or {}).get("value")
    elif leaf.op in _NUMBERS and _is_number(value) and _is_number(leaf.threshold):
        shown["distance"] = abs(Decimal(str(value)) - Decimal(str(leaf.threshold)))
    note = _note(column.name, inputs, is_missing=value is None)
    return {**shown, **({"note": note} if note else {})}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _note(fact: str, inputs: Mapping[str, Any], *, is_missing: bool) -> str | None:
    """What else a reader must know: whose figures are missing, which list it is."""
    known = {name: (datum or {}).get("value") for name, datum in inputs.items()}
    if fact == "tax_per_mu" and is_missing:
        names = known.get("tax_unknown_users") or []
        return f"缺 {len(names)} 家用地企业的税收或用地面积: {'、'.join(names[:5])}" if names else "没有用地企业"
    if fact == "tax_per_mu" and known.get("tax_year"):
        return f"{known['tax_year']} 年度"
    year = known.get("grade_year")
    if fact in {"grade", "grade_prev"} and isinstance(year, int):
        return f"{year - (fact == 'grade_prev')} 年度评价"
    return None


def criteria(verdict: Row[Any], inputs: Mapping[str, Any], content: Mapping[str, Any], *, is_exact: bool) -> list[dict[str, Any]]:
    """Every criterion of the rule version with its result and comparisons; one between two literals reads no fact and is left out."""
    found = []
    for compiled in rules_of(content):
        rule = compiled.rule
        result = "true" if rule.id in verdict.criteria_true else "unknown" if rule.id in verdict.criteria_unknown else "false"
        found.append(
            {
                "id": rule.id, "name": rule.name, "result": result, "expr": rule.expr, "severity": rule.severity,
                "comparisons": [comparison(leaf, inputs, is_exact=is_exact) for leaf in compiled.leaves if leaf.properties],
                "clause": rule.clause, "clause_kind": rule.clause_kind, "threshold_note": rule.threshold_note,
            }
        )  # fmt: skip
    return found


def _idle(detail: dict[str, Any], inputs: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """令53 verdict in words; a fee is previewed only for a verified holder's cause."""
    rule = content["idle"]
    shown = {
        **detail, "document": rule["document"], "missing_label": MISSING_LABELS.get(detail.get("missing") or ""),
        "menu_label": MENU_LABELS.get(detail.get("menu") or ""),
        "collective_note": rule["collective_note"] if detail.get("collective") else None,
        "contract": dict(inputs), "fee_preview_wan": None,
    }  # fmt: skip
    price = inputs.get("price_wan")
    if detail.get("menu") == "art14_fee" and price is not None:
        shown["fee_preview_wan"] = Decimal(price) * Decimal(str(rule["fee_rate"]))
    return shown


async def verdicts_of(conn: AsyncConnection, county_code: str, parcel_id: int, *, is_exact: bool = True) -> list[dict[str, Any]]:
    """Standing verdicts of a parcel (Contract C); `is_exact` false shows bands instead of exact L3 figures."""
    determinations = await queries.determinations_of(conn, county_code, parcel_id)
    found = []
    for row in await queries.standing(conn, county_code, parcel_id):
        inputs = json.loads(row.inputs_text, parse_float=Decimal)
        detail = json.loads(row.detail_text, parse_float=Decimal)
        shown = {
            "kind": row.kind, "label": LABELS[row.kind], "result": row.result, "result_label": RESULT_LABELS[row.kind, row.result],
            "as_of": row.as_of, "rule_version": row.rule_version, "criteria": [], "detail": detail,
        }  # fmt: skip
        if row.kind == "inefficient":
            shown["criteria"] = criteria(row, inputs, row.content, is_exact=is_exact)
            shown["criteria_true"], shown["criteria_unknown"] = row.criteria_true, row.criteria_unknown
        elif row.kind == "idle":
            shown["detail"] = _idle(detail, inputs, row.content)
        else:
            shown["detail"] = {**detail, "supply_mode": inputs.get("supply_mode"), "electronic_no": inputs.get("electronic_no")}
        shown["determination"] = determinations.get(row.kind)
        found.append(shown)
    return found
