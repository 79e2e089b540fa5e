"""Plants the faults real deliveries have, each with the issue it must raise, none that blurs a verdict."""

from geodata.defects.ground import Site, plant_in_parcels
from geodata.defects.tables import plant_in_tables

__all__ = ["Site", "plant_in_parcels", "plant_in_tables"]
