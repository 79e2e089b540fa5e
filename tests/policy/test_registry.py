"""The registry agrees with itself and with the table built from it."""

import pytest

from app.policy import registry
from app.policy.registry import COLUMNS, Level


def test_companion_columns_exist_and_have_their_type() -> None:
    for column in COLUMNS.values():
        if column.data_date:
            assert COLUMNS[column.data_date].type == "date"
        if column.band:
            assert COLUMNS[column.band].level <= Level.L2


def test_exact_tax_is_sensitive_and_its_band_is_not() -> None:
    assert COLUMNS["tax_per_mu"].level == Level.L3
    assert "tax_per_mu" not in registry.filter_columns(level=Level.L2)
    assert "tax_band" in registry.filter_columns(level=Level.L2)
    assert "main_uscc" not in registry.filter_columns(level=Level.L1)
    assert "inefficient" not in registry.filter_columns(level=Level.L1)


def test_schema_names_types_and_labels() -> None:
    schema = registry.json_schema(level=Level.L3)
    assert schema["tax_per_mu"] == {
        "title": "宗地亩均税收",
        "type": "number",
        "x-ogc-unit": "万元/亩",
        "x-denominator": "area_used_by_users",
    }
    assert schema["grade"]["enum"] == ["A", "B", "C", "D", "N"]
    assert len(registry.meta()) == len(COLUMNS)


def test_the_fact_table_has_every_column_of_the_registry() -> None:
    models = pytest.importorskip("app.classification.models")
    table = models.ParcelFact.__table__
    families = {
        "text": "VARCHAR TEXT",
        "numeric": "NUMERIC",
        "integer": "INTEGER BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "text[]": "ARRAY",
    }
    wrong = []
    for column in registry.columns():
        if column.name == "display_class":  # made for the map row
            continue
        found = table.columns.get(column.name)
        if found is None or type(found.type).__name__.upper().replace("STRING", "VARCHAR") not in families[column.type]:
            wrong.append((column.name, None if found is None else str(found.type)))
    assert wrong == []
