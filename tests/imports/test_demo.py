"""A manifest is loaded in order and resumes after a kill with the same codes."""

import json
from pathlib import Path

import pytest

from app.core.principal import system
from app.imports import demo
from app.imports.service import import_files

from . import makers
from .conftest import TestCounty
from .makers import square

A = "91330100799655058B"


def write_manifest(folder: Path, county: TestCounty) -> None:
    rows = [{"宗地代码": county.key(n), "乡镇代码": county.towns[0]} for n in (2, 1)]
    makers.gpkg(folder / "宗地.gpkg", rows, [square(0, 0), square(200, 0)])
    makers.xlsx(folder / "企业.xlsx", ["统一社会信用代码", "企业名称"], [[A, "甲厂"]])
    makers.xlsx(folder / "清单.xlsx", ["清单", "统一社会信用代码"], [])
    entries = [
        {"files": ["宗地.gpkg"], "kind": "parcels", "data_date": "2024-06-30"},
        {"file": "企业.xlsx", "kind": "enterprises", "data_date": "2025-01-01"},
        {"file": "清单.xlsx", "kind": "lists", "data_date": "2025-01-01", "layer": "散乱污"},
    ]
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")


async def test_a_killed_load_resumes_where_it_was(county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_manifest(tmp_path, county)
    said: list[str] = []

    async def killed(files: list[Path], *, kind: str, **rest: object) -> object:
        if kind == "enterprises":
            raise KeyboardInterrupt
        return await import_files(files, kind=kind, **rest)

    monkeypatch.setattr(demo, "import_files", killed)
    with pytest.raises(KeyboardInterrupt):
        await demo.load_manifest(tmp_path, county_code=county.code, principal=system(county.code), say=said.append)
    codes = await county.rows("SELECT source_key, id, land_code FROM parcel WHERE county_code = :c ORDER BY id")
    monkeypatch.undo()
    reports = await demo.load_manifest(tmp_path, county_code=county.code, principal=system(county.code), say=said.append)
    assert [r.kind for r in reports] == ["enterprises", "lists"]
    assert [row.source_key for row in codes] == [county.key(1), county.key(2)]
    assert await county.rows("SELECT source_key, id, land_code FROM parcel WHERE county_code = :c ORDER BY id") == codes
    assert await demo.load_manifest(tmp_path, county_code=county.code, principal=system(county.code), say=said.append) == []
