"""Imports: readers, checks, stage → diff → apply of every kind of delivery (kinds.py), aliases and word lists as data.

Owns files, encodings, CRS detection, issues, import jobs. Does not own the tables it fills (their rooms do).
Source: the counties' deliveries; 国土 TXT of 勘测定界, GB/T 37346, GB 32100-2015, RFC 7946.
"""
