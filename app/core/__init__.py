"""What every room stands on: database, events, errors, principal, audit, units, CRS, clock, pages.

Owns no domain word and imports no room.
"""
