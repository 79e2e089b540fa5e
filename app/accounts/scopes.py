"""What an API key may read: areas of the interface and named collections, narrower than its account's role. Pure.

A key without scopes reads all its account reads. Areas named: only these (and what every client needs: labels, documents of the
standard). Collections named: below /collections only these; without an area they stand for the map alone.
"""

import re
from collections.abc import Collection

from app.accounts.errors import KeyScope

AREAS = {
    "items": "要素 (GeoJSON、CSV 等)",
    "tiles": "瓦片、样式",
    "stats": "统计",
    "analysis": "范围套合",
    "changes": "变更",
    "exports": "导出文件",
    "registers": "档案、画像、初判、项目、台账、目标",
}
"""Area → what it opens."""
COLLECTIONS = ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land")
_MAP = ("items", "tiles")
_OPEN = re.compile(r"/(|conformance|collections|api/meta|api/session|api/errors(/.*)?)")
_COLLECTION = re.compile(r"/collections/([^/]+)(?:/([^/]+).*)?")
_BELOW = {"items": "items", "tiles": "tiles", "styles": "tiles"}
_PREFIXES = (
    ("/tileMatrixSets", "tiles"),
    ("/styles", "tiles"),
    *((f"/api/{area}", area) for area in ("stats", "analysis", "changes", "exports")),
)


def known(scope: str) -> bool:
    """Whether this is the name of an area or a collection."""
    return scope in AREAS or scope in COLLECTIONS


def check(scopes: Collection[str] | None, path: str) -> None:
    """Refuse a path (without the proxy's prefix) outside of the key's scopes. Errors: KeyScope."""
    if not scopes or _OPEN.fullmatch(path):
        return
    collections = [one for one in scopes if one in COLLECTIONS]
    areas = [one for one in scopes if one in AREAS] or list(_MAP)
    below = _COLLECTION.fullmatch(path)
    if below:
        wanted = _BELOW.get(below[2] or "")
        allowed = (not collections or below[1] in collections) and (wanted is None or wanted in areas)
    else:
        area = next((area for start, area in _PREFIXES if path == start or path.startswith(f"{start}/")), "registers")
        # an export names its collection in the body; a style below no collection draws all of them
        allowed = area in areas and not (collections and (area == "exports" or path.startswith("/styles")))
    if not allowed:
        raise KeyScope(f"密钥的范围是 {'、'.join(scopes)}", scopes=list(scopes))
