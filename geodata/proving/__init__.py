"""Proving ground 999001: an invented county in which every branch of the rules has its cases (tests only)."""
