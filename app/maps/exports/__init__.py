"""导出: a whole collection or what a filter selects, as a file made by a process of its own in flat memory; PMTiles as a public map.

Owns export_job and the county's 偏移坐标 switch; reads map rows (classes L1–L2 and bands) under the map's role, writes none of them.
"""
