"""A refusal that somebody can answer becomes a question with choices; the others stand as they are. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import Problem

_FIELDS = {
    "crs_missing": "crs", "crs_invalid": "crs", "encoding_unknown": "encoding", "layer_ambiguous": "layer", "layer_unknown": "layer",
    "columns_missing": "mapping", "mapping_invalid": "mapping", "option_missing": "family",
}  # fmt: skip
_ENCODINGS = {"UTF-8": "UTF-8", "GB18030": "GB18030(含 GBK、GB2312)", "CP950": "CP950(Big5)", "CP1252": "CP1252(西文)"}
Choice = dict[str, Any]


def of(problem: Problem, files: Sequence[Mapping[str, Any]], *, meridian_epsg: int) -> list[dict[str, Any]]:
    """[{field, file, why, choices: [{value, label, reason}]}]; empty when no decision can help. `files`: what was found so far."""
    field = problem.extra.get("question") or _FIELDS.get(problem.code)
    given = problem.extra.get("choices")
    if field is None or (given is None and problem.code in ("layer_unknown", "mapping_invalid")):
        return []
    choices = given if given is not None else _choices(field, problem, files, meridian_epsg)
    if not choices and field not in ("crs", "encoding"):
        return []
    question = {
        "field": field, "column": problem.extra.get("column"), "file": problem.extra.get("file", ""),
        "why": problem.detail or problem.title, "hint": problem.hint, "choices": choices,
    }  # fmt: skip
    if "missing" in problem.extra:
        likely = problem.extra.get("alike", {})
        question["missing"] = [
            {"value": name, "label": label, "alike": likely.get(name)} for name, label in problem.extra["missing"].items()
        ]
    return [question]


def _choices(field: str, problem: Problem, files: Sequence[Mapping[str, Any]], meridian_epsg: int) -> list[Choice]:
    if field == "crs":
        return _systems(meridian_epsg)
    if field == "encoding":
        return [{"value": name, "label": label} for name, label in _ENCODINGS.items()]
    if field == "layer":
        return [{"value": name, "label": name} for name in problem.extra.get("layers", [])]
    seen = _examples(next((file for file in files if file["name"] == problem.extra.get("file")), {}))
    return [{"value": name, "label": name, "reason": seen.get(name, "")} for name in problem.extra.get("headers", [])]


def _examples(file: Mapping[str, Any]) -> dict[str, str]:
    """Header → what stands below it in the first rows."""
    preview = file.get("preview") or {"headers": [], "rows": []}
    columns = {name: [row[i] for row in preview["rows"] if row[i] is not None] for i, name in enumerate(preview["headers"])}
    return {name: "如 " + "、".join(dict.fromkeys(cells[:3])) if cells else "前几行没有内容" for name, cells in columns.items()}


def _systems(meridian_epsg: int) -> list[Choice]:
    """The county's own plane first, the same with zone prefix, then degrees."""
    central = 75 + 3 * (meridian_epsg - 4534)
    zone = meridian_epsg - 4534 + 4513
    plane = [{"value": f"EPSG:{meridian_epsg}", "label": f"CGCS2000 三度带 中央经线{central}°(无带号)", "reason": "本县采用的投影带"},
             {"value": f"EPSG:{zone}", "label": f"CGCS2000 三度带 {zone - 4488} 带(带号前缀)", "reason": "本县采用的投影带"}]  # fmt: skip
    degrees = [{"value": "EPSG:4490", "label": "CGCS2000 经纬度"}, {"value": "EPSG:4326", "label": "WGS84 经纬度"}]
    return (plane if 4534 <= meridian_epsg <= 4554 else []) + degrees


def told(problem: Problem) -> dict[str, Any]:
    """The refusal as the job keeps it; its choices are in the question."""
    left_out = ("type", "status", "choices", "question", "headers", "missing", "alike", "layers")
    return {key: value for key, value in problem.body().items() if key not in left_out}
