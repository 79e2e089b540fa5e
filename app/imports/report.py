"""What an import says of itself: to the command line, over HTTP and in the register."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from app.imports.checks.catalogue import CATALOGUE
from app.imports.checks.issue import Issue

if TYPE_CHECKING:  # the rooms of apply know the report's queries
    from app.imports.apply.parcel_classes import Difference

_SHOWN, _FIRST = 20, 5


def told(file: dict[str, Any]) -> Iterator[str]:
    """What was found in a file, in lines; also where a question ended the reading."""
    facts = "  ".join(f"{k}={file[k]}" for k in ("layer", "encoding", "crs", "axis_order") if file.get(k))
    rows = "行数未知" if file["rows"] is None else f"{file['rows']} 行"
    yield f"  {file['name']}  {rows}  {facts}".rstrip()
    yield from (f"    {f['fact']} {f['column']} {f['value']} ({f['confidence']:.0%}):{f['reason']}" for f in file.get("findings", []))
    yield from (f"    {note}" for note in file.get("notes", []))


def compared(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """比对 in lines: how many rows of each class, and the first of them with what changes."""
    from app.imports.apply.parcel_classes import CLASSES

    counts: Counter[str] = Counter()
    first: dict[str, list[str]] = {}
    for row in rows:
        counts[row["class"]] += 1
        if counts[row["class"]] <= _FIRST:
            where = f"  {row['file']} 第{row['row']}行" if row["file"] else ""
            changes = ";".join(map(_change, row["changes"]))
            first.setdefault(row["class"], []).append(f"    {row['key']}{where}  {changes}".rstrip())
    for kind, number in counts.items():
        yield f"  比对 {CLASSES[kind]} ×{number}"
        yield from first[kind]
        if number > _FIRST:
            yield f"    …… 另有 {number - _FIRST} 条,--json 列出全部"


def _change(one: dict[str, Any]) -> str:
    """证载面积 8000.00 → 8100.00; a changed shape has no values."""
    if one["old"] is None and one["new"] is None:
        return f"{one['label']}变化"
    old, new = (
        "、".join(map(str, value)) if isinstance(value, list) else "空" if value is None else str(value)
        for value in (one["old"], one["new"])
    )
    return f"{one['label']} {old} → {new}"


@dataclass(repr=False)
class ImportReport:
    """Result of one delivery; `import_id` is None for a dry run.

    Without a text of its own: asyncio asks the result of a run for it (signal.getsignal names its handler), a million differences long.
    """

    kind: str
    county_code: str
    data_on: date
    dry_run: bool
    files: list[dict[str, Any]]
    counts: dict[str, int]
    issues: list[Issue] = field(default_factory=list)
    import_id: int | None = None
    delivery_hash: str = ""
    differences: "list[Difference]" = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: Callable[[], Iterator[dict[str, Any]]] | None = None
    """A dry run's 比对: {class, key, file, row, changes} of each row that applying would change (app/imports/changes.py)."""

    @property
    def issue_counts(self) -> dict[str, int]:
        return dict(sorted(Counter(i.code for i in self.issues).items()))

    def issue_totals(self) -> list[dict[str, Any]]:
        """[{code, severity, count}], as the job keeps them."""
        found = Counter((i.code, i.severity) for i in self.issues)
        return [{"code": code, "severity": severity, "count": count} for (code, severity), count in sorted(found.items())]

    def as_dict(self) -> dict[str, Any]:
        """For --json and HTTP."""
        return {
            "import_id": self.import_id, "kind": self.kind, "county_code": self.county_code, "data_on": self.data_on.isoformat(),
            "dry_run": self.dry_run, "delivery_hash": self.delivery_hash, "files": self.files, "counts": self.counts,
            "issue_counts": self.issue_counts, "seconds": self.seconds, "issues": [i.as_dict() for i in self.issues],
            **({} if self.lines is None else {"differences": list(self.lines())}),
        }  # fmt: skip

    def as_text(self) -> str:
        """For the command line."""
        head = "试运行(未写入)" if self.dry_run else f"已入库,导入编号 {self.import_id}"
        lines = [f"{self.kind} · {self.county_code} · 数据日期 {self.data_on} · {head}"]
        lines += [line for file in self.files for line in told(file)]
        lines.append("  " + "  ".join(f"{name} {number}" for name, number in self.counts.items()))
        for code, number in self.issue_counts.items():
            kind, severity = CATALOGUE[code], next(i.severity for i in self.issues if i.code == code)
            lines.append(f"  [{severity}] {code} ×{number}  {kind.message};{kind.hint}")
        lines += [f"    {i.file} 第{i.row}行 {i.code} {i.field} {i.value}".rstrip() for i in self.issues if i.severity == "error"][:_SHOWN]
        lines += () if self.lines is None else compared(self.lines())
        return "\n".join(lines)
