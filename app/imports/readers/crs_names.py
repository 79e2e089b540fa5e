"""CRS names as people write them into a column: 2000国家大地坐标系, CGCS2000, WGS84, ETRS89, EPSG:4549."""

import re
import unicodedata

_DEGREES = (
    (r"cgcs2000|2000国家|国家2000|国家大地坐标系2000|china2000|china geodetic", "EPSG:4490"),
    (r"1980年?西安|西安(19)?80|xi'?an[ _-]?(19)?80", "EPSG:4610"),
    (r"1954年?北京|北京(19)?54|beijing[ _-]?(19)?54", "EPSG:4214"),
    (r"gcj-?0?2|火星", "urn:yima:crs:GCJ02"),
    (r"bd-?0?9|百度", "urn:yima:crs:BD09"),
    (r"wgs-?_?(19)?84", "EPSG:4326"),
    (r"etrs-?(19)?89", "EPSG:4258"),
)
_PLANES = ((r"osgb-?(19)?36|british national grid", "EPSG:27700"),)
_OLD = ("EPSG:4610", "EPSG:4214")


def crs_named(text: str, *, is_degrees: bool) -> str | None:
    """The CRS a cell names, None when it names none. A datum alone is a CRS only where the coordinates are degrees (or it is refused)."""
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    if len(folded) > 60:
        return None
    if match := re.fullmatch(r"(?:urn:ogc:def:crs:)?epsg:{1,2}(\d{4,6})", folded):
        return f"EPSG:{match[1]}"
    for pattern, code in _PLANES:
        if re.search(pattern, folded):
            return code
    for pattern, code in _DEGREES:
        if re.fullmatch(rf"(?:gcs_?)?\W*(?:{pattern})[\w\W]{{0,12}}", folded):
            return code if is_degrees or code in _OLD else None
    return None
