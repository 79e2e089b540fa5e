"""Themes 专题 of the parcels: which value colours the map, where it is stored, whether a viewer may have it. Pure."""

from dataclasses import dataclass

from app.core.errors import BadParameter


@dataclass(frozen=True)
class Theme:
    """One theme; `stored` is its name in the overview tables, `field` the property of a parcel that holds its value."""

    id: str
    title: str
    field: str
    stored: str
    is_public: bool = False
    is_joined: bool = False
    """Its field is not on the map's own row but on map_filter."""
    cells: int = 32
    """Cells a tile side; a theme of thirty values takes fewer, so that a full tile stays under 100 kB."""


THEMES = {
    theme.id: theme
    for theme in (
        Theme("display_class", "分类", "display_class", "display_class"),
        Theme("grade", "亩均评价等级", "grade", "grade", is_public=True),
        Theme("tax_band", "亩均税收档", "tax_band", "tax_band", is_joined=True),
        Theme("far_band", "容积率档", "far_band", "far_band", is_joined=True),
        Theme("industry", "产业 (行业大类)", "industry_division", "industry_division", is_joined=True, cells=16),
        Theme("standard_land", "标准地", "standard_land", "standard_land", is_public=True),
    )
}
STAFF = ("display_class", "grade", "tax_band", "far_band", "industry")
PUBLIC = ("standard_land", "grade")
UNKNOWN = "unknown"
"""Property of a cell for parcels whose value is not known, or not the caller's to know."""


def offered(*, is_public: bool) -> tuple[Theme, ...]:
    """Themes open to the caller; the first is the one of a tile that names none."""
    return tuple(THEMES[name] for name in (PUBLIC if is_public else STAFF))


def theme_of(name: str | None, layer_id: str, *, is_public: bool) -> Theme | None:
    """The theme asked for. BadParameter for one that the layer or the caller does not have."""
    if layer_id != "parcels":
        if name is not None:
            raise BadParameter(f"图层 {layer_id} 没有专题", pointer="query:theme")
        return None
    open_to = offered(is_public=is_public)
    for theme in open_to:
        if name in (None, theme.id):
            return theme
    raise BadParameter(f"没有专题 {name}", pointer="query:theme", hint="可用: " + "、".join(theme.id for theme in open_to))
