"""Examples of /api/imports in the OpenAPI description."""

from typing import Any, Final

Responses = dict[int | str, dict[str, Any]]
_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_FILE: Final = {
    "name": "宗地.gpkg", "sha256": _SHA, "size": 98304, "rows": 120, "layer": "宗地", "format": "GPKG", "notes": None,
    "detected": {"crs": {"value": "EPSG:4549", "confidence": 1.0, "reason": "文件声明"}},
    "mapping": {"columns": {"cadastral_code": {"header": "宗地代码", "unit": "", "label": "宗地代码"}}, "unused": ["备注"],
                "reason": "按列名"},
    "columns_unused": ["备注"], "headers_hash": _SHA,
    "preview": {"headers": ["宗地代码", "备注"], "rows": [["330282001001GB00011", None]]},
}  # fmt: skip
_JOB: Final = {
    "id": 41, "version": 3, "kind": "parcels", "kind_label": "工业用地宗地", "state": "staged", "state_label": "待入库",
    "supplier": "测绘院", "data_on": "2025-06-30", "files": [_FILE], "uploads": [{"name": "宗地.gpkg", "sha256": _SHA, "size": 98304}],
    "options": {}, "questions": [], "problem": None, "counts": {"rows": 120, "applied": 119, "new": 3, "same": 116},
    "issue_counts": [{"code": "duplicate_key", "severity": "error", "count": 1, "message": "关键字与前面某行重复,该行不入库",
                      "hint": "请删除重复行或更正编号"}],
    "step": "comparing", "step_label": "比对", "rows_done": 120, "rows_total": 120, "made_at": "2025-09-30T09:00:00+08:00",
    "made_by": "张三",
    "staged_at": "2025-09-30T09:00:04+08:00", "applied_at": None, "applied_by": None, "undone_at": None, "undone_by": None,
    "message": None, "can": ["decide", "apply", "cancel"],
}  # fmt: skip


def _of(example: Any, status: int = 200, description: str = "内容") -> Responses:
    return {status: {"description": description, "content": {"application/json": {"example": example}}}}


def _text(*media: str) -> dict[str, Any]:
    return {one: {"schema": {"type": "string"}} for one in media}


_ASKING: Final = _JOB | {
    "version": 2, "state": "asking", "state_label": "待确认", "counts": {}, "issue_counts": [], "staged_at": None,
    "can": ["decide", "cancel"],
    "files": [_FILE | {"detected": {"encoding": {"value": "gb18030", "confidence": 0.93, "reason": "按用字通顺程度判断"}}}],
    "questions": [{
        "field": "crs", "column": None, "file": "宗地.shp", "why": "宗地.shp 没有声明坐标系", "hint": None,
        "choices": [{"value": "EPSG:4549", "label": "CGCS2000 三度带,中央经线120°", "reason": "按它 100% 的图形落在本县"}],
    }],
}  # fmt: skip
JOB: Final[Responses] = _of(_JOB)
JOB[200]["content"]["application/json"] = {"examples": {"staged": {"value": _JOB}, "asking": {"value": _ASKING}}}
MADE: Final[Responses] = _of(_JOB | {"version": 1, "state": "queued", "state_label": "排队中", "files": []}, 201, "已排队")
APPLYING: Final[Responses] = _of(_JOB | {"version": 4, "state": "applying", "state_label": "入库中"}, 202, "已排队入库")
LIST: Final[Responses] = _of({"imports": [_JOB], "more": False})
SUPPLIERS: Final[Responses] = _of({"suppliers": [{
    "supplier": "测绘院", "kind": "parcels", "kind_label": "工业用地宗地", "deliveries": 2, "rows": 240, "issues": 6, "per_1000": 25.0,
    "trend": [{"id": 40, "data_on": "2025-03-31", "state": "applied", "rows": 120, "errors": 2, "warnings": 3, "per_1000": 41.7},
              {"id": 41, "data_on": "2025-06-30", "state": "staged", "rows": 120, "errors": 1, "warnings": 0, "per_1000": 8.3}],
}]})  # fmt: skip
WORDS: Final[Responses] = _of({
    "kinds": [{"kind": "towns", "label": "乡镇街道", "geometry": "required", "columns": [
        {"name": "town_code", "label": "行政区代码", "dimension": None, "units": [], "required": True}]}],
    "states": {"staged": "待入库"}, "steps": {"reading": "读取"}, "classes": {"new": "新增"}, "severities": {"error": "错误"},
    "sides": {"supplier": "供件单位"}, "facts": {"crs": "坐标系"}, "axis_orders": {"per_row": "逐行调换颠倒的行"},
    "families": {"urban_growth_boundary": "城镇开发边界"},
})  # fmt: skip
ISSUES: Final[Responses] = _of({"issues": [{
    "id": 7, "file": "宗地.gpkg", "layer": "宗地", "row": 12, "code": "duplicate_key", "severity": "error",
    "message": "关键字与前面某行重复,该行不入库", "field": "宗地代码", "value": "330282001001GB00011", "hint": "请删除重复行或更正编号",
    "side": None, "has_geometry": False,
}], "more": False})  # fmt: skip
ISSUES[200]["content"] |= _text("text/csv", "application/geo+json")
DIFF: Final[Responses] = _of({"classes": {"new": 3, "attribute": 1, "same": 116}, "rows": [{
    "row_id": "r12", "class": "attribute", "file": "宗地.gpkg", "row": 13, "key": "330282001001GB00012", "land_code": "330282107P0000125",
    "parcel_id": 330282000000012, "changes": [{"field": "area_registered_m2", "label": "证载面积", "old": "8000.00", "new": "8120.00"}],
}], "more": True})  # fmt: skip
DIFF[200]["content"] |= _text("application/geo+json")
EVENTS: Final[Responses] = {200: {"description": "server-sent events", "content": _text("text/event-stream")}}
MANIFEST: Final[Responses] = _of({
    "manifest": 1, "import_id": 41, "kind": "parcels", "county_code": "330282", "data_date": "2025-06-30", "supplier": "测绘院",
    "files": [{"name": "宗地.gpkg", "sha256": _SHA, "size": 98304}], "options": {"crs": "EPSG:4549"},
    "mappings": {_SHA: {"cadastral_code": {"header": "宗地代码", "unit": ""}}}, "state": "applied",
    "accepted": {"except_classes": ["vanished"], "except_rows": []}, "counts": {"rows": 120, "applied": 119},
})  # fmt: skip
_FIELDS: Final = {
    "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "交付的文件,可多个"},
    "kind": {"type": "string", "description": "类别,如 parcels", "example": "parcels"},
    "data_date": {"type": "string", "format": "date", "description": "数据日期,默认今天"},
    "supplier": {"type": "string", "description": "供件单位;列对应按它记住"},
    "options": {"type": "string", "description": "JSON: layer、crs、encoding、axis_order、units、family、mapping",
                "example": '{"crs": "EPSG:4549"}'},
    "manifest": {"type": "string", "description": "演练清单(文件或文字),代替 kind、data_date、options"},
}  # fmt: skip
UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": _FIELDS}}},
    }
}
