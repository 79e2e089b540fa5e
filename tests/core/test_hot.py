"""The query of a hot route is read as the standard library reads it."""

from urllib.parse import parse_qsl

from hypothesis import example, given
from hypothesis import strategies as st

from app.core.hot import pairs

_PART = st.sampled_from(["%", "%2", "%E5%AE%97", "%ff", "%00", "%2B", "+", "=", "==", "&", ";", "bbox", "1.5,", "'", " "])


@given(st.lists(_PART | st.characters(max_codepoint=127), max_size=30).map("".join))
@example("filter=" + "%41" * 2_000)
@example("a&b=&=c&&a=1")
def test_a_query_is_read_as_everywhere(query: str) -> None:
    assert pairs(query) == parse_qsl(query, keep_blank_values=True)
