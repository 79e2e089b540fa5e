"""更正表: reviewed corrections of single values of parcels, kept against deliveries that repeat the old value.

A correction holds only while the old value still stands: whether it is applied or stale is read off the register, never stored, so
that an import, its undo and a later delivery need no bookkeeping here.
"""
