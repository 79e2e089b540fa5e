"""`sortby`: columns of the map in a total order (id breaks ties, unknown comes last), and the key of the next page. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import BadParameter
from app.policy.registry import Column

MOST = 3
_CAST = {"text": "text", "numeric": "numeric", "integer": "bigint", "boolean": "boolean", "date": "date"}


@dataclass(frozen=True)
class Key:
    """One column of the order."""

    column: Column
    is_descending: bool = False

    @property
    def sql(self) -> str:
        """Column name; it comes from the registry."""
        return f"t.{self.column.name}"


def parse(sortby: str | None, allowed: Mapping[str, Column]) -> tuple[Key, ...]:
    """Keys of `sortby=-a,b`; BadParameter for anything else than allowed columns, each once."""
    if sortby is None:
        return ()
    keys = []
    for part in sortby.split(","):
        name = part.strip().lstrip("+-") if part.strip()[:1] in ("+", "-") else part.strip()
        column = allowed.get(name)
        if column is None or column.type not in _CAST:
            raise BadParameter(f"不能按 “{name[:60]}” 排序", pointer="query:sortby", hint="可用字段见 sortables;降序写 -字段")
        keys.append(Key(column, part.strip().startswith("-")))
    if len(keys) > MOST or len({k.column.name for k in keys}) != len(keys):
        raise BadParameter(f"排序字段至多 {MOST} 个,且不重复", pointer="query:sortby")
    return tuple(keys)


def order(keys: tuple[Key, ...]) -> str:
    """ORDER BY list."""
    return ", ".join((*(f"{k.sql} {'DESC' if k.is_descending else 'ASC'} NULLS LAST" for k in keys), "t.id"))


def chosen(keys: tuple[Key, ...]) -> str:
    """The values of a row's key as text, for the cursor."""
    return f"ARRAY[{', '.join(f'{k.sql}::text' for k in keys)}]::text[]"


def beyond(keys: tuple[Key, ...], after: tuple[list[str | None], int], bound: list[Any]) -> str:
    """Rows that follow the given key: later in the first column that differs."""
    values, last_id = after
    cases, equal = [], []
    for key, value in zip(keys, values, strict=True):
        if value is None:
            equal.append(f"{key.sql} IS NULL")
            continue
        bound.append(value)
        given = f"CAST(${len(bound)}::text AS {_CAST[key.column.type]})"
        later = f"({key.sql} {'<' if key.is_descending else '>'} {given} OR {key.sql} IS NULL)"
        cases.append(" AND ".join((*equal, later)))
        equal.append(f"{key.sql} = {given}")
    bound.append(last_id)
    cases.append(" AND ".join((*equal, f"t.id > ${len(bound)}::bigint")))
    return "(" + " OR ".join(f"({case})" for case in cases) + ")"


def cursor_key(after: Any, keys: tuple[Key, ...]) -> tuple[list[str | None], int] | None:
    """The key a cursor carries, None when it is not one of this order."""
    if not (isinstance(after, list) and len(after) == 2 and isinstance(after[0], list) and isinstance(after[1], int)):
        return None
    values, last_id = after
    return (values, last_id) if len(values) == len(keys) and all(v is None or isinstance(v, str) for v in values) else None
