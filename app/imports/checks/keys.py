"""Keys: present, of the right grammar, and only once in a delivery."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from app.imports.checks.issue import Finding
from app.imports.columns import label
from app.imports.packed import PackedColumn
from app.imports.stage import Origin, Staged
from app.parcels.codes import parse_cadastral_code, parse_unit_code

_CADASTRAL = r"[0-9]{12}(?:[GZ][BDEFGHSWXY]|J[ABCDEFGHSWXY])(?:[1-9][0-9]{4}|0[1-9][0-9]{3}|00[1-9][0-9]{2}|000[1-9][0-9]|0000[1-9])"
"""A 宗地代码 that needs no folding, as RE2 has it: what `parse_cadastral_code` surely takes as it stands."""


def check_keys(staged: Staged) -> None:
    """Rows of table kinds need every column of `filled`; the later of two rows with equal `key` is not applied."""
    for name in staged.kind.filled:
        for index in staged.rows():
            if staged.columns[name][index] is None:
                staged.report(index, "key_missing", field=header(staged, name))
    if staged.kind.key:
        drop_duplicates(staged, list(zip(*(staged.columns[name] for name in staged.kind.key), strict=True)))


def drop_duplicates(staged: Staged, keys: list, *, field: str = "") -> None:
    """duplicate_key on every row whose key an earlier applicable row has."""
    seen: set = set()
    for index in staged.rows():
        shown = keys[index]
        if shown in seen:
            told = "/".join(map(str, shown)) if isinstance(shown, tuple) else shown
            staged.report(index, "duplicate_key", field=header(staged, field or staged.kind.key[0]), value=told)
        seen.add(shown)


def parcel_keys(staged: Staged, county: str = "") -> list[str]:
    """Source keys of parcels: a valid 宗地代码, the raw text where it is not valid, row:N where there is none."""
    return name_rows(said_keys(staged, county), staged.origin)


def said_keys(staged: Staged, county: str = "") -> list[str | None]:
    """The same of some rows of a delivery; None where there is none."""
    column = staged.columns["cadastral_code"]
    keys: list[str | None] = column[:]
    field = header(staged, "cadastral_code")
    for index in np.flatnonzero(~_matching(column, "^" + _CADASTRAL + "$", begin=county)).tolist():
        text = keys[index]
        parsed = parse_cadastral_code(text) if text else None
        ok = bool(staged.ok[index])
        if text is None:
            if ok:
                staged.report(index, "key_missing", field=field, severity="warning")
        elif parsed is None:
            if ok:
                staged.report(index, "cadastral_code_invalid", field=field, value=text)
        else:
            keys[index] = parsed.text
            if ok and county and parsed.county != county:
                staged.report(index, "cadastral_code_county", field=field, value=text)
        column[index] = parsed.text if parsed else None
    return keys


def _matching(column: Sequence[str | None], pattern: str, *, begin: str = "") -> np.ndarray:
    """Which texts a pattern of RE2 takes as they stand, of those that begin so; none where they have no form of Arrow's."""
    texts = column.texts() if isinstance(column, PackedColumn) else None
    if texts is None:
        return np.zeros(len(column), dtype=bool)
    found = pc.and_(pc.match_substring_regex(texts, pattern), pc.starts_with(texts, begin))
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False))


def name_rows(keys: Sequence[str | None], origin: Sequence[Origin]) -> list[str]:
    """row:N for rows without a key, with its file where another file has that too."""
    nameless: set[str] = set()
    named: list[str] = []
    for index, key in enumerate(keys):
        if key is None:
            where = origin[index]
            key = f"row:{where.row}"
            key = key if key not in nameless else f"{where.file}:{key}"
            nameless.add(key)
        named.append(key)
    return named


def repeated_keys(keys: Sequence[str], marks: np.ndarray, live: np.ndarray, *, field: str = "") -> list[Finding]:
    """The later of two rows of a key: the whole row again where the shape is the same too, else the key alone."""
    first: dict[str, int] = {}
    found = []
    for row in live.tolist():
        earlier = first.setdefault(keys[row], row)
        if earlier != row:
            code = "duplicate_row" if marks[row] and marks[row] == marks[earlier] else "duplicate_key"
            found.append(Finding(row, code, keys[row], field))
    return found


def check_unit_codes(staged: Staged) -> None:
    """A 不动产单元号 that breaks the grammar is dropped."""
    column = staged.columns["real_estate_unit_code"]
    codes = column[:]
    for index in staged.rows(~_matching(column, "^" + _CADASTRAL + "[FLQW][0-9]{8}$")):
        if codes[index] is not None:
            parsed = parse_unit_code(codes[index])
            if parsed is None:
                staged.report(index, "unit_code_invalid", field=header(staged, "real_estate_unit_code"), value=codes[index])
            column[index] = parsed.text if parsed else None


def header(staged: Staged, name: str) -> str:
    """The canonical header of a column."""
    return label(staged.kind.name, name)
