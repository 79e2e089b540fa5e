"""Any soup of tokens or JSON gives bound SQL or a 400 at once, never another exception."""

import contextlib
import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Problem
from app.policy import registry
from app.policy.cql2 import Target, compile_filter, compile_node
from app.policy.registry import Column

NAMES = Column("names", "text[]", "名单", "")
TARGET = Target({**registry.filter_columns(level=registry.Level.L3), "names": NAMES}, alias="f", geometry="geom")
WORDS = [
    "(",
    ")",
    "(",
    ")",
    ",",
    "far",
    "grade",
    "on_list",
    "geom",
    "user_count",
    "agreed_start_on",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "BETWEEN",
    "IS",
    "NULL",
    "TRUE",
    "=",
    "<>",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "1",
    "2.5",
    "1e3",
    "'D'",
    "'x%'",
    '"far"',
    "CASEI",
    "DATE('2024-01-01')",
    "DATE",
    "TIMESTAMP",
    "INTERVAL",
    "BBOX(1,2,3,4)",
    "POINT",
    "POINT(1",
    "Z",
    "POLYGON((0",
    "GEOMETRYCOLLECTION",
    "S_INTERSECTS",
    "foo",
    "'2024-01-01'",
    "names",
    "A_CONTAINS",
    "A_EQUALS(",
    "T_AFTER",
    "T_DURING(",
    "INTERVAL('..',",
    "ACCENTI(",
    "%",
    "div",
    ".5",
    "'a\\'b'",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["far", "grade", "=", "and"])
NODES = st.recursive(
    SCALARS
    | st.builds(lambda n: {"property": n}, st.sampled_from(["far", "grade", "geom", "on_list", "names", "agreed_start_on"]))
    | st.builds(lambda d: {"date": d}, SCALARS)
    | st.builds(
        lambda ends: {"interval": ends},
        st.lists(SCALARS | st.sampled_from(["..", "2024-01-01", {"property": "agreed_start_on"}]), max_size=3),
    )
    | st.builds(
        lambda c: {"type": "Polygon", "coordinates": c},
        st.lists(st.lists(st.lists(st.integers(-90, 90), max_size=3), max_size=5), max_size=2),
    ),
    lambda inner: st.builds(
        lambda op, args: {"op": op, "args": args},
        st.sampled_from(
            [
                "and",
                "or",
                "not",
                "=",
                "<",
                "like",
                "between",
                "in",
                "isNull",
                "+",
                "/",
                "casei",
                "s_within",
                "foo",
                "^",
                "div",
                "%",
                "accenti",
                "t_after",
                "t_meets",
                "a_equals",
                "a_overlaps",
            ]
        ),
        st.lists(inner | st.lists(inner, max_size=3), max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_token_soup_is_sql_or_a_problem(words: list[str]) -> None:
    source = " ".join(words)
    started = time.perf_counter()
    with contextlib.suppress(Problem):
        assert "'" not in compile_filter(source, TARGET).sql
    assert time.perf_counter() - started < 1


@settings(max_examples=400, deadline=None)
@given(NODES)
def test_any_tree_is_sql_or_a_problem(node: object) -> None:
    with contextlib.suppress(Problem):
        compiled = compile_node(node, TARGET)
        assert "'" not in compiled.sql
    with contextlib.suppress(Problem):
        compile_filter(json.dumps(node), TARGET, lang="cql2-json")
