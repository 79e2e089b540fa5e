"""Speed of the map beside its peers: one generated county, one run, one table of ratios.

Owns the generated county of .local/bench (its own cluster), the peers' environments, the load and the report; changes nothing of the
service. Bars and their source: issue 3; how the peers are served: PEERS §4 and §8 (TiPg 1.6.1, pygeoapi 0.21.0).
"""
