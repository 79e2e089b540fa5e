"""Enterprises: register with checked 统一社会信用代码, occupancy of parcels, yearly indicators, published grades, lists.

Owns who is on the land and what they reported. Does not own scores it computes itself (evaluation) nor verdicts.
Source: GB 32100-2015; 甬亩均办〔2022〕7号 populations as published by 慈溪 (DOMAIN §4.5).
"""

from app.enterprises.uscc import parse_uscc

__all__ = ["parse_uscc"]
