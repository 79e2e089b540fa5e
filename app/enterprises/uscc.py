"""统一社会信用代码 (GB 32100-2015): both check characters; the registration authority inside it says nothing of location."""

import re
import unicodedata
from functools import lru_cache

from stdnum.cn import uscc as gb32100

_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_GRAMMAR = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$", re.ASCII)


def org_check(body: str) -> str:
    """Check character of 组织机构代码 (GB 11714) over its first 8 characters."""
    rest = 11 - sum(_ORG_ALPHABET.index(c) * w for c, w in zip(body, _ORG_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


@lru_cache(maxsize=100_000)
def parse_uscc(text: str) -> str | None:
    """The code folded to 18 upper-case characters, None when grammar or a check character does not hold."""
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if not _GRAMMAR.match(code) or not gb32100.is_valid(code):
        return None
    return code if org_check(code[8:16]) == code[16] else None


def is_valid(text: str) -> bool:
    """Whether the text is a 统一社会信用代码 whose both check characters hold."""
    return parse_uscc(text) is not None
