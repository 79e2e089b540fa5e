"""宗地代码, 不动产单元号, one code, 统一社会信用代码 (DOMAIN §5.1, §5.2, §6, appendix A)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enterprises.uscc import is_valid, parse_uscc
from app.parcels.codes import ALPHABET, check_character, one_code, parse_cadastral_code, parse_one_code, parse_unit_code

VALID_USCC = [
    "91350100M000100Y43",
    "914403001922038216",
    "9144030071526726XG",
    "91330100799655058B",
    "12330282688011591A",
    "11330282734267548D",
]


def test_a_cadastral_code_is_read_in_its_parts() -> None:
    code = parse_cadastral_code("330282001001GB00042")
    assert code is not None
    assert (code.county, code.district, code.subdistrict, code.ownership, code.feature, code.sequence) == (
        "330282",
        "001",
        "001",
        "G",
        "B",
        "00042",
    )


@pytest.mark.parametrize("text", ["330282001001GA00042", "330282001001GC00042", "330282001001GB0042", "330282001001GB000421", "330282001001XB00042",
                                  "330282001001GB00000", "", "三三零"])  # fmt: skip
def test_a_code_against_the_grammar_is_none(text: str) -> None:
    assert parse_cadastral_code(text) is None


def test_collective_features_stand_under_j_only() -> None:
    assert parse_cadastral_code("330282001001JA00042") is not None


def test_full_width_lower_case_and_spaces_are_folded() -> None:
    code = parse_cadastral_code(" 330282 001001 gb00042 ")
    assert code is not None
    assert code.text == "330282001001GB00042"


def test_a_unit_code_is_a_cadastral_code_with_fixture_and_number() -> None:
    unit = parse_unit_code("330282 001001 GB00042 F00010001")
    assert unit is not None
    assert (unit.parcel.text, unit.fixture, unit.number) == ("330282001001GB00042", "F", "00010001")
    assert parse_unit_code("330282001001GB00042X00010001") is None
    assert parse_unit_code("330282001001GA00042F00010001") is None


def test_the_one_code_has_the_specified_check_character() -> None:
    assert one_code("330282", "109", "P", 42) == "330282109P0000427"


@given(
    town=st.integers(0, 999),
    kind=st.sampled_from("PBCW"),
    number=st.integers(1, 999_999),
    place=st.integers(0, 16),
    other=st.sampled_from(ALPHABET),
)
def test_any_single_wrong_character_of_a_one_code_is_noticed(town: int, kind: str, number: int, place: int, other: str) -> None:
    code = one_code("330282", f"{town:03d}", kind, number)
    parsed = parse_one_code(code)
    assert parsed is not None
    assert (parsed.kind, parsed.number) == (kind, number)
    if code[place] != other:
        assert parse_one_code(code[:place] + other + code[place + 1 :]) is None


def test_a_one_code_of_wrong_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="parts"):
        one_code("330282", "109", "X", 1)
    with pytest.raises(ValueError, match="16"):
        check_character("330282")


@pytest.mark.parametrize("code", VALID_USCC)
def test_published_uscc_vectors_hold_and_any_changed_character_fails(code: str) -> None:
    assert is_valid(code)
    assert parse_uscc(f"\t{code.lower()} ") == code
    for place in range(18):
        for other in "0123456789AB":
            if other != code[place]:
                assert not is_valid(code[:place] + other + code[place + 1 :])
