"""变更: which parcels, cases and layers changed, and where, for clients and caches that refresh only that.

Owns what is written of a change (map_change, app/core/layers.py) and GET /api/changes. Does not own the layers themselves.
"""

from app.maps.changes.queries import changed, touched

__all__ = ["changed", "touched"]
