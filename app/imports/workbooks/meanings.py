"""What a column holds, from the page that says it to people (FORMATS.md): one source for the page and for the notes of a template."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.imports.columns import split_unit
from app.imports.kinds import Column, Kind

_DEFAULT = {"area": "㎡", "money": "万元", "energy": "吨标准煤", "power": "万千瓦时", "mass": "吨"}


@dataclass(frozen=True)
class Meaning:
    """列名, 内容, 要求 (必填, 表头必有, 关键字 or ''), 也可写作."""

    header: str
    content: str
    must: str
    also: str

    @property
    def note(self) -> str:
        """The three as lines."""
        told = (("内容:", self.content), ("要求:", self.must or "可空,空着就是不知道"), ("也可写作:", self.also))
        return "\n".join(f"{name}{text}" for name, text in told if text)


def meanings(kind: Kind) -> dict[str, Meaning]:
    """Column → what the page says of it, in the kind's order."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in _section(kind).splitlines() if line.startswith("|")]
    said = {row[1].strip("`"): Meaning(row[0], *row[2:5]) for row in rows}
    return {column.name: said[column.name] for column in kind.columns}


def remark(kind: Kind) -> str:
    """The paragraph above the table, without marks."""
    return _section(kind).partition("\n|")[0].replace("*", "").replace("`", "").strip()


def header(column: Column, meaning: Meaning) -> str:
    """列名 with the unit that is understood where none is written."""
    unit = _DEFAULT.get(column.dimension, "")
    return meaning.header if not unit or split_unit(meaning.header)[1] else f"{meaning.header}({unit})"


@cache
def _page() -> str:
    return Path(__file__).parent.with_name("FORMATS.md").read_text("utf-8")


def _section(kind: Kind) -> str:
    found = re.search(rf"^### {re.escape(kind.label)} `{kind.name}`\n(.*?)(?=^##)", _page(), re.MULTILINE | re.DOTALL)
    assert found, f"FORMATS.md says nothing of {kind.name}"
    return found[1]
