"""接口说明: the OpenAPI 3.0 document of the service, with every answer a route can give.

Routes own their parameters and answers; this room adds what all share (problems, credentials) and writes it in the version that
OGC API Features names (3.0). Official source: OpenAPI Specification 3.0.3, OGC 17-069r4 §9.
"""

from app.description.document import described

__all__ = ["described"]
