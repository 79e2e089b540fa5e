"""README and FORMATS.md say what is true: paths, settings, routes, scripts, examples, kinds, columns, issue codes. No database."""

import json
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from app.core.errors import Problem
from app.imports.checks.catalogue import CATALOGUE, SIDES
from app.imports.columns import label
from app.imports.errors import FileUnreadable
from app.imports.kinds import KINDS, Kind
from app.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
FORMATS = (ROOT / "app" / "imports" / "FORMATS.md").read_text("utf-8")
TICKED = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOP = ("app/", "migrations", "geodata", "scripts", "tests")
BESIDE_THE_SCHEMA = {"/api", "/api/docs", "/console/", "/clients"}
"""Served, but not part of the OpenAPI document."""
AVOIDED = ("账本", "认领", "判决", "裁定")


def section(title: str, text: str = README) -> str:
    """What stands below a heading, up to the next of its rank."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Cells of the tables of a text, heads and rulers left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    kept = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if not re.match(r"^\|[-|: ]+\|$", after)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept if not re.match(r"^\|[-|: ]+\|$", line)]


@cache
def schema() -> dict[str, dict[str, dict[str, object]]]:
    """Paths of the OpenAPI document."""
    from app.main import create_app

    return json.loads(json.dumps(create_app().openapi()["paths"]))


def operation(path: str, method: str = "get") -> dict[str, object] | None:
    """The operation a path belongs to, written with its parameters or with values."""
    for known, operations in schema().items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(known))
        if re.fullmatch(pattern, path) and method in operations:
            return operations[method]
    return None


def examples() -> list[str]:
    """Every command of the README, a line each."""
    return [line for block in FENCED.findall(README) for line in block.splitlines() if line.strip()]


def test_length() -> None:
    assert len(README.splitlines()) <= 350


@pytest.mark.parametrize("title", ["仓库地图", "要改某处,从哪里下手"])
def test_paths_exist(title: str) -> None:
    said = [word for row in rows(section(title)) for cell in row for word in TICKED.findall(cell)]
    paths = [word for word in said if word.startswith(TOP) and " " not in word]
    assert len(paths) >= 15
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing


def test_map_names_every_room() -> None:
    said = {row[0].strip("`") for row in rows(section("仓库地图"))}
    rooms = {f"app/{p.parent.name}" for p in (ROOT / "app").glob("*/__init__.py")} | {"app/console"}
    assert rooms <= said, rooms - said


def test_links_and_pictures() -> None:
    local = re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", README)
    paths = [one or other for one, other in local]
    assert not [path for path in paths if not path.startswith("http") and not (ROOT / path).exists()]
    pictures = [ROOT / path for path in paths if path.endswith(".png")]
    assert len(pictures) == 4
    for picture in pictures:
        assert picture.stat().st_size <= 150_000, picture
        with Image.open(picture) as image:
            assert image.size in ((1440, 900), (390, 844))


def test_settings_are_the_fields() -> None:
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(section("设置"))}
    fields = {f"YIMA_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert set(said) == set(fields)
    for name, default in fields.items():
        shown = "空" if default in (None, "") else str(default).lower() if isinstance(default, bool) else str(default)
        assert said[name] == shown, name


def test_routes_exist() -> None:
    told = {word.split("?")[0] for word in TICKED.findall(README) if re.match(r"^/(api|collections|console|readyz|healthz|c/)", word)}
    assert len(told) >= 8
    assert not [path for path in sorted(told - BESIDE_THE_SCHEMA) if not any(operation(path, m) for m in ("get", "post"))]


def test_what_is_beside_the_schema_is_served() -> None:
    from app import docs_page, routes

    assert docs_page.router in routes.ROUTERS, "add docs_page.router to routes.ROUTERS"
    assert {route.path for route in docs_page.router.routes} >= {"/api", "/api/docs"}


def test_scripts_exist() -> None:
    said = set(re.findall(r"\./(scripts/[a-z]+)", README))
    assert said >= {"scripts/run", "scripts/test", "scripts/bench", "scripts/mutate"}
    for name in said:
        assert (ROOT / name).stat().st_mode & 0o100, f"{name} cannot be run"


def test_examples_are_shell() -> None:
    for block in FENCED.findall(README):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def test_curl_examples_ask_known_routes_with_known_parameters() -> None:
    words = [shlex.split(line, comments=True) for line in examples() if line.startswith("curl")]
    urls = [(word, "post" if "POST" in line else "get") for line in words for word in line if word.startswith("http://127")]
    assert len(urls) >= 6
    for url, method in urls:
        split = urlsplit(url)
        found = operation(split.path, method)
        assert found is not None, url
        declared = {p["name"] for p in found.get("parameters", [])} | {"tk"}  # type: ignore[attr-defined]
        assert {name for name, _ in parse_qsl(split.query)} <= declared, url


def test_import_examples_name_kinds_and_options() -> None:
    from app.cli import import_files

    options = {f"--{name.replace('_', '-')}" for name in import_files.__annotations__} | {"--map", "--json"}
    lines = [line for line in examples() + FORMATS.splitlines() if line.startswith(".venv/bin/yima import")]
    assert lines
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[words.index("--kind") + 1] in KINDS
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_formats_has_every_column(kind: Kind) -> None:
    heading = re.search(rf"^### {re.escape(kind.label)} `{kind.name}`\n(.*?)(?=^##)", FORMATS, re.MULTILINE | re.DOTALL)
    assert heading, f"FORMATS.md: no heading for {kind.name}"
    said = {row[1].strip("`"): row for row in rows(heading[1])}
    assert list(said) == [column.name for column in kind.columns]
    for name, row in said.items():
        assert row[0] == label(kind.name, name)
        must = "必填" if name in kind.filled else "表头必有" if name in kind.required else "关键字" if name in kind.key else ""
        assert row[3] == must, f"{kind.name}.{name}"
    assert f"| `{kind.name}` | {kind.label} |" in section("各类文件的列", FORMATS)
    assert f"`{kind.name}` | {kind.label}" in section("导入本县的资料")


def test_formats_has_every_issue_code() -> None:
    words = {"错误": "error", "提醒": "warning", "提示": "notice"}
    said = {row[0].strip("`"): row for row in rows(section("问题清单", FORMATS))}
    assert set(said) == set(CATALOGUE)
    for code, row in said.items():
        kind = CATALOGUE[code]
        assert words[row[1][:2]] == kind.stage, code
        assert words["错误" if row[2].endswith("不入库") else row[2]] == kind.apply, code
        assert row[2].startswith("整批") == (kind.stops == "delivery"), code
        assert row[3:] == [SIDES[kind.side], kind.message, kind.hint]


def test_formats_has_every_refusal_of_a_file() -> None:
    module = FileUnreadable.__module__
    refusals = {kind.code for kind in Problem.catalogue.values() if kind.__module__ == module}
    assert len(refusals) >= 15
    assert {row[0].strip("`") for row in rows(section("整个文件读不了", FORMATS))} == refusals


def test_every_problem_has_a_chinese_title() -> None:
    from app.main import create_app

    create_app()  # every room's errors are imported
    assert len(Problem.catalogue) >= 50
    assert not [code for code, kind in Problem.catalogue.items() if not re.search(r"[一-鿿]", kind.title)]


@pytest.mark.parametrize("text", [README, FORMATS], ids=["README", "FORMATS"])
def test_words_of_the_office(text: str) -> None:
    assert not [word for word in AVOIDED if word in text]


def test_api_page_asks_only_its_own_host() -> None:
    from app.docs_page import PAGE

    assert not re.findall(r"https?://|//[a-z]", PAGE)
    asked = re.findall(r"(?:href|src)=\"([^\"]+)\"|fetch\('([^']+)'\)", PAGE)
    assert {one or other for one, other in asked} == {
        "../console/favicon.svg", "../console/swagger/swagger-ui.css", "../console/swagger/swagger-ui-bundle.js", "../api",
    }  # fmt: skip
    package = json.loads((ROOT / "app" / "console" / "package.json").read_text("utf-8"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["dependencies"]["swagger-ui-dist"])
    assert "swagger-ui-bundle.js" in (ROOT / "app" / "console" / "swap.mjs").read_text("utf-8")
