"""What GDAL writes from Arrow: GeoPackage, FlatGeobuf, KML, Shapefile's parts, and GeoJSON in another form than the stored one."""

import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from app.maps.exports import batches
from app.maps.exports.order import geometry_type
from app.maps.exports.writers.job import Job

DRIVERS = {
    "gpkg": "GPKG", "flatgeobuf": "FlatGeobuf", "kml": "KML", "shapefile": "ESRI Shapefile", "geojson": "GeoJSON",
    "geojsonseq": "GeoJSONSeq",
}  # fmt: skip


def write(file: Path, job: Job) -> None:
    """One layer of the driver of the asked format."""
    name = job.order.format
    feed(file, job, DRIVERS[name], pa.RecordBatchReader.from_batches(batches.flat_schema(job.table.schema), map(batches.flat, job.arrow())),
         **options(job))  # fmt: skip


def feed(file: Path, job: Job, driver: str, reader: pa.RecordBatchReader, *, form: str = "", **options: Any) -> None:
    """Hand the batches to GDAL as it asks for them; a fault of the rows keeps its own name. `form`: of rows that are all of one."""
    try:
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # shifted coordinates have none
        pyogrio.write_arrow(
            reader, file, driver=driver, layer=job.order.collection, geometry_name="geom",
            geometry_type=form or ("Point" if job.order.is_point else geometry_type(job.head.forms)), crs=crs_of(job), **options,
        )  # fmt: skip
    except RuntimeError:
        if job.failure is not None:
            raise job.failure from None
        raise


def crs_of(job: Job) -> str | None:
    """The system's name for GDAL; shifted coordinates have none that exists."""
    return f"EPSG:{job.target.srid}" if job.target.srid else None


def options(job: Job) -> dict[str, Any]:
    name, title = job.order.format, job.order.title
    if name == "gpkg":
        return {"IDENTIFIER": title, "FID": "fid", "dataset_metadata": job.about}
    if name == "flatgeobuf":
        return {"TITLE": title, "DESCRIPTION": "; ".join(f"{k}={v}" for k, v in job.about.items())}
    if name in ("geojson", "geojsonseq"):
        digits = 7 if job.target.is_degrees else 4
        return {"COORDINATE_PRECISION": str(digits), "ID_FIELD": "id"} | ({"RFC7946": "NO"} if name == "geojson" else {})
    return {}
