"""Areas: 1 公顷 = 10,000 m² = 15 亩, so 亩 = m² × 0.0015 exactly; rounded half-up once, at the edge."""

from decimal import ROUND_HALF_UP, Decimal

MU_PER_M2 = Decimal("0.0015")
M2_PER_HECTARE = Decimal(10_000)


def half_up(value: Decimal, places: int) -> Decimal:
    """Round half-up to `places` decimals."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def m2_to_mu(m2: Decimal, places: int = 2) -> Decimal:
    """亩 from square metres; 2 decimals for display, 4 for comparing with a threshold (DOMAIN §5.7)."""
    return half_up(m2 * MU_PER_M2, places)


def mu_to_m2(mu: Decimal) -> Decimal:
    """Square metres (2 decimals) from 亩."""
    return half_up(mu / MU_PER_M2, 2)


def m2_to_hectare(m2: Decimal) -> Decimal:
    """公顷 at 4 decimals, as land-approval papers print it."""
    return half_up(m2 / M2_PER_HECTARE, 4)
