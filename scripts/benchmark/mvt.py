"""Just enough of a Mapbox vector tile (2.1) to count it: features, keys and sums of a property by layer. Pure."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Layer:
    """One layer: its name, the properties of each feature."""

    name: str = ""
    features: list[dict[str, Any]] = field(default_factory=list)

    def total(self, key: str) -> float:
        """Sum of a numeric property; a feature without it counts nothing."""
        return sum(feature.get(key) or 0 for feature in self.features)


def layers(tile: bytes) -> dict[str, Layer]:
    """Layers of a tile by name."""
    found = (_layer(value) for number, value in _fields(tile) if number == 3)
    return {layer.name: layer for layer in found}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, value) of a message: bytes for a length-delimited one, else the number's bits."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        value: Any
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def _layer(data: bytes) -> Layer:
    layer, keys, values, tags = Layer(), [], [], []
    for number, value in _fields(data):
        if number == 1:
            layer.name = value.decode()
        elif number == 2:
            tags.append(next((list(_packed(v)) for n, v in _fields(value) if n == 2), []))
        elif number == 3:
            keys.append(value.decode())
        elif number == 4:
            values.append(_value(value))
    layer.features = [{keys[k]: values[v] for k, v in zip(pairs[::2], pairs[1::2], strict=True)} for pairs in tags]
    return layer


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _value(data: bytes) -> Any:
    for number, value in _fields(data):
        if number == 1:
            return value.decode()
        if number in (2, 3):
            return struct.unpack("<f" if number == 2 else "<d", value)[0]
        if number == 6:
            return (value >> 1) ^ -(value & 1)
        return bool(value) if number == 7 else value - (1 << 64) if number == 4 and value >> 63 else value
    return None
