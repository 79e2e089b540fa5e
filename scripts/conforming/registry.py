"""Static check of the OpenAPI document against the declared conformance classes: registry.py URL. Runs in its own environment."""

import json
import sys

import httpx
from ogcapi_registry import validate_ogc_api

url = sys.argv[1]
# the tool knows the path of one feature by the parameter's name in the standard's examples; ours is written feature_id
document = json.loads(httpx.get(f"{url}/api").text.replace("{feature_id}", "{featureId}").replace('"feature_id"', '"featureId"'))
declared = httpx.get(f"{url}/conformance", headers={"Accept": "application/json"}).json()["conformsTo"]
found = validate_ogc_api(document, declared)
print(f"{'ok ' if found.is_valid else 'NOT'} ogcapi-registry: {len(found.errors)} errors for {len(declared)} declared classes")
for error in found.errors:
    print("   ", error)
sys.exit(0 if found.is_valid else 1)
