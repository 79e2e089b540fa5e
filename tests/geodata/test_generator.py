"""The generator: same seed same bytes, a key for every applied row, every issue code, valid codes, closing totals."""

from __future__ import annotations

import csv
import filecmp
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from stdnum.cn import uscc

from geodata import generate
from geodata.demo.ledger import MONTHS, plan_postings
from geodata.demo.territory import BODIES
from geodata.uscc import broken_code, enterprise_code

ISSUE_CODES = {
    "geometry_missing", "geometry_unusable", "geometry_repaired", "overlap", "overlap_sliver", "duplicate_geometry",
    "outside_county", "town_mismatch", "duplicate_key", "key_missing", "cadastral_code_invalid", "unit_code_invalid",
    "uscc_invalid", "reference_unknown", "number_invalid", "date_invalid", "value_unknown", "area_registered_missing",
    "area_differs", "area_contract_differs", "rented_out_exceeds_held", "contract_dates_out_of_order", "contract_progress_out_of_order",
    "row_empty",
}  # fmt: skip
NOT_APPLIED = {"geometry_missing", "geometry_unusable", "duplicate_key"}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("999001", tmp_path_factory.mktemp("ground"), seed=7)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_same_seed_gives_the_same_bytes(ground: Path, tmp_path: Path) -> None:
    again = generate("999001", tmp_path, seed=7)
    names = sorted(str(p.relative_to(ground)) for p in ground.rglob("*") if p.is_file())
    assert names == sorted(str(p.relative_to(again)) for p in again.rglob("*") if p.is_file())
    assert filecmp.cmpfiles(ground, again, names, shallow=False)[0] == names


def test_every_issue_code_is_planted(ground: Path) -> None:
    assert {row["code"] for row in rows(ground / "key" / "issues.csv")} == ISSUE_CODES


def test_key_has_three_verdicts_for_every_applied_parcel(ground: Path) -> None:
    key = rows(ground / "key" / "verdicts.csv")
    issues = rows(ground / "key" / "issues.csv")
    files = next(e["files"] for e in json.loads((ground / "manifest.json").read_text()) if e["kind"] == "parcels")
    delivered = sum(
        (ground / name).read_text(encoding="gbk").count("@") if name.endswith(".txt") else pyogrio.read_info(ground / name)["features"]
        for name in files
    )
    refused = sum(row["file"] in files and row["code"] in NOT_APPLIED for row in issues)
    assert Counter(Counter(row["source_key"] for row in key).values()) == {3: delivered - refused}
    assert json.loads((ground / "key" / "figures.json").read_text())["parcels"] == delivered - refused


def test_every_branch_has_thirty_parcels(ground: Path) -> None:
    cases = Counter(row["case"].partition("/")[0] for row in rows(ground / "key" / "verdicts.csv") if row["kind"] == "idle")
    del cases["defect"]
    assert min(cases.values()) >= 30, cases
    parts = Counter((row["criteria_true"], row["result"]) for row in rows(ground / "key" / "verdicts.csv"))
    assert all(parts[f"C{n}", "true"] >= 30 for n in range(1, 8))


def test_shapefile_does_not_say_that_it_is_gbk(ground: Path) -> None:
    dbf = next(ground.glob("*.dbf"))
    assert not dbf.with_suffix(".cpg").exists()
    assert dbf.read_bytes()[29] == 0
    assert "宗地代码" in pyogrio.read_info(dbf.with_suffix(".shp"), encoding="GBK")["fields"]


def test_survey_text_states_its_area(ground: Path) -> None:
    lines = next(ground.glob("*.txt")).read_bytes().decode("gbk").split("\r\n")
    start = next(i for i, line in enumerate(lines) if line.endswith("@"))
    count, hectares = lines[start].split(",")[:2]
    ring = [tuple(map(float, line.split(",")[2:])) for line in lines[start + 1 : start + 1 + int(count)]]
    assert all(3e6 < north < 3.7e6 and 40e6 < east < 41e6 for north, east in ring)
    assert shapely.Polygon(ring).area == pytest.approx(float(hectares) * 10_000, abs=0.5)


def test_codes_of_enterprises_are_valid_and_distinct() -> None:
    codes = [enterprise_code(n) for n in range(7000)]
    assert len(set(codes)) == 7000
    assert all(uscc.is_valid(code) for code in codes)
    assert not any(uscc.is_valid(broken_code(code)) for code in codes[:500])


@pytest.mark.parametrize("seed", [1, 20250930])
def test_ledger_closes_to_the_hundredth(seed: int) -> None:
    postings = plan_postings(np.random.default_rng(seed))
    hundredths = [round(p.mu * 100) for p in postings]
    assert sum(hundredths) == 956_700
    by_month = Counter()
    for posting, value in zip(postings, hundredths, strict=True):
        by_month[posting.accepted_on.year, posting.accepted_on.month] += value
    assert by_month == {(year, i): mu * 100 for year, months in MONTHS.items() for i, mu in enumerate(months, start=1)}
    assert sum(v for (year, month), v in by_month.items() if (year, month) >= (2024, 10)) == 138_000
    assert len({p.project for p in postings}) == 96
    done = Counter()
    for posting in postings:
        done[posting.body.code] += posting.mu
    assert all(done[body.code] <= 1.3 * body.task_mu for body in BODIES)


def test_tasks_and_shares_close() -> None:
    assert sum(body.task_mu for body in BODIES) == 10_000
    assert sum(body.share for body in BODIES) == 100


def test_demo_county_has_the_figures_of_practice(tmp_path: Path) -> None:
    out = generate("330282", tmp_path, seed=7)
    figures = json.loads((out / "key" / "figures.json").read_text())
    assert (figures["parcels"], figures["parcels_municipal"], figures["enterprises"]) == (8000, 7940, 6000)
    assert figures["inefficient"]["count"] == figures["inefficient"]["municipal"]["count"] == 1430
    assert figures["inefficient"]["mu"] == pytest.approx(15_100, abs=5)
    assert figures["idle"]["suspected"]["count"] == 25
    assert figures["ledger"]["total_mu"] == 9567.00
    changes = figures["second_delivery"]
    assert (changes["splits"], changes["merges"], changes["dropped"]) == (20, 20, 30)
    assert changes["shape_changed"] >= 200
    assert {row["code"] for row in rows(out / "key" / "issues.csv")} == ISSUE_CODES
