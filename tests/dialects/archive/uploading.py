"""Sends files the way clients do, for tests that need one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from sqlalchemy import func, select, update

from accession.files.models import DiscardedObject, File, FileState

if TYPE_CHECKING:
    from app.wiring import Wiring

READS = b"@r1\nACGT\n+\nIIII\n"


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


async def send(
    api: httpx.AsyncClient, who: Any, content: bytes = READS, name: str = "reads.fastq", **fields: str
) -> httpx.Response:
    """Upload through the service."""
    files = {"file": (name, content)}
    return await api.post("/api/v1/staging/upload", files=files, data=fields, headers=who.headers)


async def initiate(api: httpx.AsyncClient, who: Any, **body: Any) -> httpx.Response:
    promised = {"filename": "reads.fastq", "file_size": len(READS), **body}
    return await api.post("/api/v1/staging/initiate", json=promised, headers=who.headers)


async def complete(api: httpx.AsyncClient, who: Any, file_id: str, parts: Any = None) -> httpx.Response:
    body = {"parts": parts} if parts is not None else {}
    return await api.post(f"/api/v1/staging/complete/{file_id}", json=body, headers=who.headers)


async def put(url: str, content: bytes = READS) -> httpx.Response:
    """What a client does with a signed link."""
    async with httpx.AsyncClient() as client:
        answer = await client.put(url, content=content)
    assert answer.status_code == 200, answer.text
    return answer


async def get(url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url, headers=headers)


async def verify(wiring: Wiring, file_id: str, state: FileState = FileState.VERIFIED, **columns: Any) -> None:
    """Give a file a verdict, as the validation does."""
    async with wiring.writing() as unit:
        found = {"state": state, "due_at": None, **columns}
        await unit.session.execute(update(File).where(File.id == UUID(file_id)).values(**found))


async def file_row(wiring: Wiring, file_id: str) -> File | None:
    async with wiring.reading() as unit:
        return await unit.session.get(File, UUID(file_id))


async def counted(wiring: Wiring) -> tuple[int, int]:
    """How many file rows there are, and how many discarded objects."""
    async with wiring.reading() as unit:
        files = (await unit.session.execute(select(func.count()).select_from(File))).scalar_one()
        discarded = (await unit.session.execute(select(func.count()).select_from(DiscardedObject))).scalar_one()
    return files, discarded


async def stored_keys(store: Any) -> list[str]:
    return [stat.key async for stat in store.list_keys("")]
