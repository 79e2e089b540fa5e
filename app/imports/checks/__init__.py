"""Checks at the door: each finds issues in rows and never raises for one."""
