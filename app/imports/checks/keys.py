"""Keys: present, of the right grammar, and only once in a delivery."""

from app.imports.columns import label
from app.imports.stage import Staged
from app.parcels.codes import parse_cadastral_code, parse_unit_code


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


def parcel_keys(staged: Staged) -> list[str]:
    """Source keys of parcels: a valid 宗地代码, the raw text where it is not valid, row:N where there is none."""
    keys: list[str] = []
    nameless: set[str] = set()
    for index, text in enumerate(staged.columns["cadastral_code"]):
        parsed = parse_cadastral_code(text) if text else None
        if text is None:
            where = staged.origin[index]
            key = f"row:{where.row}"
            keys.append(key if key not in nameless else f"{where.file}:{key}")
            nameless.add(keys[-1])
            if staged.ok[index]:
                staged.report(index, "key_missing", field=header(staged, "cadastral_code"), severity="warning")
        elif parsed is None:
            keys.append(text)
            if staged.ok[index]:
                staged.report(index, "cadastral_code_invalid", field=header(staged, "cadastral_code"), value=text)
        else:
            keys.append(parsed.text)
        staged.columns["cadastral_code"][index] = parsed.text if parsed else None
    drop_duplicates(staged, keys)
    return keys


def check_unit_codes(staged: Staged) -> None:
    """A 不动产单元号 that breaks the grammar is dropped."""
    column = staged.columns["real_estate_unit_code"]
    for index in staged.rows():
        if column[index] is not None:
            parsed = parse_unit_code(column[index])
            if parsed is None:
                staged.report(index, "unit_code_invalid", field=header(staged, "real_estate_unit_code"), value=column[index])
            column[index] = parsed.text if parsed else None


def header(staged: Staged, name: str) -> str:
    """The canonical header of a column."""
    return label(staged.kind.name, name)
