"""Exact figures of named enterprises (L3) or their band: who may see which. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.core.errors import Problem
from app.policy.loader import Pack, pack_for

PLAIN = ("year", "source_department", "data_on", "used_mu")


def pack_of(county_code: str, day: date) -> Pack | None:
    """The county's pack, None where there is none."""
    try:
        return pack_for(county_code, day)
    except Problem:
        return None


def band(pack: Pack | None, tax_per_mu: Decimal | None) -> str | None:
    """Label of the band of a figure."""
    if pack is None or tax_per_mu is None:
        return None
    code = pack.tax_band(tax_per_mu)
    return next((b.label for b in pack.content.tax_bands if b.code == code), code)


def year_row(row: Mapping[str, Any], pack: Pack | None, *, is_exact: bool) -> dict[str, Any]:
    """One year of an enterprise: every figure, or the band of its tax per 亩 and no figure."""
    if is_exact:
        return {key: value for key, value in row.items() if key != "enterprise_id"}
    return {key: row[key] for key in PLAIN} | {"band": band(pack, row["tax_per_mu"])}


def yield_of(row: Mapping[str, Any] | None, pack: Pack | None, *, is_exact: bool) -> dict[str, Any]:
    """tax_per_mu (万元/亩) with its year, or its band."""
    value = row["tax_per_mu"] if row else None
    year = {"tax_year": row["year"] if row else None}
    return {"tax_per_mu": value, **year} if is_exact else {"band": band(pack, value), **year}
