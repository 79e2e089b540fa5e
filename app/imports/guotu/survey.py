"""A 国土 TXT as it is spelled: every line with its end, plots and points as views on them, so that writing gives the same bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_COMMAS = re.compile("[,\uff0c]")
_BLANK = " \t\x00\ufeff"
SHAPES = ("面", "线", "点")
"""图形属性 of a plot line: the cell by which a name that holds a comma is told apart."""
_CELLS, _AFTER_NAME = 8, 4
"""Cells of a plot's line before @, and those of them behind the name: 图形属性, 图幅号, 用途, 地类编码."""
_WIDE = {"utf-16-le": 2, "utf-16-be": 2}
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text and how it ends ('' only at the end of the file)."""

    text: str
    end: str

    @property
    def cells(self) -> list[str]:
        """What stands between the commas, full-width ones too."""
        return [cell.strip() for cell in _COMMAS.split(self.text.strip(_BLANK))]


@dataclass(frozen=True, slots=True)
class Point:
    """界址点: 点号 and 圈号 as spelled, the two values as decimal texts and as numbers."""

    number: str
    ring: str
    texts: tuple[str, str]
    values: Pair


@dataclass
class Plot:
    """地块: its line, and the lines up to the next plot."""

    line: Line
    lines: list[Line] = field(default_factory=list)

    def head(self) -> list[str]:
        """点数, 面积, 编号, 名称, 图形属性, 图幅号, 用途, 地类编码; '' where the line is shorter."""
        text = self.line.text[: self.line.text.rindex("@")].strip(_BLANK)
        text = text[:-1] if text.endswith((",", "\uff0c")) else text
        cells = [cell.strip() for cell in text.split(",")]
        if len(cells) < _CELLS:  # full-width commas part cells only where the others do not do
            cells = [cell.strip() for cell in _COMMAS.split(text)]
        shape = len(cells) - _AFTER_NAME
        if shape > 4 and cells[shape] in SHAPES:
            cells[3:shape] = [",".join(cells[3:shape])]
        return [*cells, *[""] * _CELLS][:_CELLS]

    def points(self) -> Iterator[Point | Line]:
        """The points in order; a line that is none of them as it stands (a vertex that can't be read must not be left out silently)."""
        for line in self.lines:
            if line.text.strip(_BLANK) and not line.text.strip(_BLANK).startswith("["):
                yield _point(line) or line


def _point(line: Line) -> Point | None:
    cells = line.cells
    try:
        return Point(cells[0], cells[1], (cells[2], cells[3]), (float(cells[2]), float(cells[3])))
    except (IndexError, ValueError):
        return None


@dataclass
class Survey:
    """The file: what stands before the first plot, the plots, the encoding, bytes that make no whole character."""

    encoding: str
    before: list[Line]
    plots: list[Plot]
    tail: bytes = b""

    def attributes(self) -> dict[str, str]:
        """The pairs of [属性描述] in their order."""
        pairs = (line.text.strip(_BLANK).partition("=") for line in self.before)
        return {key.strip(): value.strip() for key, equals, value in pairs if equals and not key.startswith("[")}

    def text(self) -> str:
        """The whole file."""
        lines = [*self.before, *(line for plot in self.plots for line in (plot.line, *plot.lines))]
        return "".join(line.text + line.end for line in lines)

    def bytes(self) -> bytes:
        """The same bytes that were read, for UTF-8, GBK (GB18030) and UTF-16 with and without BOM, damaged characters included."""
        return self.text().encode(self.encoding, _errors(self.encoding)) + self.tail


def parse(raw: bytes, encoding: str) -> Survey:
    """The file in this encoding; never raises for what it holds. No plots: it is no 国土 TXT."""
    codec = _plain(encoding, raw)
    whole = len(raw) - len(raw) % _WIDE.get(codec, 1)
    text = raw[:whole].decode(codec, _errors(codec))
    survey = Survey(codec, [], [], raw[whole:])
    for match in _LINE.finditer(text):
        if match.group():
            line = Line(*match.groups())
            if _is_plot(line.text):
                survey.plots.append(Plot(line))
            else:
                (survey.plots[-1].lines if survey.plots else survey.before).append(line)
    return survey


def readable(text: str) -> str:
    """Text for the register: damaged characters as U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_plot(text: str) -> bool:
    """A plot's line ends with @ (a comma may follow it)."""
    return text.rstrip(_BLANK + ",\uff0c").endswith("@")


def _errors(codec: str) -> str:
    return "surrogatepass" if codec in _WIDE else "surrogateescape"


def _plain(encoding: str, raw: bytes) -> str:
    """The codec that keeps a BOM as a character."""
    if encoding in ("utf-16", "utf_16"):
        return "utf-16-be" if raw.startswith(b"\xfe\xff") else "utf-16-le"
    return {"utf-8-sig": "utf-8", "utf_8_sig": "utf-8", "gbk": "gb18030"}.get(encoding, encoding)
