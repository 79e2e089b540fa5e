"""What schemathesis can't know, put into half of its requests: ids that exist; and a new Idempotency-Key for every POST that bears one."""

import json
import os
import random
from typing import Any
from uuid import uuid4

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["YIMA_FUZZ_KNOWN"])
WRITTEN_TO = {"case"}
"""Nothing else of the demo county is written to: an import undone would take it from whoever looks next."""


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 — called by position and name
    """Change the request that is about to be sent."""
    for name in set(case.path_parameters or ()) & set(KNOWN):
        if (case.method == "GET" or name in WRITTEN_TO) and random.random() < 0.5:
            case.path_parameters[name] = random.choice(KNOWN[name])
    for name in [name for name in case.headers or () if name.lower() == "idempotency-key"]:
        if case.method == "POST" and case.headers[name]:
            case.headers[name] = str(uuid4())
