"""JSON Schema of OpenAPI 3.1 written as OpenAPI 3.0 says it: `nullable`, one `example`, boolean exclusive bounds. Pure."""

from typing import Any

VERSION = "3.0.3"
_DROPPED = ("$schema", "propertyNames", "patternProperties", "contentEncoding", "unevaluatedProperties")
_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_MAPS = frozenset({"properties", "schemas", "parameters", "responses", "headers", "examples", "securitySchemes", "content", "paths"})
"""Keywords whose members are names, not keywords."""


def downgraded(value: Any) -> Any:
    """The document in 3.0: a copy, its examples and enumerations untouched."""
    if isinstance(value, list):
        return [downgraded(part) for part in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, part in value.items():
        if key in ("example", "default", "enum", "const") or (key == "examples" and isinstance(part, list)):
            found[key] = part
        elif key in _MAPS and isinstance(part, dict):
            found[key] = {name: downgraded(member) for name, member in part.items()}
        else:
            found[key] = downgraded(part)
    return _schema(found)


def _schema(said: dict[str, Any]) -> dict[str, Any]:
    for name in _DROPPED:
        said.pop(name, None)
    if isinstance(said.get("examples"), list):
        examples = said.pop("examples")
        said.setdefault("example", examples[0])
    if "const" in said:
        said["enum"] = [said.pop("const")]
    if said.get("contentMediaType") and said.get("type") == "string":
        said.pop("contentMediaType")
        said["format"] = "binary"
    if "prefixItems" in said:
        said.pop("prefixItems")
        said.setdefault("items", {})
    for exclusive, inclusive in _BOUNDS:
        if isinstance(said.get(exclusive), int | float) and not isinstance(said[exclusive], bool):
            said[inclusive] = said.pop(exclusive)
            said[exclusive] = True
    return _nullable(said)


def _nullable(said: dict[str, Any]) -> dict[str, Any]:
    """`null` as one of several types becomes the 3.0 flag."""
    kinds = said.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        said |= {"type": rest[0]} if len(rest) == 1 else {"anyOf": [{"type": kind} for kind in rest]}
        if len(rest) != 1:
            said.pop("type")
        if "null" in kinds:
            said["nullable"] = True
    for several in ("anyOf", "oneOf"):
        options = said.get(several)
        if not isinstance(options, list) or {"type": "null"} not in options:
            continue
        rest = [option for option in options if option != {"type": "null"}]
        said.pop(several)
        if len(rest) == 1:
            said = {**said, "allOf": rest} if "$ref" in rest[0] else {**rest[0], **said}
        else:
            said[several] = rest
        said["nullable"] = True
    return said
