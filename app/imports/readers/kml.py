"""Attributes of KML that GDAL leaves out: <ExtendedData><Data name="…"><value>…, by folder and placemark."""

from pathlib import Path
from xml.etree import ElementTree

_SHAPES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}


def has_data(path: Path) -> bool:
    """Whether a file has such attributes; one that defines entities is not looked into."""
    text = path.read_bytes()
    return b"<Data " in text and b"<!ENTITY" not in text


def data_of(path: Path) -> list[list[dict[str, str]]]:
    """For each folder (or document) that itself holds placemarks with a shape, in order: their attributes, a placemark each.

    Errors: ParseError.
    """
    found: dict[int, list[dict[str, str]]] = {}
    above: list[int] = []
    for number, (event, element) in enumerate(ElementTree.iterparse(path, ("start", "end"))):  # noqa: S314 - has_data: no entities
        name = _local(element)
        if name in ("Document", "Folder") and event == "start":
            above.append(number)
        elif name in ("Document", "Folder"):
            above.pop()
        elif name == "Placemark" and event == "end":
            if any(_local(child) in _SHAPES for child in element):
                found.setdefault(above[-1] if above else -1, []).append(_data(element))
            element.clear()
    return [found[number] for number in sorted(found)]


def _data(placemark: ElementTree.Element) -> dict[str, str]:
    said = {}
    for one in placemark.iter():
        if _local(one) == "Data" and (name := one.get("name")):
            value = next((child.text for child in one if _local(child) == "value"), None)
            if value and value.strip():
                said[name.strip()] = value.strip()
    return said


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
