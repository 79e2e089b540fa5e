"""档案: parcel archive 一地一档案 and enterprise portrait 一企一画像, reading only.

Owns how the other rooms' records of one parcel or one enterprise are shown together, and to whom.
Does not own any record; writes nothing but the log of reads of exact figures.
Official source: PRACTICE §2 (who sees what), DOMAIN §5.9 (field classes).
"""
