"""CQL2 text or JSON → JSON tree. The `cql2` package is used as parser only: its SQL is never executed (it inlines literals).

The parser's grammar backtracks: thirty nested parentheses around a mistake take minutes. So it is never shown a nested
parenthesis: every group, call and geometry is parsed alone, innermost first, and put in place of a placeholder name.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NoReturn

from cql2 import parse_text

from app.policy.cql2.guard import KEYWORDS, PLACEHOLDER, Token, check_json, check_text, is_geometry
from app.policy.errors import FilterInvalid

Node = Any
"""A CQL2-JSON value: dict with op/args, property, literal, geometry; or a bare scalar."""

Lang = Literal["cql2-text", "cql2-json"]


@dataclass(slots=True)
class _Frame:
    """Text between one parenthesis and its partner, inner pieces already replaced."""

    kind: str
    head: str = ""
    parts: list[str] = field(default_factory=list)
    has_comma: bool = False
    has_list: bool = False


def parse_filter(source: str, *, lang: Lang = "cql2-text") -> Node:
    """JSON tree of a filter, within the guard's limits; any mistake is a FilterInvalid (400)."""
    if "\x00" in source:
        raise FilterInvalid("不得含有空字符")
    if lang == "cql2-json":
        return _parse_json(source)
    found = check_text(source)
    if not found:
        raise FilterInvalid("筛选条件为空")
    return _parse_tokens(found)


def _parse_json(source: str) -> Node:
    """Strict JSON with exact decimals; its meaning is checked by the compiler."""
    check_json(source)
    try:
        node = json.loads(source, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FilterInvalid(f"不是有效的 JSON: {error}") from error
    if not isinstance(node, dict | bool):
        raise FilterInvalid("CQL2-JSON 应为对象")
    return node


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} 不是数值")


def _parse_tokens(found: list[Token]) -> Node:
    """Parses the pieces innermost first; the guard has checked that parentheses balance."""
    pieces: list[Node] = []
    stack = [_Frame("group")]
    before: Token | None = None
    for token in found:
        frame = stack[-1]
        if token.kind == "open":
            stack.append(_open(frame, before))
        elif token.kind == "close":
            stack.pop()
            _close(stack[-1], frame, pieces)
        else:
            frame.has_comma = frame.has_comma or token.kind == "comma"
            frame.parts.append(token.text)
        before = token
    return _parse_piece(stack[0], pieces)


def _open(outer: _Frame, before: Token | None) -> _Frame:
    """What the parenthesis after `before` opens; a call or geometry takes its name along."""
    if outer.kind == "geometry":
        return _Frame("geometry")
    if before is None or before.kind != "word":
        is_operand = outer.kind == "call" and outer.head[:2].upper() == "A_" and before is not None and before.kind in {"open", "comma"}
        return _Frame("array" if is_operand else "group")
    if before.keyword == "IN":
        return _Frame("list")
    if before.keyword in KEYWORDS:
        return _Frame("group")
    head = outer.parts.pop()
    if head.upper() in {"Z", "M", "ZM"} and outer.parts and is_geometry(Token("word", outer.parts[-1], 0)):
        head = f"{outer.parts.pop()} {head}"
    kind = "geometry" if is_geometry(Token("word", head.split()[0], 0)) else "call"
    return _Frame(kind, head=head)


def _close(outer: _Frame, frame: _Frame, pieces: list[Node]) -> None:
    """Puts the closed piece into the text around it."""
    if frame.kind == "geometry" and not frame.head:
        outer.parts.append(f"({_text(frame)})")
        return
    if frame.kind == "list":
        if frame.has_list:
            raise FilterInvalid("IN 列表中不能再有 IN")
        outer.has_list = True
        outer.parts.append(f"({_text(frame)})")
        return
    if frame.kind == "group" and frame.has_comma:
        raise FilterInvalid(f"括号内不能是列表: {_shown(frame)}", hint="列表只能写在 IN 之后或作为 A_ 函数的参数")
    pieces.append(_parse_array(frame, pieces) if frame.kind == "array" else _parse_piece(frame, pieces))
    outer.parts.append(f'"{PLACEHOLDER}{len(pieces) - 1}"')


def _text(frame: _Frame) -> str:
    text = " ".join(frame.parts)
    return text.replace(" ,", ",").replace("- ", "-") if frame.kind == "geometry" else text


def _shown(frame: _Frame) -> str:
    """The piece for a message, inner pieces as (…)."""
    parts = ["(…)" if part.startswith(f'"{PLACEHOLDER}') else part for part in frame.parts]
    text = " ".join(parts)
    return f"{frame.head}({text})" if frame.head else text


def _parse_piece(frame: _Frame, pieces: list[Node]) -> Node:
    """The parser's tree of one flat piece, with inner pieces put back."""
    text = f"{frame.head}({_text(frame)})" if frame.head else _text(frame)
    return _put_back(_parsed(text, frame), pieces)


def _parse_array(frame: _Frame, pieces: list[Node]) -> list[Node]:
    """Elements of an array; the parser knows arrays only as operands, and neither an empty one nor, always, one of one element."""
    if not frame.parts:
        return []
    found = _parsed(f"A_EQUALS(a, ({_text(frame)}))", frame)["args"][1]
    made: list[Node] = _put_back(found if isinstance(found, list) else [found], pieces)
    return made


def _parsed(text: str, frame: _Frame) -> Node:
    try:
        return parse_text(text).to_json()
    except BaseException as error:  # the native parser raises bare Exception for a bad geometry, PanicException for its own faults
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        raise FilterInvalid(f"无法解析: {_shown(frame)[:200]}") from error


def _put_back(node: Node, pieces: list[Node]) -> Node:
    """Replaces placeholder properties by their pieces, without recursion."""
    box = [node]
    todo: list[list[Node]] = [box]
    while todo:
        holder = todo.pop()
        for index, value in enumerate(holder):
            if isinstance(value, list):
                todo.append(value)
            elif isinstance(value, dict):
                name = value.get("property")
                if isinstance(name, str) and name.startswith(PLACEHOLDER):
                    holder[index] = pieces[int(name[1:])]
                else:
                    todo += [value[key] for key in ("args", "interval") if isinstance(value.get(key), list)]
    return box[0]
