"""What the two ways of asking look like in the OpenAPI description."""

from typing import Any, Final

_SQUARE: Final = [[[121.25, 30.2], [121.26, 30.2], [121.26, 30.21], [121.25, 30.21], [121.25, 30.2]]]
OVERLAY_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["geometry"],
                    "properties": {
                        "geometry": {
                            "type": "object",
                            "description": "GeoJSON Polygon 或 MultiPolygon, 经纬度 (度), 至多一万个顶点",
                            "required": ["type", "coordinates"],
                            "properties": {
                                "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
                                "coordinates": {"type": "array"},
                            },
                        }
                    },
                },
                "example": {"geometry": {"type": "Polygon", "coordinates": _SQUARE}},
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "GeoJSON、国土 TXT、打包为 zip 的 Shapefile、DXF (闭合线)、GeoPackage",
                        },
                        "crs": {"type": "string", "maxLength": 40, "description": "文件未写明时的坐标系", "example": "EPSG:4549"},
                    },
                }
            },
        },
    }
}
OVERLAY_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "范围、合计、地块、企业、规划、分类、无宗地面积、核对;f=xlsx 时为工作簿",
        "content": {
            "application/json": {
                "example": {
                    "range": {"m2": 10000.0, "mu": 15.0, "hectare": 1.0, "bbox": [121.25, 30.2, 121.251, 30.201]},
                    "totals": {"n_parcels": 1, "m2": 8000.0, "mu": 12.0, "overlap_m2": 0.0},
                    "parcels": [{"land_code": "330282101P0000017", "covered_m2": 8000.0, "share_of_parcel": 0.8, "share_of_range": 0.8}],
                    "uncovered": {"m2": 2000.0, "mu": 3.0},
                    "sum_check": {"range_m2": 10000.0, "parts_m2": 10000.0, "difference_m2": 0.0, "is_closed": True},
                }
            },
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    403: {"description": "公开账号不能做范围分析"},
    413: {"description": "请求过大"},
    422: {"description": "范围或文件有问题, code 指明: range_not_polygon, range_empty, range_outside, range_too_complex, crs_missing …"},
}
STATS_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "各组宗数、亩、家数与合计",
        "content": {
            "application/json": {
                "example": {
                    "group_by": "display_class",
                    "rows": [{"key": "yellow", "label": "低效(初判)", "n_parcels": 12, "mu": 130.5, "n_firms": 9, "share_of_mu": 0.1764}],
                    "total": {"n_parcels": 80, "mu": 739.8, "n_firms": 61},
                }
            }
        },
    }
}
