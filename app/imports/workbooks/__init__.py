"""Workbooks both ways: the template a town fills in, and its delivery given back with what was found in its cells."""
