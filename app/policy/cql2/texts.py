"""Text operators: LIKE, and the foldings CASEI and ACCENTI. Both sides of a comparison are folded by the same SQL."""

import sys
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Final

from app.policy.cql2.terms import Parameters, Term, need
from app.policy.errors import FilterType

_ROOT: Final = 'COLLATE "und-x-icu"'
"""The database's own collation folds by single letters; ICU's root knows ß, ς and the rest."""
_VOICING: Final = (0x3099, 0x309A)
"""Japanese voicing marks: without them はじめ would equal はしめ."""


def like(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """LIKE with % and _, escaped by a backslash."""
    need(terms, "text", op)
    written = terms[1].value if terms[1].is_literal else terms[1].pattern
    if written is None:
        raise FilterType("LIKE 的模式应为文本值")
    if (len(written) - len(written.rstrip("\\"))) % 2:
        raise FilterType("LIKE 的模式不能以单个反斜线结尾")
    value, shape = (parameters.sql(term) for term in terms)
    return Term("boolean", sql=f"({value} LIKE {shape})")


def casei(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """Full case folding: lower then upper gives equal texts exactly where Unicode's C and F mappings do (and for ı = i)."""
    need(terms, "text", op)
    term = terms[0]
    return Term("text", sql=f"upper(lower({parameters.sql(term)} {_ROOT}) {_ROOT})", pattern=_written(term))


def accenti(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """Accents taken off: decomposed, without nonspacing marks, composed again (so that _ still means one letter)."""
    need(terms, "text", op)
    term = terms[0]
    bare = (
        f"regexp_replace(normalize({parameters.sql(term)}, NFD),"
        f" {parameters.bind(_marks(), 'text')}, {parameters.bind('', 'text')}, {parameters.bind('g', 'text')})"
    )
    return Term("text", sql=f"normalize({bare}, NFC)", pattern=_written(term))


def _written(term: Term) -> str | None:
    return term.value if term.is_literal else term.pattern


@lru_cache
def _marks() -> str:
    """Regular expression of Unicode's nonspacing marks, as ranges."""
    found = [n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) == "Mn" and n not in _VOICING]
    runs = [[n for _, n in run] for _, run in groupby(enumerate(found), key=lambda pair: pair[1] - pair[0])]
    return "[" + "".join(chr(run[0]) if len(run) == 1 else f"{chr(run[0])}-{chr(run[-1])}" for run in runs) + "]"
