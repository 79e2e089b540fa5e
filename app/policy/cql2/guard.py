"""Limits checked before any parser sees a filter: one linear scan that knows quotes.

2,000 nested parentheses overflow the parser's stack and kill the worker; the limits are those of ARCHITECTURE §4.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.policy.errors import FilterInvalid, FilterTooDeep, FilterTooLong, FilterTooManyOperators, FilterTooManyVertices

MAX_TEXT_BYTES: Final = 8 * 1024
MAX_JSON_BYTES: Final = 64 * 1024
MAX_NESTING: Final = 64
MAX_ARRAY_NESTING: Final = MAX_NESTING + 8
MAX_OPERATORS: Final = 500
MAX_VERTICES: Final = 10_000

PLACEHOLDER: Final = "\ue000"
"""Private-use letter that names a parsed piece (see parse.py); refused as an identifier."""

_GEOMETRY_WORDS: Final = frozenset(
    {"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"}
)  # fmt: skip
_OPERATOR_WORDS: Final = frozenset({"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "DIV"})
KEYWORDS: Final = _OPERATOR_WORDS | {"NULL", "TRUE", "FALSE"}
_TOKEN: Final = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>'(?:''|\\'|[^'])*')"
    r'|(?P<quoted>"(?:[^"]|"")*")'
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[^\W\d][\w.:]*)"
    r"|(?P<operator><>|<=|>=|!=|[<>=+\-*/^%])"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One lexical token of CQL2 text."""

    kind: str
    text: str
    at: int

    @property
    def keyword(self) -> str:
        """Upper-case word, or empty for anything else."""
        return self.text.upper() if self.kind == "word" else ""


def is_geometry(token: Token | None) -> bool:
    """Whether a parenthesis after this token opens WKT coordinates (POINT Z counts)."""
    return token is not None and token.keyword in _GEOMETRY_WORDS


def tokens(text: str) -> list[Token]:
    """Tokens of CQL2 text without spaces; refuses a character no token begins with."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or (match.lastgroup != "string" and PLACEHOLDER in match.group()):
            raise FilterInvalid(f"第 {at + 1} 个字符不能识别: {text[at : at + 20]!r}", hint="文本值用单引号,字段名用双引号或不加引号")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", _plain(match), at))
        at = match.end()
    return found


def _plain(match: re.Match[str]) -> str:
    """The token as the parser knows it: \\' in a text becomes '', .5 becomes 0.5."""
    text = match.group()
    if match.lastgroup == "string":
        inner = text[1:-1].replace("\\'", "''")
        return f"'{inner}'"
    return f"0{text}" if match.lastgroup == "number" and text.startswith(".") else text


def check_text(text: str) -> list[Token]:
    """Tokens of a CQL2 text within all limits."""
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise FilterTooLong(f"CQL2 文本不得超过 {MAX_TEXT_BYTES} 字节")
    found = tokens(text)
    _check_nesting(found)
    _check_counts(found)
    return found


def _check_nesting(found: list[Token]) -> None:
    """Parentheses balance, and neither they nor a row of NOT and signs go deeper than the limit."""
    depth = prefixes = 0
    for token in found:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        is_prefix = token.keyword == "NOT" or token.text in {"-", "+"}
        prefixes = prefixes + 1 if is_prefix else (prefixes if token.kind == "open" else 0)
        if max(depth, prefixes) > MAX_NESTING:
            raise FilterTooDeep(f"嵌套不得超过 {MAX_NESTING} 层", position=token.at + 1)
        if depth < 0:
            break
    if depth != 0:
        raise FilterInvalid("括号不成对")


def _check_counts(found: list[Token]) -> None:
    """Operators outside coordinates, and coordinate positions inside them."""
    operators = vertices = 0
    geometry_depth = 0
    before: Token | None = None
    for token in found:
        if token.kind == "open" and (geometry_depth or is_geometry(before)):
            geometry_depth += 1
        elif token.kind == "close" and geometry_depth:
            geometry_depth -= 1
        elif geometry_depth:
            vertices += before is not None and before.kind in {"open", "comma"}
        else:
            operators += token.kind == "operator" or token.keyword in _OPERATOR_WORDS
            operators += token.kind == "open" and before is not None and before.kind == "word" and before.keyword not in KEYWORDS
        before = token if not (token.kind == "word" and token.keyword in {"Z", "M", "ZM"} and is_geometry(before)) else before
    if operators > MAX_OPERATORS:
        raise FilterTooManyOperators(f"运算不得超过 {MAX_OPERATORS} 个,现有 {operators} 个")
    if vertices > MAX_VERTICES:
        raise FilterTooManyVertices(f"图形顶点不得超过 {MAX_VERTICES} 个,现有 {vertices} 个")


_JSON_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_POSITION: Final = re.compile(r"\s*-?\d")


def check_json(text: str) -> None:
    """Size, nesting, operators and vertices of a CQL2-JSON text."""
    if len(text.encode("utf-8", "replace")) > MAX_JSON_BYTES:
        raise FilterTooLong(f"CQL2-JSON 不得超过 {MAX_JSON_BYTES} 字节")
    objects = arrays = operators = vertices = 0
    for match in _JSON_MARK.finditer(text):
        mark = match.group()
        if mark == "{":
            objects += 1
        elif mark == "}":
            objects -= 1
        elif mark == "[":
            arrays += 1
            vertices += _POSITION.match(text, match.end()) is not None
        elif mark == "]":
            arrays -= 1
        else:
            operators += mark == '"op"'
        if objects > MAX_NESTING or arrays > MAX_ARRAY_NESTING:
            raise FilterTooDeep(f"嵌套不得超过 {MAX_NESTING} 层", position=match.start() + 1)
    if operators > MAX_OPERATORS:
        raise FilterTooManyOperators(f"运算不得超过 {MAX_OPERATORS} 个,现有 {operators} 个")
    if vertices > MAX_VERTICES:
        raise FilterTooManyVertices(f"图形顶点不得超过 {MAX_VERTICES} 个,现有 {vertices} 个")
