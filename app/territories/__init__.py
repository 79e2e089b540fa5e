"""Territories: counties, towns, responsible bodies 责任主体, blocks 工业区块, calibres 口径; codes with scheme and validity.

Owns who governs which ground. Does not own parcels. Source: GB/T 2260, NBS town codes (geodata/territories/SOURCE.md),
PRACTICE §0 (责任主体 is not the town).
"""

from app.territories.service import UNASSIGNED, body_of, load_county, seed

__all__ = ["UNASSIGNED", "body_of", "load_county", "seed"]
