"""What POST /api/imports is given: who, the files on disk, the fields beside them or a manifest that stands for them."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from app.accounts.deps import may_write, require
from app.core import web
from app.core.errors import BodyInvalid
from app.core.principal import Principal, Role
from app.imports.jobs import service, uploads
from app.imports.jobs.schemas import ImportAsked, ManifestAsked
from app.imports.kinds import kind_of

Person = Annotated[Principal, Depends(require(Role.planner, Role.admin))]
Asked = TypeVar("Asked", bound=BaseModel)
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True)
class Delivered:
    """A request whose files are on disk."""

    asked: ImportAsked
    files: list[dict[str, Any]]


async def delivered(request: Request, person: Person) -> Delivered:
    """The delivery, received before a transaction begins. Errors: ImportTooLarge, UploadInvalid, BodyInvalid, KindUnknown,
    ManifestMismatch, and what no write may do."""
    may_write(request, person)
    form = await uploads.form_of(request)
    manifest = await _manifest(form)
    asked = None if manifest else _asked(form)
    files = await uploads.keep(person.county_code, form, is_checked=manifest is None)
    if manifest:
        return Delivered(*service.replayed(manifest, files))
    assert asked is not None
    return Delivered(asked, files)


def _asked(form: FormData) -> ImportAsked:
    said: dict[str, Any] = {name: value for name, value in form.multi_items() if name != "file" and value != ""}
    if "options" in said:
        said["options"] = _parsed(said["options"], "/options")
    asked = _valid(ImportAsked, said, "")
    kind_of(asked.kind)
    return asked


async def _manifest(form: FormData) -> ManifestAsked | None:
    given = form.get("manifest")
    if given is None:
        return None
    text = (await given.read(_LARGEST_MANIFEST)).decode("utf-8", "replace") if isinstance(given, UploadFile) else given
    return _valid(ManifestAsked, _parsed(text, "/manifest"), "/manifest")


def _parsed(text: Any, pointer: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise BodyInvalid("不是 JSON", pointer=pointer) from error


def _valid(model: type[Asked], said: Any, pointer: str) -> Asked:
    try:
        asked = model.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        raise BodyInvalid(first["msg"], pointer="/".join([pointer, *map(str, first["loc"])])) from error
    web.refuse_unstorable_body(asked.model_dump(mode="json"))
    return asked
