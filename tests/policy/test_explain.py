"""值·比较·阈值 of a rule."""

from app.policy.cql2 import Leaf, leaves, parse_filter, properties


def test_leaves_are_in_reading_order_with_thresholds() -> None:
    node = parse_filter("far < 0.5 OR (far < 0.6 AND industry_division IN ('27','39'))")
    assert leaves(node) == [
        Leaf("far", "<", 0.5, ("far",)),
        Leaf("far", "<", 0.6, ("far",)),
        Leaf("industry_division", "in", ["27", "39"], ("industry_division",)),
    ]
    assert properties(node) == {"far", "industry_division"}


def test_a_threshold_on_the_left_is_turned_round() -> None:
    assert leaves(parse_filter("5 >= tax_per_mu")) == [Leaf("tax_per_mu", "<=", 5, ("tax_per_mu",))]


def test_negation_dates_booleans_and_computations() -> None:
    found = leaves(
        parse_filter("NOT (on_list OR agreed_start_on > DATE('2024-01-01')) AND far_floor_area_m2 / area_used_m2 > 2 AND far IS NULL")
    )
    assert found[0] == Leaf("on_list", "=", True, ("on_list",), negated=True)
    assert found[1] == Leaf("agreed_start_on", ">", "2024-01-01", ("agreed_start_on",), negated=True)
    assert found[2] == Leaf(None, ">", 2, ("far_floor_area_m2", "area_used_m2"))
    assert found[3] == Leaf("far", "isnull", None, ("far",))


def test_properties_of_a_tree_nobody_checked() -> None:
    for odd in (
        {"op": "=", "args": 5},
        {"op": "=", "args": {"a": 1}},
        {"op": "=", "args": None},
        {"property": 5},
        {"interval": 7},
        [[]],
        None,
    ):
        assert properties(odd) == frozenset()
    nested = {"op": "t_during", "args": [{"interval": [{"property": "a"}, ".."]}, {"interval": 1}, [{"property": "b"}]]}
    assert properties(nested) == {"a", "b"}


def test_a_folded_property_keeps_its_name() -> None:
    assert leaves(parse_filter("ACCENTI(CASEI(grade)) = ACCENTI(CASEI('a'))")) == [Leaf("grade", "=", "a", ("grade",))]
