"""地图 (一张图): reads every layer for map clients and writes only its own derived rows.

Owns map_parcel and map_parcel_public, the standard surface (OGC API Features, tiles) and /api/meta.
Does not own parcels, verdicts, cases or postings: it shows what their rooms say, in the caller's scope.
Official source: OGC 17-069r4 (Features Part 1), OGC 20-057 (Tiles), RFC 7946, RFC 9110.
"""
