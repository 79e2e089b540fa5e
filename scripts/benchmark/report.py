"""The one table: work, bar, seen, whether it holds; to the screen, to a file, between the README's markers. Pure but for the writing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
HEAD = "| 工作 | 标准 | 实测 | 结果 |\n|---|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    """One line. `holds` is None where there is no bar: a figure to know."""

    work: str
    bar: str
    seen: str
    holds: bool | None = None

    @property
    def verdict(self) -> str:
        """Word of the last column."""
        return "—" if self.holds is None else "达标" if self.holds else "**未达**"


def at_least(work: str, bar: float, against: str, value: float, detail: str = "") -> Row:
    """A ratio that must be at least the bar."""
    return Row(work, f"≥ {plain(bar)} × {against}", seen(f"{plain(value)} ×", detail), value >= bar)


def at_most(work: str, bar: float, unit: str, value: float, detail: str = "") -> Row:
    """A figure that must not be above the bar."""
    return Row(work, f"≤ {plain(bar)} {unit}", seen(f"{plain(value)} {unit}", detail), value <= bar)


def seen(value: str, detail: str) -> str:
    """Value with its detail in brackets."""
    return f"{value} ({detail})" if detail else value


def plain(number: float) -> str:
    """A figure with as many digits as it deserves."""
    if math.isinf(number) or math.isnan(number):
        return "∞" if number > 0 else "?"
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(rows: Iterable[Row]) -> str:
    """Markdown table."""
    cells = (" | ".join(cell.replace("|", "\\|") for cell in (row.work, row.bar, row.seen, row.verdict)) for row in rows)
    return HEAD + "".join(f"| {line} |\n" for line in cells)


def document(title: str, rows: list[Row], notes: Iterable[str]) -> str:
    """The whole report."""
    fallen = [row for row in rows if row.holds is False]
    kept = sum(1 for row in rows if row.holds)
    told = f"{kept} 项达标, {len(fallen)} 项未达。" + ("" if not fallen else "未达: " + "; ".join(row.work for row in fallen) + "。")
    return f"{title}\n\n{table(rows)}\n{told}\n\n" + "".join(f"- {note}\n" for note in notes)


def into(text: str, content: str) -> str:
    """The text with the content between its markers; ValueError when it has none."""
    before, opening, rest = text.partition(BEGIN)
    _, closing, after = rest.partition(END)
    if not opening or not closing:
        raise ValueError(f"no {BEGIN} … {END} in the text")
    return f"{before}{BEGIN}\n{content.strip()}\n{END}{after}"


def brief(title: str, rows: list[Row], notes: Iterable[str]) -> str:
    """The report for the README: what has a bar."""
    return document(title, [row for row in rows if row.holds is not None], notes)


def write_readme(path: Path, content: str) -> None:
    """Put the report between the README's markers."""
    path.write_text(into(path.read_text(encoding="utf-8"), content), encoding="utf-8")
