"""An import as the API shows it: labels, what was detected and why, how the columns were understood, which steps are open. Pure."""

from typing import Any

from app.imports.channel import for_form
from app.imports.checks.catalogue import CATALOGUE
from app.imports.columns import MOST_LISTED, headers_hash
from app.imports.jobs import states
from app.imports.kinds import KINDS
from app.imports.progress import STEPS

_FACTS = ("encoding", "crs", "axis_order")


def said(row: Any, *, shows_cells: bool = True) -> dict[str, Any]:
    """A job; `row` is of queries.one or newest. Without cells nothing of the files' own values is told."""
    return {
        "id": row.id, "version": row.version, "kind": row.kind, "kind_label": KINDS[row.kind].label if row.kind in KINDS else row.kind,
        "state": row.state, "state_label": states.LABELS[row.state], "supplier": row.supplier, "data_on": row.data_on,
        "files": [_file(one, row.uploads, shows_cells=shows_cells) for one in row.files] or row.uploads, "uploads": row.uploads,
        "options": row.options,
        "questions": [_question(one, shows_cells=shows_cells) for one in row.questions], "problem": for_form(row.problem),
        "counts": row.counts, "issue_counts": [_count(one) for one in row.issue_counts],
        "step": row.step, "step_label": STEPS.get(row.step or ""), "rows_done": row.rows_done, "rows_total": row.rows_total,
        "made_at": row.made_at, "made_by": row.made_by, "staged_at": row.staged_at, "applied_at": row.applied_at,
        "applied_by": row.applied_by,
        "undone_at": row.undone_at, "undone_by": row.undone_by, "message": _message(row), "can": states.can(row.state),
    }  # fmt: skip


def _message(row: Any) -> str | None:
    if row.behind is not None:
        return f"同类导入 {row.behind} 正在办理,完成后开始"
    return row.message


def _file(one: dict[str, Any], uploads: list[dict[str, Any]], *, shows_cells: bool) -> dict[str, Any]:
    """A thing that was read (an archive may hold several)."""
    size = next((u["size"] for u in uploads if u["name"] == one["name"].split("/")[0]), None)
    mapping = dict(one.get("mapping") or {})
    mapping |= {"unused": mapping["unused"][:MOST_LISTED]} if "unused" in mapping else {}
    shown = {key: one.get(key) for key in ("name", "sha256", "rows", "layer", "format", "notes")}
    shown["notes"] = for_form(shown["notes"])
    told = {**shown, "size": size, "detected": for_form(_detected(one)), "mapping": mapping, "columns_unused": mapping.get("unused", [])}
    told |= {"headers_hash": _mapping(one)[0]} if mapping else {}
    return told | ({"preview": one["preview"]} if shows_cells and one.get("preview") else {})


def _question(one: dict[str, Any], *, shows_cells: bool) -> dict[str, Any]:
    """The reasons of columns are what stands in their cells."""
    said = {**one, "why": for_form(one["why"]), "hint": for_form(one["hint"])}
    if shows_cells or one["field"] != "mapping":
        return said
    return said | {"choices": [{"value": c["value"], "label": c["label"]} for c in one["choices"]]}


def _detected(one: dict[str, Any]) -> dict[str, Any]:
    """{fact: {value, confidence, reason}}, units {header: …}; imports of before findings had a confidence tell none."""
    if "findings" in one:
        told: dict[str, Any] = {}
        for found in one["findings"]:
            said = {name: found[name] for name in ("value", "confidence", "reason")}
            if found["column"]:
                told.setdefault(f"{found['fact']}s", {})[found["column"]] = said
            else:
                told[found["fact"]] = said
        return told
    return {
        fact: {"value": one[fact], "confidence": None, "reason": one.get(f"{fact}_reason")} for fact in _FACTS if one.get(fact) is not None
    }


def _count(one: dict[str, Any]) -> dict[str, Any]:
    known = CATALOGUE.get(one["code"])
    if known is None:
        return {**one, "message": one["code"], "hint": "", "side": None, "keeps_out": one["severity"] == "error"}
    waits = (known.stage, known.apply, known.stops) == (one["severity"], "error", "row")
    return {
        **one,
        "message": known.message,
        "hint": for_form(known.hint),
        "side": known.side,
        "keeps_out": one["severity"] == "error" or waits,
    }


def manifest(row: Any) -> dict[str, Any]:
    """演练清单: what makes the same import again from the same files."""
    return {
        "manifest": 1, "import_id": row.id, "kind": row.kind, "county_code": row.county_code, "data_date": row.data_on,
        "supplier": row.supplier, "files": [{"name": u["name"], "sha256": u["sha256"], "size": u["size"]} for u in row.uploads],
        "options": row.options, "mappings": dict(_mapping(file) for file in row.files if file.get("mapping")),
        "state": row.state, "accepted": {k: v for k, v in (row.accepted or {}).items() if k.startswith("except_")},
        "read": [{"name": f["name"], "sha256": f["sha256"], "rows": f["rows"], "detected": _detected(f), "mapping": f.get("mapping")}
                 for f in row.files],
        "counts": row.counts, "issue_counts": row.issue_counts, "delivery_hash": row.delivery_hash,
    }  # fmt: skip


def _mapping(file: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Hash of a file's headers, and how they were understood."""
    columns, unused = file["mapping"]["columns"], file["mapping"].get("unused", [])
    said = {name: {"header": one["header"], "unit": one.get("unit") or ""} for name, one in columns.items()}
    return headers_hash({*(one["header"] for one in said.values()), *unused}), said
