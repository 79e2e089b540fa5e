"""Which files the readers take, by suffix. Light: known without opening a file or loading a reader."""

VECTOR_SUFFIXES = {
    ".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON", ".json": "GeoJSON", ".fgb": "FlatGeobuf", ".gdb": "OpenFileGDB",
    ".geojsons": "GeoJSONSeq", ".geojsonl": "GeoJSONSeq", ".kml": "KML", ".dxf": "DXF",
}  # fmt: skip
TABLE_SUFFIXES = {".xlsx": "xlsx", ".xls": "xls", ".xlsm": "xlsx", ".ods": "ods", ".csv": "csv", ".tsv": "csv"}
BESIDE_SHP = frozenset({".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qpj", ".qix"})
"""Parts that are read with their .shp."""
TAKEN = frozenset({*VECTOR_SUFFIXES, *TABLE_SUFFIXES, *BESIDE_SHP, ".txt", ".parquet", ".geoparquet", ".zip", ".kmz"}) - {".gdb"}
"""What can be handed in as a file; a .gdb is a folder and comes zipped."""
SUPPORTED = "支持 GeoPackage、Shapefile(可打包为 zip)、GeoJSON、FlatGeobuf、文件地理数据库、KML(KMZ)、DXF、国土 TXT、Excel、CSV、GeoParquet"
