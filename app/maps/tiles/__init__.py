"""Vector tiles 矢量瓦片 of every collection: tile sets, tiles, TileJSON and MapLibre styles, with a cache of this worker.

Owns the two tile matrix sets and how a tile is made, kept and told apart by its ETag. Does not own map_parcel, map_cell (publication)
nor the change feed; writes nothing.
Official source: OGC 20-057 (OGC API Tiles), OGC 17-083r4 (tile matrix sets), Mapbox Vector Tile 2.1, TileJSON 3.0.0, MapLibre style 8.
"""
