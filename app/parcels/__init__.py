"""Parcels: register of 宗地, the one code 一码, four areas, tenure, buildings, contracts and milestones, versions, lineage.

Owns what a parcel is and was, on two time axes. Does not own who uses it (enterprises) nor what is judged of it.
Source: GB/T 37346-2019 (codes), DOMAIN §5.1, §5.7 (areas), 国土资源部令第53号 (milestones).
"""

from app.parcels.codes import one_code, parse_cadastral_code, parse_one_code, parse_unit_code

__all__ = ["one_code", "parse_cadastral_code", "parse_one_code", "parse_unit_code"]
