"""QGIS (python3-qgis, offscreen) reads a running service: qgis.py URL KEY. Prints one line a check; exit code 1 when one fails."""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from shim import Shim

failed = []


def check(name: str, is_right: bool, said: object) -> None:
    print(f"{'ok ' if is_right else 'NOT'} QGIS {Qgis.QGIS_VERSION.split('-')[0]} {name}: {said}", flush=True)
    if not is_right:
        failed.append(name)


application = QgsApplication([], False)
application.initQgis()
with Shim(*sys.argv[1:3]) as shim:
    layer = QgsVectorLayer(f"url='{shim.url}' typename='parcels' pageSize='1000'", "宗地", "OAPIF")
    check("opens", layer.isValid(), layer.error().message() or layer.crs().authid())
    check("fields", {"land_code", "area_planar_m2"} <= {f.name() for f in layer.fields()}, len(layer.fields()))
    shim.lines()
    shapes = list(layer.getFeatures())
    pages = [line for line, _ in shim.lines() if "/items" in line]
    codes = {f["land_code"] for f in shapes}
    check("pages through all parcels", len(codes) == 8000 and len(pages) >= 8, f"{len(codes)} parcels in {len(pages)} requests")
    check("shapes", all(f.hasGeometry() and f.geometry().area() > 0 for f in shapes), "all have area")

    few = QgsVectorLayer(f"url='{shim.url}' typename='parcels' restrictToRequestBBOX='1'", "范围", "OAPIF")
    shim.lines()
    box = QgsRectangle(121.19, 30.20, 121.20, 30.21)
    found = list(few.getFeatures(QgsFeatureRequest(box)))
    asked = [line for line, _ in shim.lines() if "bbox=" in line]
    check("asks the server for an extent", bool(found) and bool(asked), f"{len(found)} parcels, {asked[0][-70:] if asked else None}")
    check(
        "same as its own choice",
        {f["land_code"] for f in found} == {f["land_code"] for f in shapes if f.geometry().intersects(box)},
        len(found),
    )

    some = QgsVectorLayer(f"url='{shim.url}' typename='parcels'", "筛选", "OAPIF")
    some.setSubsetString("\"responsible_body\" = '330282107'")
    picked = list(some.getFeatures())
    right = {f["land_code"] for f in shapes if f["responsible_body"] == "330282107"}
    asked = [line for line, _ in shim.lines() if "responsible_body" in line]
    check(
        "filters",
        {f["land_code"] for f in picked} == right and bool(right),
        f"{len(picked)} parcels, {asked[-1][-90:] if asked else 'chosen by QGIS itself'}",
    )

    plane = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:4549"), QgsProject.instance())
    first = shapes[0].geometry()
    first.transform(plane)
    ratio = first.area() / float(shapes[0]["area_planar_m2"])
    check("reprojects to EPSG:4549", abs(ratio - 1) < 0.01, f"area of the first parcel is {ratio:.4f} × area_planar_m2")
    bad = [(line, status) for line, status in shim.lines() if status >= 400]
    check("no refused request", not bad, bad[:3])
    for name in ("control-lines", "towns", "blocks", "freed-land"):
        other = QgsVectorLayer(f"url='{shim.url}' typename='{name}'", name, "OAPIF")
        check(name, other.isValid() and len(list(other.getFeatures())) > 0, len(list(other.getFeatures())))
sys.stdout.flush()
os._exit(1 if failed else 0)  # layers that outlive exitQgis() end in a segmentation fault
