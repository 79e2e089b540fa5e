"""佐证材料: content decides the type, size is bounded, names are harmless, orphans are swept."""

import os
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.remediation import evidence
from app.remediation.errors import EvidenceType
from app.settings import settings
from tests.ledger import county

from .test_cases_http import JPEG, attach, create, step


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe1Exif", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_content_decides(content: bytes, media_type: str) -> None:
    assert evidence.sniff(content) == media_type


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"RIFF\x10\x00\x00\x00WAVE", b"MZ\x90", b"\xff\xd8"])
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceType):
        evidence.sniff(content)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("C:\\照片\\一号 厂房.jpg", "一号 厂房.jpg"), ("../../etc/passwd", "passwd"), ('a"b\r\nSet-Cookie: x.pdf', "abSet-Cookie x.pdf"),
        ("", "evidence"), (None, "evidence"), ("..", "evidence"), ("长" * 300 + ".jpg", "长" * 116 + ".jpg"),
    ],
)  # fmt: skip
def test_names(said: str | None, kept: str) -> None:
    assert evidence.clean_name(said) == kept


async def test_upload_and_download(api: httpx.AsyncClient, committed: AsyncConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    case = (await create(api, [await county.plot(committed, 0, 0, 50, 50)])).json()
    made = await attach(api, case, name='现场 "一".jpg')
    assert made.status_code == 201
    again = await attach(api, case)
    assert again.json()["id"] == made.json()["id"]
    url = made.json()["url"]
    got = await api.get(url, headers={"x-who": "planner"})
    assert got.content == JPEG
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["content-disposition"].startswith("inline; filename*=")
    assert (await api.get(url, headers={"x-who": "other_officer"})).status_code == 404
    assert (await api.get(url[:-1] + "0", headers={"x-who": "planner"})).status_code == 404
    assert (await api.get(f"/api/cases/{case['id']}/evidence/..%2f..%2fetc", headers={"x-who": "planner"})).status_code == 404
    refused = await attach(api, case, content=b"<html>", name="x.jpg")
    assert (refused.status_code, refused.json()["code"]) == (415, "evidence_type")
    monkeypatch.setattr(settings(), "upload_max_mb", 1)
    large = await attach(api, case, content=JPEG + b"0" * (1 << 20))
    assert (large.status_code, large.json()["code"]) == (413, "evidence_too_large")
    larger = await attach(api, case, content=JPEG + b"0" * (3 << 20))
    assert larger.status_code == 413
    assert not list(evidence.folder().glob("upload-*"))
    await step(api, case, "dismiss", "planner", reason="不属实")
    assert (await attach(api, case)).json()["code"] == "case_closed"


async def test_sweep_leaves_what_is_named_or_young(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    case = (await create(api, [await county.plot(committed, 0, 0, 50, 50)])).json()
    kept = evidence.path_of((await attach(api, case, content=JPEG + b"kept")).json()["sha256"])
    orphan, young, partial = evidence.path_of("ab" + "0" * 62), evidence.path_of("ab" + "1" * 62), evidence.folder() / "upload-dead"
    for file in (orphan, young, partial):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    for file in (kept, orphan, partial):
        _age(file)
    async with db.engine().begin() as conn:
        assert await evidence.sweep_orphans(conn) >= 2
    assert [f.exists() for f in (kept, orphan, young, partial)] == [True, False, True, False]


def _age(file: Path) -> None:
    old = time.time() - 2 * 86_400
    os.utime(file, (old, old))
