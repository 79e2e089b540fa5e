"""一张图 in memory: a county's parcels as this worker has read them, following every change, as of one version of their layer.

Owns nothing: each row comes from map_parcel, and the version is read at the door of each request. What it can't answer (the public
form, another system, an order, a shape as filter, a county larger than the memory) the database answers; so it does until all is read.
"""

from app.maps.held.keeper import keeper_of

__all__ = ["keeper_of"]
