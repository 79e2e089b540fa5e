"""What a workbook's cells say that a reader of values does not: formulas never computed, formulas in error. By the XML of the sheet."""

import html
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_CELL = re.compile(rb"<c\b([^>]*)>\s*(<f\b[^>]*(?:/>|>[^<]*</f>))?\s*(?:<v\s*/>|<v>([^<]*)</v>)?\s*</c>")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
_PIECE, _LONGEST_CELL = 1 << 24, 1 << 16


@dataclass(frozen=True)
class Suspect:
    """Cells (A1) of a sheet with a formula but no value, and of those in error."""

    uncomputed: list[str]
    wrong: list[str]


def suspect(path: Path, sheet: str) -> Suspect:
    """Look through one sheet of an .xlsx; nothing where the file is built otherwise than usual."""
    found = Suspect([], [])
    try:
        with zipfile.ZipFile(path) as packed:
            name = _member(packed, sheet)
            if name is None:
                return found
            with packed.open(name) as handle:
                rest = b""
                while piece := handle.read(_PIECE):
                    text = rest + piece
                    end = max(text.rfind(b"</c>") + 4, len(text) - _LONGEST_CELL if len(piece) == _PIECE else 0)
                    _look(text[:end], found)
                    rest = text[end:]
    except (KeyError, OSError, ValueError, zipfile.BadZipFile):
        return found
    return found


def _look(text: bytes, found: Suspect) -> None:
    for match in _CELL.finditer(text):
        attributes, formula, value = match.groups()
        place = _REFERENCE.search(attributes)
        if place is None:
            continue
        if b't="e"' in attributes:
            found.wrong.append(place[1].decode())
        elif formula and not value and b't="str"' not in attributes:
            found.uncomputed.append(place[1].decode())


def _member(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """Name in the archive of a sheet."""
    listed = {_attribute(tag, b"name"): _attribute(tag, rb"\w+:id") for tag in _SHEET.findall(packed.read("xl/workbook.xml"))}
    targets = {_attribute(tag, b"Id"): _attribute(tag, b"Target") for tag in _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels"))}
    target = targets.get(listed.get(sheet, ""), "")
    return None if not target else target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attribute(tag: bytes, name: bytes) -> str:
    match = re.search(rb"\s" + name + rb'="([^"]*)"', tag)
    return html.unescape(match[1].decode("utf-8", "replace")) if match else ""
