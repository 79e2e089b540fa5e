"""Pages (网页): the standard's documents as HTML a person can read, and the page for those who connect a map (接入说明).

Every page is made from the JSON answer the same caller would have got, so it tells nothing more and refuses nothing else.
Does not own the documents. Source: OGC 17-069r4 §7.2 and conformance class html; RFC 9110 §12 (negotiation).
"""

from app.maps.pages.middleware import Pages

__all__ = ["Pages"]
