"""The shapes of a delivery: there where its kind asks for them, and areas unless the kind takes lines and points too. Pure."""

import numpy as np

from app.imports.errors import GeometryRequired
from app.imports.kinds import Kind
from app.imports.packed import PackedShapes
from app.imports.readers import Delivery
from app.imports.readers.outlines import closed_lines

_POINTS, _LINES = (1, 4), (2, 5)
"""As WKB numbers them, single and many."""


def shapes_of(deliveries: list[Delivery], kind: Kind) -> PackedShapes | None:
    """One geometry a row over all files; None for a kind without shapes. Errors: geometry_required."""
    if kind.geometry == "none":
        return None
    if kind.geometry == "required" and (without := [d.file for d in deliveries if d.geometry is None and len(d.frame)]):
        raise GeometryRequired(f"“{kind.label}”必须带图形,{'、'.join(without)} 没有图形")
    for delivery in deliveries:
        _take_faces(delivery, kind)
    return PackedShapes.joined(PackedShapes.empty(len(d.frame)) if d.geometry is None else d.geometry for d in deliveries)


def _take_faces(delivery: Delivery, kind: Kind) -> None:
    """A closed line counts as the area it encloses; a file of points or open lines is refused whole by a kind that takes areas only."""
    if delivery.geometry is None:
        return
    lines = np.flatnonzero(np.isin(delivery.geometry.kinds, _LINES))
    if len(lines):
        faces, closed = closed_lines(delivery.geometry[lines])
        if closed:
            delivery.geometry = delivery.geometry.replaced(lines, faces)
            delivery.detected.notes.append(f"{closed} 条闭合线按所围的面采用")
    drawn = delivery.geometry.kinds
    drawn = drawn[drawn >= 0]
    if kind.geometry == "required" and not kind.takes_lines and len(drawn) and np.isin(drawn, (*_POINTS, *_LINES)).all():
        found = "点" if np.isin(drawn, _POINTS).all() else "线" if np.isin(drawn, _LINES).all() else "点和未闭合的线"
        raise GeometryRequired(f"“{kind.label}”的图形应为面,{delivery.file} 里全是{found}", hint="请交付面图层,或将界线闭合")
