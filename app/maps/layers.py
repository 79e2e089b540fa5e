"""The collections: what each is called and who sees it. Verdicts, cases and postings are not public."""

from dataclasses import dataclass

from app.core.errors import NotFound
from app.core.principal import Principal


@dataclass(frozen=True)
class Layer:
    """One collection."""

    id: str
    title: str
    description: str
    is_public: bool = True


LAYERS = {
    layer.id: layer
    for layer in (
        Layer("parcels", "工业用地宗地", "现状宗地: 一码、四个面积、初判结论;可按日期 (as_of) 与入库时点 (known_at) 回看"),
        Layer("control-lines", "工业区块控制线", "批准生效的工业区块控制线"),
        Layer("towns", "镇街道", "行政区划;标注 is_synthetic 的边界为示意"),
        Layer("blocks", "工业区块", "工业区块与集聚区"),
        Layer("cases", "整治项目", "整治项目涉及地块的范围", is_public=False),
        Layer("freed-land", "腾出台账图斑", "已入账且已上图的腾出地块", is_public=False),
    )
}


MIXED = frozenset({"control-lines"})
"""Layers that may hold lines and points beside areas."""


def visible(principal: Principal) -> list[Layer]:
    """Collections open to the caller."""
    return [layer for layer in LAYERS.values() if layer.is_public or not principal.is_public_only]


def layer_for(principal: Principal, layer_id: str) -> Layer:
    """The collection, NotFound when it does not exist for the caller."""
    layer = LAYERS.get(layer_id)
    if layer is None or (principal.is_public_only and not layer.is_public):
        raise NotFound(f"没有图层 {layer_id}")
    return layer
