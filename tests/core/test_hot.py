"""Hot routes read and refuse as every other: the query as the standard library reads it, a fault of ours as the framework tells it."""

from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import APIRouter, Request, Response
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import web
from app.core.hot import HotFirst, Service
from app.core.lean import Lean, _usually, pairs
from app.core.web import is_unstorable
from app.maps.router import hot

_PART = st.sampled_from(["%", "%2", "%E5%AE%97", "%ff", "%00", "%2B", "+", "=", "==", "&", ";", "bbox", "1.5,", "'", " "])


@given(st.lists(_PART | st.characters(max_codepoint=127), max_size=30).map("".join))
@example("filter=" + "%41" * 2_000)
@example("a&b=&=c&&a=1")
def test_a_query_is_read_as_everywhere(query: str) -> None:
    assert pairs(query) == parse_qsl(query, keep_blank_values=True)


_ASKED = st.sampled_from(["limit", "f", "grade", "filter", "datetime", "as_of", "tk", "%66", "lim+it", "x", ""])
_SAID = st.sampled_from(["1", "0", "x", "json", "html", "A", "%41", "%00", "%ed%a0%80", "%E5%AE%97", "2025-09-30", "a=b", "", "é"])


@given(st.lists(st.tuples(_ASKED, _SAID).map("=".join) | st.just("limit"), max_size=4).map("&".join))
@example("grade=A&grade=A")
@example("grade=A&&limit=2")
def test_what_is_read_part_by_part_is_what_is_accepted_as_a_whole(query: str) -> None:
    (route,) = (route for route in hot.routes if isinstance(route, Lean) and route.path.endswith("/parcels/items"))
    fields = {field.alias: field for field in route.dependant.query_params}
    told = parse_qsl(query, keep_blank_values=True)
    checked = {fields[name].name: fields[name].validate(text, {}, loc=("query", name)) for name, text in told if name in fields}
    is_right = (
        len(checked) == len(told) and not any(wrong for _, wrong in checked.values()) and not any(is_unstorable(text) for _, text in told)
    )
    values = _usually(fields)(query.encode())
    if values is None:
        assert not is_right or "&&" in query or not query.isascii() or query.startswith("&") or query.endswith("&") or not query
    else:
        assert is_right
        assert values == {name: value for name, (value, _) in checked.items()}


@pytest.mark.parametrize("long_way", [{}, {"origin": "https://map.example"}, {"accept": "text/html"}], ids=["short", "origin", "page"])
async def test_a_fault_is_told_as_elsewhere(long_way: dict[str, str]) -> None:
    app, router = Service(), APIRouter(route_class=Lean)
    web.install(app)

    @router.get("/broken")
    async def broken(request: Request) -> Response:
        raise ValueError("inside")

    app.hot = HotFirst(app, [route for route in router.routes if isinstance(route, Lean)], app.exception_handlers)
    app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        told = await client.get("/broken", headers=long_way)
        assert (told.status_code, told.headers["content-type"], told.json()["code"]) == (500, "application/problem+json", "internal")
        assert "inside" not in told.text
        assert (await client.get("/broken?x=1", headers=long_way)).json()["code"] == "parameter_unknown"
        assert (await client.post("/broken", headers=long_way)).json()["code"] == "method_not_allowed"
    with pytest.raises(ValueError, match="inside"):  # the server logs it
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            await client.get("/broken", headers=long_way)
