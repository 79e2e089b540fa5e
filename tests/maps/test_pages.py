"""HTML pages: asked for by `f` or Accept, readable without scripts, escaped, in the caller's scope, linked both ways with JSON."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.core import db
from app.core.principal import Principal, Role
from app.maps import publish
from app.maps.pages import Pages
from app.maps.pages.form import document, wants_html
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, app_for, person

ITEMS = "/collections/parcels/items"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
HOSTILE = "</td><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"
VOID = {"meta", "link", "input", "img", "br"}


class Tree(HTMLParser):
    """Elements and links of a page; an element that is not closed in order is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def links(self, **wanted: str) -> list[str]:
        return [e.get("href") or "" for _, e in self.elements if "href" in e and all(e.get(k) == v for k, v in wanted.items())]


@asynccontextmanager
async def browser(principal: Principal | None) -> AsyncIterator[httpx.AsyncClient]:
    app = app_for(principal)
    app.state.map_pool = await db.map_pool(size=2)
    try:
        transport = httpx.ASGITransport(app=Pages(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept": BROWSER}) as client:
            yield client
    finally:
        await app.state.map_pool.close()


@pytest.fixture
async def planner(county: None) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(person(Role.planner)) as client:
        yield client


async def page(client: httpx.AsyncClient, path: str, status: int = 200, **params: Any) -> Tree:
    answer = await client.get(path, params=params or None)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert "Accept" in answer.headers["vary"].split(", ")
    tree = Tree(answer.text)
    assert not [tag for tag, _ in tree.elements if tag in ("script", "iframe", "object", "embed", "base")]
    assert not [name for _, e in tree.elements for name in e if name.startswith("on")]
    assert not [e for tag, e in tree.elements if "src" in e], "nothing is loaded"
    assert all(href.startswith("http://test/") for href in tree.links()), tree.links()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return tree


@pytest.mark.parametrize(
    ("query", "accept", "wanted"),
    [
        ("", BROWSER, True), ("", "*/*", False), ("", "", False), ("", "application/json", False), ("", "text/html", True),
        ("", "application/geo+json,text/html;q=0.9", False), ("", "text/html;q=0.9,application/json;q=0.8", True),
        ("", "application/json,text/html", False), ("", "text/html,application/json", True), ("", "text/html;q=0", False),
        ("", "text/html;q=x", False), ("f=json", BROWSER, False), ("f=html", "*/*", True), ("f=html", "application/json", True),
        ("f=csv", BROWSER, False), ("ff=1", BROWSER, True), ("filter=f%3Dhtml", "*/*", False), ("bbox=1,2,3,4&f=html", "", True),
    ],
)  # fmt: skip
def test_who_gets_html(query: str, accept: str, wanted: bool) -> None:
    headers = [(b"accept", accept.encode())] if accept else []
    assert wants_html(query.encode(), headers) is wanted


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "landing"), ("/conformance", "conformance"), ("/collections", "collections"), ("/collections/parcels", "collection"),
        ("/collections/parcels/items", "items"), ("/collections/parcels/items/7", "feature"), ("/collections/towns/queryables", "fields"),
        ("/collections/parcels/tiles", None), ("/collections/parcels/queryables/x", None), ("/api", None), ("/console/", None), ("//", None),
    ],
)  # fmt: skip
def test_which_documents_have_a_page(path: str, template: str | None) -> None:
    found = document(path)
    assert (found.template if found else None) == template


async def test_every_document_has_a_page_and_links_to_its_json(planner: httpx.AsyncClient) -> None:
    paths = ["/", "/conformance", "/collections"]
    for layer in ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land"):
        paths += [f"/collections/{layer}{part}" for part in ("", "/items", "/queryables", "/sortables", "/schema")]
    paths += [f"{ITEMS}/{BASE + 1}", f"/collections/cases/items/{BASE + 1}"]
    for path in paths:
        alternates = (await page(planner, path)).links(rel="alternate")
        assert alternates, path
        answer = await planner.get(unescape(alternates[0]))
        assert answer.status_code == 200
        assert "json" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/", "/conformance", "/collections", "/collections/parcels", ITEMS + "?limit=3", f"{ITEMS}/{BASE + 1}"])
async def test_json_links_to_its_page(planner: httpx.AsyncClient, path: str) -> None:
    answer = await planner.get(path, headers={"accept": "*/*"})
    assert "json" in answer.headers["content-type"], "JSON stays the default"
    assert "Accept" in answer.headers["vary"].split(", ")
    said = answer.json()
    (html,) = [link["href"] for link in said["links"] if link["rel"] == "alternate" and link["type"] == "text/html"]
    await page(planner, html)


async def test_conformance_declares_html(planner: httpx.AsyncClient) -> None:
    said = (await planner.get("/conformance?f=json")).json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html" in said


async def test_items_show_labels_units_words_and_what_is_unknown(planner: httpx.AsyncClient) -> None:
    tree = await page(planner, ITEMS, limit=60)
    said = "".join(tree.texts)
    assert "共 60 条" in said
    assert {"证载面积(㎡)", "采用面积(亩)(亩)", "亩均评价等级", "责任主体名称"} <= set(tree.texts)
    assert {"甲镇", "未知", "是", "否", "疑似闲置", "10.50", "7,001.00"} <= set(tree.texts)
    assert "None" not in said
    assert len([e for tag, e in tree.elements if tag == "path"]) == 60


async def test_pages_turn_forward_and_back(planner: httpx.AsyncClient) -> None:
    def ids(tree: Tree) -> list[str]:
        return [t for t in tree.texts if re.fullmatch(rf"{COUNTY}\d{{9}}", t)]

    tree = await page(planner, ITEMS, limit=25, sortby="-id", f="html")
    seen, trees = [ids(tree)], [tree]
    while following := trees[-1].links(rel="next"):
        trees.append(await page(planner, following[0]))
        seen.append(ids(trees[-1]))
        assert "共 60 条" in "".join(trees[-1].texts), "also on later pages"
    assert [len(part) for part in seen] == [25, 25, 10]
    assert sorted((i for part in seen for i in part), reverse=True) == [i for part in seen for i in part]
    back = [await page(planner, trees[-1].links(rel="prev")[0])]
    back.append(await page(planner, back[0].links(rel="prev")[0]))
    assert [ids(tree) for tree in back] == [seen[1], seen[0]]
    assert back[1].links(rel="prev") == []
    assert ids(await page(planner, trees[-1].links(rel="first")[0])) == seen[0]


async def test_more_than_counted_says_so(county: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database counts to a limit; memory, which viewers' points are not in, counts all."""
    monkeypatch.setattr("app.maps.queries.COUNTED", 5)
    monkeypatch.setattr("app.maps.features.COUNTED", 5)
    async with browser(person(Role.viewer)) as viewer:
        assert "超过一万条" in "".join((await page(viewer, ITEMS, limit=7)).texts)


async def test_an_officer_sees_outlines_of_others_and_a_viewer_the_public_form(county: None) -> None:
    async with browser(person(Role.officer, OWN)) as officer:
        other = "".join((await page(officer, f"{ITEMS}/{BASE + 45}")).texts)
        mixed = await page(officer, ITEMS, limit=60)
    assert "乙镇" not in other
    assert OTHER not in other
    assert "乙镇" not in "".join(mixed.texts)
    assert "—" in mixed.texts, "what is outside the scope is not called unknown"
    async with browser(person(Role.viewer)) as viewer:
        said = "".join((await page(viewer, ITEMS, limit=60)).texts)
        await page(viewer, "/collections/cases/items", status=404)
    assert "采用面积" not in said
    assert "疑似闲置" not in said


async def test_a_signed_out_browser_reads_where_to_sign_in(county: None) -> None:
    async with browser(None) as client:
        tree = await page(client, ITEMS, status=401)
        assert "http://test/console/#/login" in tree.links()
        assert "请先登录" in tree.texts
        assert "符合的标准" in (await page(client, "/conformance")).texts
        answer = await client.get(ITEMS, headers={"accept": "application/json"})
        program = await client.get(ITEMS, params={"f": "html"}, headers={"accept": "*/*"})
    for one in (answer, program):
        assert (one.status_code, one.headers["content-type"]) == (401, "application/problem+json")
        assert one.json()["code"] == "unauthenticated"


async def test_mistakes_are_pages_too(planner: httpx.AsyncClient) -> None:
    tree = await page(planner, ITEMS, status=400, bbox="1,2,3")
    assert "查询参数不正确" in tree.texts
    assert "http://test/api/errors/parameter_invalid" in tree.links()
    await page(planner, ITEMS, status=400, **{"<script>": "1"})
    await page(planner, f"{ITEMS}/0", status=404)
    await page(planner, f"/collections/{'%3Cscript%3E'}", status=404)


async def test_fields_left_empty_in_the_form_are_not_asked(planner: httpx.AsyncClient) -> None:
    said = "".join((await page(planner, ITEMS + "?bbox=&filter=&limit=60")).texts)
    assert "共 60 条" in said
    found = "".join((await page(planner, ITEMS, bbox="", filter=f"responsible_body = '{OWN}'", limit="")).texts)
    assert "共 30 条" in found


async def test_names_can_not_break_out_of_the_page(planner: httpx.AsyncClient) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE parcel_version SET name = :n WHERE parcel_id = :i"), {"n": HOSTILE, "i": BASE + 3})
        await publish.publish(conn, COUNTY)
    for path in (ITEMS, f"{ITEMS}/{BASE + 3}", f"{ITEMS}?filter={HOSTILE.replace('&', '%26')}"):
        answer = await planner.get(path)
        tree = await page(planner, path, status=answer.status_code)
        assert "<script" not in answer.text
        assert not [e for tag, e in tree.elements if tag == "img"]
    assert HOSTILE in "".join((await page(planner, f"{ITEMS}/{BASE + 3}")).texts)
    hostile = {"bbox": "120,29,122,31", "sortby": '"><script>', "f": "html"}
    await page(planner, ITEMS, status=400, **hostile)
    await page(planner, ITEMS, trail='"><script>alert(1)</script>.x', limit=10)


async def test_an_unchanged_page_is_not_sent_again(planner: httpx.AsyncClient) -> None:
    first = await planner.get(ITEMS, params={"limit": 5})
    again = await planner.get(ITEMS, params={"limit": 5}, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    json = await planner.get(ITEMS, params={"limit": 5, "f": "json"})
    assert json.headers["etag"] != first.headers["etag"]
    crossed = await planner.get(ITEMS, params={"limit": 5}, headers={"if-none-match": json.headers["etag"]})
    assert crossed.status_code == 200, "the JSON's validator is not the page's"


async def test_a_key_in_the_address_is_not_repeated(planner: httpx.AsyncClient) -> None:
    answer = await planner.get(ITEMS, params={"tk": "secret-key", "limit": 5})
    assert answer.status_code == 200
    assert "secret-key" not in answer.text
    assert "secret-key" not in answer.headers["link"]
