"""统一社会信用代码 GB 32100-2015: makes valid codes of invented enterprises."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def organisation_check(body: str) -> str:
    """Check character of the 主体标识码 (GB 11714)."""
    values = (int(c, 36) for c in body)
    remainder = 11 - sum(v * w for v, w in zip(values, ORGANISATION_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def check_character(first17: str) -> str:
    """校验码: the 18th character."""
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first17))
    return ALPHABET[(31 - total % 31) % 31]


def enterprise_code(number: int, region: str = "330282") -> str:
    """The valid code of the number-th invented enterprise registered in a region."""
    digits = ""
    value = number * 7919 + 104729  # spreads neighbours over the code space, injective below 31**6 / 7919
    for _ in range(6):
        value, digit = divmod(value, 31)
        digits = ALPHABET[digit] + digits
    body = "MA" + digits
    first17 = "91" + region + body + organisation_check(body)
    return first17 + check_character(first17)


def broken_code(code: str) -> str:
    """The same code with a check character that cannot be right."""
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % 31]
