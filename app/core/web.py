"""HTTP edge: problems as RFC 9457, unknown parameters refused, dead-locked requests run again."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Set
from typing import Any

import asyncpg.exceptions
import structlog
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.core import db, errors, logs, methods
from app.core.errors import Problem
from app.core.proxy import below_root
from app.core.work import Replay
from app.settings import settings

log = structlog.get_logger()
RETRY = "x-yima-retry"
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def problem_response(problem: Problem, scope: Scope) -> JSONResponse:
    """The problem as application/problem+json; its type is an address of the catalogue below the service's root."""
    body = problem.body()
    body["type"] = f"{scope.get('app_root_path', scope.get('root_path', ''))}{body['type']}"
    return JSONResponse(body, problem.status, media_type="application/problem+json", headers=problem.headers)


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not declare (OGC API Features requires 400), or that come twice."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute):
        refuse_unknown(request.query_params, declared(route.dependant) | {"tk"})


def refuse_unknown(given: QueryParams, allowed: Set[str]) -> None:
    """UnknownParameter for the first name that is not allowed, RepeatedParameter for one that comes twice."""
    if not given.keys() <= allowed:
        unknown = sorted(given.keys() - allowed)
        raise errors.UnknownParameter(
            "、".join(unknown), pointer=f"query:{unknown[0]}", hint="可用: " + "、".join(sorted(allowed - {"tk"}))
        )
    if len(given.multi_items()) > len(given):
        names = [name for name, _ in given.multi_items()]
        twice = next(name for name in names if names.count(name) > 1)
        raise errors.RepeatedParameter(twice, pointer=f"query:{twice}", hint="每个参数只写一次;多个值用逗号或 filter")


_SUSPECT = re.compile(rb"\\u(?:0000|d[89a-f])|\xed[\xa0-\xbf]|\x00", re.IGNORECASE)
"""Octets of a JSON text (UTF-8, or UTF-16 with its zeros) that may hold U+0000 or half a surrogate pair."""
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


async def storable_text(request: Request) -> None:
    """Refuse text that PostgreSQL cannot hold: U+0000 and lone surrogates, in path, query or JSON body."""
    refuse_unstorable(request.path_params, request.query_params)
    if "json" in request.headers.get("content-type", "") and _SUSPECT.search(body := await request.body()):
        try:
            at = _unstorable(json.loads(body), "")
        except (ValueError, RecursionError) as error:
            raise errors.BodyInvalid("不是 JSON") from error
        if at is not None:
            raise errors.BodyInvalid("含有不可存储的字符", pointer=at)


def is_unstorable(text: str) -> bool:
    """Whether PostgreSQL cannot hold it."""
    return _UNSTORABLE.search(text) is not None


def refuse_unstorable_body(value: Any) -> None:
    """The same for what a form says."""
    if (at := _unstorable(value, "")) is not None:
        raise errors.BodyInvalid("含有不可存储的字符", pointer=at)


def refuse_unstorable(path: Mapping[str, Any], query: QueryParams) -> None:
    """The same for what the address says."""
    if not _UNSTORABLE.search("".join([str(part) for pair in (*path.items(), *query.multi_items()) for part in pair])):
        return
    for where, pairs in (("path", path.items()), ("query", query.multi_items())):
        for name, value in pairs:
            if isinstance(value, str) and (_UNSTORABLE.search(value) or _UNSTORABLE.search(name)):
                raise errors.BadParameter("含有不可存储的字符", pointer=f"{where}:{_UNSTORABLE.sub('', name)}")


def _unstorable(value: Any, at: str) -> str | None:
    """Pointer of the first such text, None when there is none."""
    if isinstance(value, str):
        return at if _UNSTORABLE.search(value) else None
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        if _UNSTORABLE.search(str(key)):
            return at
        if (found := _unstorable(part, f"{at}/{key}")) is not None:
            return found
    return None


def declared(dependant: Dependant) -> set[str]:
    """Names of the query parameters of a route and of what it depends on."""
    return {p.alias for p in dependant.query_params}.union(*(declared(d) for d in dependant.dependencies))


def _pointer(loc: tuple[Any, ...]) -> str:
    return "/" + "/".join(map(str, loc[1:])) if loc[0] == "body" else f"{loc[0]}:{'.'.join(map(str, loc[1:]))}"


def _invalid(error: RequestValidationError) -> Problem:
    """Query and path 400, body shape 422; the first fault is named, all are listed."""
    found = [{"pointer": _pointer(tuple(e["loc"])), "detail": e["msg"]} for e in error.errors()]
    kind = errors.BodyInvalid if any(e["loc"][0] == "body" for e in error.errors()) else errors.BadParameter
    return kind(found[0]["detail"], pointer=found[0]["pointer"], errors=found[:20])


_UNFIT = frozenset({"22000", "22003", "22007", "22008", "22021", "22P02", "22P05"})
"""Data exceptions that a value of the request alone can cause: out of range, no date, no text of the encoding."""


def _database(error: Exception, request: Request) -> Problem | None:
    """Database errors in the caller's words: named constraints, time-outs, exhausted pools, values that no column holds."""
    cause = getattr(error, "orig", error)
    state = getattr(cause, "sqlstate", None)
    if isinstance(error, (PoolTimeout, asyncio.TimeoutError, asyncpg.exceptions.TooManyConnectionsError)):
        return errors.Busy("连接池已满")
    if state == "57014":
        return errors.QueryTimeout()
    if db.is_away(error):
        return errors.Busy("数据库暂时没有应答")
    if state in _UNFIT:
        log.warning("value unfit", path=request.url.path, error=repr(error)[:500])
        return (errors.BadParameter if request.method == "GET" else errors.BodyInvalid)("有数值或文字超出可存储的范围")
    if isinstance(error, IntegrityError):
        name = getattr(getattr(cause, "__cause__", None), "constraint_name", None) or getattr(cause, "constraint_name", None)
        return errors.Conflict("与已有记录冲突" if state == "23505" else "数据不满足约束", constraint=name)
    return None


def install(app: FastAPI) -> None:
    """Register the handlers and the retry middleware."""
    logs.configure()

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request.scope)

    @app.exception_handler(Replay)
    async def on_replay(_: Request, replay: Replay) -> Response:
        return JSONResponse(replay.body, replay.status, headers={"Idempotency-Replayed": "true"})

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(_invalid(error), request.scope)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        kinds: dict[int, type[Problem]] = {404: errors.NotFound, 405: errors.MethodNotAllowed, 413: errors.TooLarge}
        is_body = error.status_code == 400 and request.method not in ("GET", "HEAD")  # 400 is FastAPI's for a body it can't parse
        kind = errors.BodyInvalid if is_body else kinds.get(error.status_code, errors.BadParameter)
        problem = kind(f"{request.method} {request.url.path}")
        if error.status_code == 405:
            problem.headers = {"Allow": ", ".join(methods.allowed(request.app.routes, request.scope))}
        return problem_response(problem, request.scope)

    async def on_database(request: Request, error: Exception) -> Response:
        if getattr(getattr(error, "orig", error), "sqlstate", None) in ("40001", "40P01"):
            return Response(status_code=503, headers={RETRY: "1"})
        problem = _database(error, request)
        if problem is None:
            raise error
        return problem_response(problem, request.scope)

    for kind in (DBAPIError, PoolTimeout, asyncpg.exceptions.PostgresError, asyncpg.exceptions.InterfaceError, asyncio.TimeoutError):
        app.add_exception_handler(kind, on_database)
    app.add_exception_handler(OSError, _system)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _internal)
    app.add_middleware(RetryDeadlocks)


async def _system(request: Request, error: Exception) -> Response:
    """A database that is away, a full disk, by their names; what else the system refuses is a fault of ours."""
    if db.is_away(error):
        return problem_response(errors.Busy("数据库暂时没有应答"), request.scope)
    if not errors.StorageFull.is_told_by(error):
        raise error
    log.error("storage full", path=request.url.path)
    return problem_response(errors.StorageFull("没有保存任何内容", hint="请联系管理员清理磁盘后重试"), request.scope)


async def _gone(request: Request, _: Exception) -> Response:
    """The caller hung up before the body was complete; nobody hears this."""
    return problem_response(errors.RequestUnreadable("请求没有发完,连接已断开"), request.scope)


async def _internal(request: Request, error: Exception) -> Response:
    log.error("unhandled", path=request.url.path, error=repr(error), exc_info=error)
    return problem_response(Problem("内部错误已记录"), request.scope)


_large_bodies: dict[str, Callable[[], int]] = {}


def takes_large_bodies(path: str, limit: Callable[[], int]) -> None:
    """Requests of this path may weigh `limit()` bytes: they are read as they come, never kept, so not run again either."""
    _large_bodies[path] = limit


class RetryDeadlocks:
    """Runs a whole request again, at most 3 times, when PostgreSQL chose it as a deadlock victim.

    It keeps the body for that, so it also bounds it: far more than an evidence file may weigh (10 MB over) is 413. Paths that take
    large bodies have a bound of their own.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        if limit := _large_bodies.get(below_root(scope)):
            await self.app(scope, _bounded(receive, limit() + (1 << 20)), send)
            return
        seen: list[Message] = []
        for number in range(3):
            attempt = _Attempt(seen, receive, send)
            await self.app(scope, attempt.receive, attempt.send)
            if attempt.is_too_large:
                await problem_response(errors.TooLarge(f"请求内容超过 {settings().upload_max_mb} MB"), scope)(scope, receive, send)
            if not attempt.is_victim:
                return
            await asyncio.sleep(0.02 * (number + 1))
        await problem_response(errors.Busy("并发冲突"), scope)(scope, receive, send)


def _bounded(receive: Receive, limit: int) -> Receive:
    """Receive at most so many bytes; TooLarge then."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise errors.TooLarge(f"请求内容超过 {limit >> 20} MB")
        return message

    return counted


class _Attempt:
    """One run of a request over the body seen so far; its answer is held back when it must not be the last word."""

    def __init__(self, seen: list[Message], receive: Receive, send: Send) -> None:
        self.seen, self._receive, self._send = seen, receive, send
        self.cursor, self.is_victim, self.is_too_large = 0, False, False

    async def receive(self) -> Message:
        if self.cursor == len(self.seen):
            self.seen.append(await self._receive())
            if sum(len(m.get("body", b"")) for m in self.seen) > (settings().upload_max_mb + 10) << 20:
                self.is_too_large = True  # FastAPI calls whatever is raised here an unparsable body
                raise errors.TooLarge
        self.cursor += 1
        return self.seen[self.cursor - 1]

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and any(k == RETRY.encode() for k, _ in message["headers"]):
            self.is_victim = True
        if not (self.is_victim or self.is_too_large):
            await self._send(message)
