"""The house: sizes, places of SQL, agreed top level."""

import re
import subprocess
from pathlib import Path

from tests.conftest import ROOT

TOP = {"pyproject.toml", "README.md", "app", "migrations", "geodata", "scripts", "tests", "docker-compose.yml", "uv.lock", "alembic.ini"}
SOURCES = [p for folder in ("app", "geodata", "tests", "scripts") for p in (ROOT / folder).rglob("*.py") if "node_modules" not in p.parts]
SQL = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s', re.MULTILINE)


def said(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_longer_than_400_lines() -> None:
    long = {said(p): n for p in SOURCES if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not long, f"split by the question each half answers: {long}"


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [said(p) for p in SOURCES if p.stem in ("utils", "helpers", "misc", "common")]


def test_modules_of_tests_have_names_of_their_own() -> None:
    """pytest takes a module outside a package by its bare name: a second one of that name is not collected when both run in one process."""
    bare = [p.name for p in SOURCES if p.name.startswith("test_") and not (p.parent / "__init__.py").exists()]
    assert not {name for name in bare if bare.count(name) > 1}


def test_top_level_is_as_agreed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    top = {name.split("/")[0] for name in listed}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_services_and_routers_hold_no_sql() -> None:
    found = [said(p) for p in SOURCES if p.name in ("router.py", "service.py") and SQL.search(p.read_text("utf-8"))]
    assert not found, f"SQL belongs into queries.py or sql/: {found}"
