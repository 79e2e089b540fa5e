"""The answer key: verdicts, issues and lineage as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from geodata.land import Parcel
from geodata.sheets import Delivery, Sheet
from geodata.verdicts import Idle

VERDICT_COLUMNS = (
    "source_key", "town", "kind", "result", "criteria_true", "criteria_unknown", "limb", "years", "cause",
    "menu", "missing", "collective", "status", "case",
)  # fmt: skip
IDLE_AT_COLUMNS = ("as_of", "source_key", "result", "limb", "years", "cause", "menu", "missing", "case")
ISSUE_COLUMNS = ("file", "layer", "row", "code", "field")


def write_key(
    folder: Path,
    *,
    parcels: Sequence[Parcel],
    deliveries: Sequence[Delivery],
    lineage: Sequence[tuple[str, str, str]],
    idle_at: Sequence[tuple[str, Parcel, Idle]],
) -> None:
    """Write the key of a county into its folder `key`."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "verdicts.csv", VERDICT_COLUMNS, _verdicts(parcels))
    _write(folder / "issues.csv", ISSUE_COLUMNS, _issues(deliveries))
    _write(folder / "lineage.csv", ("parent", "child", "kind"), lineage)
    rows = ((day, p.code, i.result, i.limb, i.years, i.cause, i.menu, i.missing, p.case) for day, p, i in idle_at)
    _write(folder / "idle_at.csv", IDLE_AT_COLUMNS, rows)


def _verdicts(parcels: Sequence[Parcel]) -> Iterator[tuple[str, ...]]:
    for parcel in parcels:
        v, idle = parcel.verdict, parcel.verdict.idle
        head = (parcel.code, parcel.town)
        true, unknown = ";".join(v.true), ";".join(v.unknown)
        nothing = ("",) * 5
        yield (*head, "inefficient", v.inefficient, true, unknown, *nothing, "", "", parcel.case)
        yield (
            *head, "idle", idle.result, "", "", idle.limb, idle.years, idle.cause, idle.menu, idle.missing,
            "true" if v.collective else "false", "", parcel.case,
        )  # fmt: skip
        yield (*head, "standard_land", v.standard, "", "", *nothing, "", v.status, parcel.case)


def layer_of(sheet: Sheet) -> str:
    """The layer name under which a reader finds the sheet."""
    path = Path(sheet.file)
    if path.suffix == ".txt":
        return ""
    return "Sheet1" if path.suffix == ".xlsx" else sheet.layer or path.stem


def _issues(deliveries: Sequence[Delivery]) -> Iterator[tuple[str, ...]]:
    for delivery in deliveries:
        for sheet in delivery.sheets:
            for number, row in enumerate(sheet.rows, start=1):
                for code, name in row.issues:
                    yield sheet.file, layer_of(sheet), str(number), code, name


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
