"""Limits of a filter: a refusal, never a crash and never a hang."""

import time

import pytest

from app.core.errors import Problem
from app.policy import registry
from app.policy.cql2 import Target, compile_filter, parse_filter

TARGET = Target(registry.filter_columns(level=registry.Level.L3), alias="f", geometry="geom")


def refusal(source: str, *, lang: str = "cql2-text") -> Problem:
    with pytest.raises(Problem) as caught:
        compile_filter(source, TARGET, lang=lang)  # type: ignore[arg-type]
    assert caught.value.status == 400
    return caught.value


def nested(levels: int, inside: str = "far=1") -> str:
    return "(" * levels + inside + ")" * levels


def test_two_thousand_nested_parentheses_are_refused_and_nothing_crashes() -> None:
    assert refusal(nested(2000)).code == "filter_too_deep"
    assert refusal("(" * 2000 + "far=1").code == "filter_too_deep"


def test_sixty_four_levels_pass_and_sixty_five_do_not() -> None:
    assert compile_filter(nested(64), TARGET).sql == "(f.far = CAST($1 AS numeric))"
    assert refusal(nested(65)).code == "filter_too_deep"


@pytest.mark.parametrize("source", ["NOT " * 65 + "on_list", "NOT (" * 65 + "on_list" + ")" * 65, "far = " + "-" * 65 + "1"])
def test_a_row_of_prefixes_counts_as_nesting(source: str) -> None:
    assert refusal(source).code == "filter_too_deep"


@pytest.mark.parametrize(
    "source",
    [
        nested(60, "far vacant_months"),
        nested(60, "far ="),
        nested(60, "far, far far"),
        nested(60, ""),
        "(" * 60 + "far",
        "(far=1 AND " * 60 + "b c" + ")" * 60,
        "NOT (" * 60 + "b c" + ")" * 60,
        "far IN (" * 60 + "b c" + ")" * 60,
        "-(" * 60 + "b c" + ")" * 60,
        "far BETWEEN (" * 60 + "b c" + ")" * 60,
        "(1+" * 60 + "b c" + ")" * 60,
        "CASEI(grade IN (" * 30 + "b c" + "))" * 30,
        "POINT(" * 60 + "1 2" + ")" * 60,
    ],
)
def test_a_mistake_inside_many_parentheses_is_answered_at_once(source: str) -> None:
    started = time.perf_counter()
    refusal(source)
    assert time.perf_counter() - started < 0.5


def test_text_is_limited_to_eight_kilobytes_counted_in_utf8() -> None:
    assert refusal("grade = '" + "慈" * 2731 + "'").code == "filter_too_long"
    assert compile_filter("grade = '" + "慈" * 2700 + "'", TARGET).params == ["慈" * 2700]


def test_json_is_limited_to_sixty_four_kilobytes() -> None:
    long = '{"op":"=","args":[{"property":"grade"},"' + "x" * 65_536 + '"]}'
    assert refusal(long, lang="cql2-json").code == "filter_too_long"


def test_more_than_five_hundred_operators_are_refused() -> None:
    assert refusal(" AND ".join(["far=1"] * 251)).code == "filter_too_many_operators"
    assert len(compile_filter(" AND ".join(["far=1"] * 250), TARGET).params) == 250
    terms = ",".join(['{"op":"isNull","args":[{"property":"far"}]}'] * 500)
    assert refusal('{"op":"or","args":[' + terms + "]}", lang="cql2-json").code == "filter_too_many_operators"


def test_a_chain_of_five_hundred_operators_does_not_recurse() -> None:
    assert len(compile_filter("far=" + "+".join(["1"] * 500), TARGET).params) == 500


def test_more_than_ten_thousand_vertices_are_refused() -> None:
    positions = ",".join(["[1,2]"] * 10_001)
    source = '{"op":"s_intersects","args":[{"property":"geom"},{"type":"MultiPoint","coordinates":[' + positions + "]}]}"
    assert len(source) < 65_536
    assert refusal(source, lang="cql2-json").code == "filter_too_many_vertices"


def test_json_nesting_is_limited() -> None:
    deep = '{"op":"not","args":[' * 2000 + "true" + "]}" * 2000
    assert refusal(deep, lang="cql2-json").code == "filter_too_deep"
    assert refusal('{"op":"in","args":[' + "[" * 3000 + "]" * 3000 + "]}", lang="cql2-json").code == "filter_too_deep"


def test_parentheses_and_keywords_inside_quotes_do_not_count() -> None:
    inside = "(" * 500 + " AND OR NOT " * 50
    assert compile_filter(f"grade = '{inside}'", TARGET).params == [inside]
    shown = '{"op":"=","args":[{"property":"grade"},"' + "[{" * 500 + '"]}'
    assert compile_filter(shown, TARGET, lang="cql2-json").params == ["[{" * 500]


def test_negative_coordinates_are_not_operators() -> None:
    line = ",".join("-1.5 -2.5" if n % 2 else "-1 -2" for n in range(600))
    assert "ST_Intersects" in compile_filter(f"S_INTERSECTS(geom, LINESTRING({line}))", TARGET).sql


@pytest.mark.parametrize(
    "source", ["", "   ", "grade =", "grade = 'x", '"grade = 1', "(far = 1", "far = 1)", "far ; 1", "far = 1 | 2", "\ue0000 = 1"]
)
def test_malformed_text_is_a_documented_problem(source: str) -> None:
    assert refusal(source).code == "filter_invalid"


@pytest.mark.parametrize(
    "source", ["", "[]", "1", '"x"', "{", '{"op":"="}', '{"op":1,"args":[]}', '{"op":"=","args":[NaN,1]}', '{"x":1}', "null"]
)
def test_malformed_json_is_a_documented_problem(source: str) -> None:
    assert refusal(source, lang="cql2-json").code in {"filter_invalid", "filter_type"}


def test_placeholder_names_of_the_parser_cannot_be_forged() -> None:
    assert refusal('(far = 1) AND "\ue0000"').code == "filter_invalid"
    assert compile_filter("grade = '\ue0000'", TARGET).params == ["\ue0000"]


def test_parse_gives_the_same_tree_for_text_and_json() -> None:
    text = parse_filter("(grade = 'C' OR (on_list = TRUE)) AND NOT far IS NULL")
    json = parse_filter(
        '{"op":"and","args":[{"op":"or","args":[{"op":"=","args":[{"property":"grade"},"C"]},{"op":"=","args":[{"property":"on_list"},true]}]},'
        '{"op":"not","args":[{"op":"isNull","args":[{"property":"far"}]}]}]}',
        lang="cql2-json",
    )
    assert text == json
