"""Synthetic counties and their answer key.

Owns: the demo county 慈溪 (330282) and the proving ground (999001) as messy files with what is expected of them.
Does not own: rules; it states a case's verdict and writes attributes that make it so. Imports nothing of app/.
Source: SOURCE.md.
"""

from geodata.generate import generate

__all__ = ["generate"]
