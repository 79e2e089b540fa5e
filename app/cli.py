"""`yima …`: thin, one command = one service call."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import text

from app.core import audit, clock, db
from app.core.errors import Problem
from app.core.principal import Principal, Role, system
from app.imports.corrections.fields import STATES

app = typer.Typer(help="一码管地: 导入、研判、校验、账号。", no_args_is_help=True, pretty_exceptions_enable=False)
audit_app = typer.Typer(help="操作日志。", no_args_is_help=True)
demo_app = typer.Typer(help="演示县。", no_args_is_help=True)
key_app = typer.Typer(help="接口密钥。", no_args_is_help=True)
account_app = typer.Typer(help="账号。", no_args_is_help=True)
imports_app = typer.Typer(help="导入: 列表、查看、入库、撤销。", no_args_is_help=True)
corrections_app = typer.Typer(help="更正表: 列表、审核; 成批提出用 import --kind corrections。", no_args_is_help=True)
county_app = typer.Typer(help="县(市、区)。", no_args_is_help=True)
for name, group in (
    ("audit", audit_app),
    ("demo", demo_app),
    ("key", key_app),
    ("account", account_app),
    ("county", county_app),
    ("imports", imports_app),
    ("corrections", corrections_app),
):
    app.add_typer(group, name=name)
ImportId = Annotated[int, typer.Argument(help="导入编号", min=1)]
County = Annotated[str, typer.Option("--county", help="县级行政区代码, 6 位")]


def run(task: Coroutine[Any, Any, Any]) -> Any:
    """Run a service call; a Problem becomes its own words and exit code 2."""

    async def guarded() -> Any:
        try:
            return await task
        finally:
            await db.dispose()

    try:
        return asyncio.run(guarded())
    except Problem as problem:
        typer.echo(f"✗ {problem.title} [{problem.code}] {problem.detail}" + (f"\n  → {problem.hint}" if problem.hint else ""), err=True)
        for choice in problem.extra.get("choices", []):
            said = dict.fromkeys(str(choice[k]) for k in ("value", "label", "reason") if choice.get(k))
            typer.echo("    " + "  ".join(said), err=True)
        raise typer.Exit(2) from problem


def day(said: str | None, option: str) -> date:
    """The day an option states, today when it states none."""
    try:
        return date.fromisoformat(said) if said else clock.today()
    except ValueError as error:
        raise typer.BadParameter(f"{said} 不是日期 YYYY-MM-DD", param_hint=option) from error


@app.command()
def setup() -> None:
    """Reference tables: counties, towns, responsible bodies, calibres; may be repeated."""
    from app import demo

    run(demo.setup())


@demo_app.command("load")
def demo_load() -> None:
    """装载演示县 (finished once; a killed load resumes)."""
    from app import demo

    run(demo.load())


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="文件; 同一次交付的多个文件一起给出", exists=True)],
    kind: Annotated[str | None, typer.Option(help="parcels|towns|blocks|control-lines|planning|enterprises|occupancy|buildings|contracts|"
                                           "supplements|standard-land|lists|indicators|grades|ledger-opening|corrections; "
                                                  "按清单重做时不写")] = None,
    *,
    county: County,
    layer: Annotated[str | None, typer.Option(help="图层或工作表")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系, 如 EPSG:4549 (文件未声明时必须给出)")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码, 如 GBK")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="字段对照 TOML")] = None,
    family: Annotated[str | None, typer.Option(help="planning: 规划类别")] = None,
    data_date: Annotated[str | None, typer.Option(help="数据日期 YYYY-MM-DD, 默认今天")] = None,
    axis_order: Annotated[str | None, typer.Option(help="坐标次序: east_north|north_east|per_row (逐行调换颠倒的行)")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="面积列的单位, 如 证载面积=亩; 可多次")] = None,
    manifest: Annotated[Path | None, typer.Option(help="导入清单: 同样的文件按同样的决定重做", exists=True)] = None,
    returned: Annotated[Path | None, typer.Option(help="把标出问题的 Excel 写到这个文件夹")] = None,
    covers: Annotated[str | None, typer.Option(help="宗地: 交付完整的乡镇 all|none|代码,代码; 只有这些乡镇的宗地会灭失")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查, 不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:  # fmt: skip
    """Import a delivery: read, check, report issues, apply all or nothing."""
    from app import wiring
    from app.imports import by_hand

    wiring.subscribe()
    said = {"layer": layer, "crs": crs, "encoding": encoding, "family": family, "data_date": day(data_date, "--data-date"),
            "axis_order": axis_order, "covers": covers, "units": dict(pair.rpartition("=")[::2] for pair in unit or [])}  # fmt: skip
    if (kind is None) is (manifest is None):
        raise typer.BadParameter("写明 --kind 或 --manifest, 二者之一", param_hint="--kind")
    report = run(_imported(files, kind, system(county), said, mapping=mapping, manifest=manifest, dry_run=dry_run))
    for path in by_hand.give_back(report, files, returned) if returned else []:
        typer.echo(f"退回: {path}", err=True)
    typer.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1, default=str) if as_json else report.as_text())


async def _imported(
    files: list[Path], kind: str | None, principal: Principal, said: dict[str, Any], *, manifest: Path | None, **how: Any
) -> Any:
    from app.imports import by_hand

    if manifest is not None:
        kind, said = by_hand.replayed(manifest, files)
    return await by_hand.import_files(files, str(kind), principal, said, **how)


@imports_app.command("list")
def imports_list(county: County, kind: str | None = None, limit: int = 20) -> None:
    """导入, 新的在前。"""
    from app.imports import by_hand

    for said in run(by_hand.newest(system(county), kind, limit)):
        typer.echo(by_hand.line(said))


@imports_app.command("show")
def imports_show(import_id: ImportId, county: County) -> None:
    """一次导入的状态、识别结果、问题统计、比对, JSON。"""
    from app.imports import by_hand

    typer.echo(json.dumps(run(by_hand.show(system(county), import_id)), ensure_ascii=False, indent=1, default=str))


@imports_app.command("apply")
def imports_apply(import_id: ImportId, county: County) -> None:
    """把待入库的导入写入底数; 由后台进程办理, 等到办完。"""
    from app.imports import by_hand

    said = run(by_hand.apply(system(county, "命令行"), import_id))
    typer.echo(by_hand.line(said))
    sys.exit(said["state"] != "applied")


@imports_app.command("returned")
def imports_returned(
    import_id: ImportId, county: County, out: Annotated[Path, typer.Option(help="写到哪个文件或文件夹")],
    number: Annotated[int, typer.Option("--file", help="第几个文件", min=1)] = 1,
    given: Annotated[Path | None, typer.Option("--from", help="导入时的文件; 命令行导入的须给出", exists=True)] = None,
) -> None:  # fmt: skip
    """退回的工作簿: 有问题的单元格着色并加批注。"""
    from app.imports.workbooks.giving_back import give_back

    name, content = run(give_back(county, import_id, number, given=given))
    target = out / name if out.is_dir() else out
    target.write_bytes(content)
    typer.echo(str(target))


@imports_app.command("undo")
def imports_undo(import_id: ImportId, county: County, reason: Annotated[str, typer.Option(help="原因, 记入操作日志")]) -> None:
    """撤销已入库的导入。"""
    from app import wiring
    from app.imports import by_hand

    wiring.subscribe()
    typer.echo(by_hand.line(run(by_hand.undo(system(county, "命令行"), import_id, reason))))


@corrections_app.command("list")
def corrections_list(county: County, state: Annotated[str | None, typer.Option(help="|".join(STATES))] = None, limit: int = 50) -> None:
    """更正, 新的在前: 现值、谁、何时、理由、依据。"""
    from app.imports.corrections import by_hand

    for line in run(by_hand.listed(county, state, limit)):
        typer.echo(line)


@corrections_app.command("decide")
def corrections_decide(
    number: Annotated[int, typer.Argument(help="更正编号", min=1)], county: County, by: Annotated[str, typer.Option(help="审核人姓名")],
    reject: Annotated[bool, typer.Option("--reject", help="不通过")] = False,
) -> None:  # fmt: skip
    """审核: 通过即改正库中的值 (原值仍成立时); 提出人不能审核自己的。"""
    from app import wiring
    from app.imports.corrections import by_hand

    wiring.subscribe()
    typer.echo(run(by_hand.decide(system(county, by), number, approve=not reject)))


@app.command("export")
def export_file(
    collection: Annotated[str, typer.Argument(help="parcels|control-lines|towns|blocks|cases|freed-land")],
    county: County,
    out: Annotated[Path, typer.Option(help="写到哪个文件")],
    format: Annotated[str, typer.Option(help="geojson|geojsonseq|gpkg|shapefile|flatgeobuf|geoparquet|guotu-txt|xlsx|csv|kml|pmtiles")],
    filter: Annotated[str | None, typer.Option(help="CQL2 文本")] = None,
    bbox: Annotated[str | None, typer.Option(help="西,南,东,北 (度)")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系 URI")] = None,
    encoding: Annotated[str | None, typer.Option(help="UTF-8|GBK (Shapefile、CSV、国土 TXT)")] = None,
    properties: Annotated[str | None, typer.Option(help="只要这些字段, 逗号分隔")] = None,
) -> None:
    """Export a collection, or what a filter selects of it, to a file; shows how far it is."""
    from app.maps.exports import by_hand

    asked = {"filter": filter, "bbox": bbox, "crs": crs, "encoding": encoding,
             "properties": tuple(properties.split(",")) if properties else None}  # fmt: skip
    made = run(by_hand.export(system(county, "命令行"), collection, format, out, asked,
                              told=lambda done, of: typer.echo(f"\r{done} / {of} 行", err=True, nl=False)))  # fmt: skip
    typer.echo(f"\n{out}: {made.rows} 行, {made.size} 字节, sha256 {made.sha256}" + "".join(f"\n! {note}" for note in made.notes))


@app.command()
def classify(county: County, as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD, 默认今天")] = None) -> None:
    """研判: facts, verdicts, map, for one county."""
    from app import wiring
    from app.classification import service

    wiring.subscribe()
    result = run(service.publish_run(county, as_of=day(as_of, "--as-of"), principal=system(county)))
    typer.echo(json.dumps(result.counts, ensure_ascii=False, default=str))


@audit_app.command("verify")
def audit_verify(county: Annotated[str | None, typer.Option("--county", help="默认全部")] = None) -> None:
    """Walk the hash chain; exit code 1 when a record does not fit."""

    async def walk() -> list[audit.ChainReport]:
        async with db.engine().connect() as conn:
            codes = (
                [county] if county else [r.county_code for r in await conn.execute(text("SELECT county_code FROM audit_head ORDER BY 1"))]
            )
            return [await audit.verify(conn, code) for code in codes]

    reports = run(walk())
    for report in reports:
        verdict = "完好" if report.broken_at is None else f"第 {report.broken_at} 条: {report.reason}"
        typer.echo(f"{report.county_code}: {report.records} 条, {verdict}")
    sys.exit(any(report.broken_at is not None for report in reports))


@key_app.command("create")
def key_create(
    username: Annotated[str, typer.Argument(help="密钥沿用该账号的角色和范围")],
    label: str = "命令行",
    origin: Annotated[list[str] | None, typer.Option(help="网页地址 (CORS、?tk= 的来源) 或客户机 IP, 可多次")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="只开放: items tiles stats analysis changes exports registers 或图层名; "
                                                        "可多次, 不给则不限")] = None,
    rate: Annotated[int | None, typer.Option(help="每分钟次数, 不给则不限", min=1, max=1_000_000)] = None,
) -> None:  # fmt: skip
    """A read-only API key; printed once."""
    from app.accounts import queries, service

    async def create() -> str:
        async with db.engine().begin() as conn:
            account = await queries.by_username(conn, username)
            if account is None:
                raise typer.BadParameter(f"没有账号 {username}")
            terms = service.KeyTerms(label, origin or [], scope or None, rate)
            number, key = await service.issue_key(conn, account.id, terms)
            entry = audit.Entry("key.create", "api_key", str(number), {"username": username, **asdict(terms)})
            await audit.append(conn, system(account.county_code, "命令行"), entry)
            return key

    typer.echo(run(create()))


@key_app.command("list")
def key_list(county: County) -> None:
    """Keys of a county, newest first; never the keys themselves."""
    from app.accounts import service

    async def read() -> list[str]:
        async with db.engine().connect() as conn:
            rows = await service.keys(conn, system(county))
        return [
            f"{row.id}\t{row.username}\t{row.label}\t{'已停用' if row.revoked_at else '有效'}\t{','.join(row.scopes or ['不限'])}"
            f"\t{f'{row.rate_per_minute} 次/分' if row.rate_per_minute else '不限'}\t{','.join(row.origins)}"
            for row in rows
        ]

    for line in run(read()):
        typer.echo(line)


@key_app.command("revoke")
def key_revoke(key_id: Annotated[int, typer.Argument(help="编号, 见 yima key list")], county: County) -> None:
    """Refused from the next request on."""
    from app.accounts import service

    async def revoke() -> str:
        async with db.engine().begin() as conn:
            row = await service.revoke_key(conn, system(county), key_id)
            entry = audit.Entry("key.revoke", "api_key", str(key_id), {"username": row.username, "label": row.label})
            await audit.append(conn, system(county, "命令行"), entry)
            return f"已停用 {row.label}"

    typer.echo(run(revoke()))


@account_app.command("add")
def account_add(
    username: Annotated[str, typer.Argument(help="登录名; 已有则重设密码")],
    county: County,
    role: Annotated[Role, typer.Option(help="角色")],
    name: Annotated[str | None, typer.Option(help="姓名, 默认同登录名")] = None,
    department: Annotated[str | None, typer.Option(help="部门代码, 见政策包")] = None,
    body: Annotated[str | None, typer.Option(help="责任主体 9 位代码; 专管员必填")] = None,
) -> None:
    """A person; the random password is printed once."""
    from app.accounts import service

    if role is Role.officer and body is None:
        raise typer.BadParameter("专管员须给出责任主体", param_hint="--body")
    person = {"username": username, "display_name": name or username, "role": role, "county_code": county,
              "department_code": department, "responsible_body": body}  # fmt: skip
    typer.echo(run(service.add_account(person, by=system(county, "命令行"))))


@county_app.command("add")
def county_add(path: Annotated[Path, typer.Argument(exists=True)], test: bool = False) -> None:
    """Add a county from county.json {code, name, towns, bodies, outline}."""
    from app import territories

    async def add() -> str:
        async with db.engine().begin() as conn:
            return await territories.load_county(conn, path, is_test=test)

    typer.echo(run(add()))


if __name__ == "__main__":
    app()
