"""Forms: the file part is streamed, everything else about the body is checked."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from litestar import Litestar, Request, post

from accession.errors import DomainError
from app.http.problems import problem_of
from app.http.uploads import FormReader, blocks, read_form

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
LIMIT = 100_000
BOUNDARY = "b0undary"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@post("/stream", status_code=200, request_max_body_size=None)
async def stream(request: Request[Any, Any, Any]) -> dict[str, Any]:
    form = FormReader(request, limit=LIMIT)
    name = await form.open()
    chunks = [chunk async for chunk in form.chunks()]
    return {"name": name, "size": sum(map(len, chunks)), "text": b"".join(chunks)[:50].hex(), "fields": form.fields}


@post("/spool", status_code=200, request_max_body_size=None)
async def spool(request: Request[Any, Any, Any]) -> dict[str, Any]:
    fields, upload = await read_form(request, LIMIT)
    with upload:
        answer = {"name": upload.filename, "size": upload.size, "bytes": upload.path.read_bytes().hex()}
        path = upload.path
    return {**answer, "fields": fields, "left": path.exists()}


def _told(_: Any, error: Exception) -> Any:
    from litestar import Response

    problem = problem_of(error)
    return Response({"code": problem.code, "detail": problem.detail}, status_code=problem.status)


@pytest.fixture
async def client() -> Any:
    app = Litestar([stream, spool], exception_handlers={DomainError: _told, Exception: _told}, openapi_config=None)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://forms.test") as opened:
        yield opened


def part(name: str | None, content: bytes, filename: str | bytes | None = None) -> bytes:
    """One part of a form, with its leading boundary."""
    disposition = b"form-data" + (f'; name="{name}"'.encode() if name is not None else b"")
    if filename is not None:
        raw = filename.encode() if isinstance(filename, str) else filename
        disposition += b'; filename="' + raw + b'"'
    return f"--{BOUNDARY}\r\n".encode() + b"Content-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def pieces_of(body: bytes, size: int) -> Any:
    async def pieces() -> Any:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return pieces()


@pytest.mark.parametrize("size", [1, 7, 64, 10**6])
@pytest.mark.parametrize("path", ["/stream", "/spool"])
async def test_a_form_is_read_the_same_however_it_is_cut(client: httpx.AsyncClient, path: str, size: int) -> None:
    content = b"@r\r\n--b0undar\r\nACGT\r\n--b0undary" + b"x" * 100
    body = part("checklist_id", b"ERC000011") + part("file", content, "αβ x.fastq") + part("note", "é".encode()) + END
    answer = await client.post(path, content=pieces_of(body, size), headers=HEADERS)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["name"], told["size"]) == ("αβ x.fastq", len(content))
    assert told["fields"] == {"checklist_id": "ERC000011", "note": "é"}
    assert bytes.fromhex(told.get("bytes", told.get("text"))) == (content if path == "/spool" else content[:50])


BROKEN = {
    "no file": part("a", b"1") + END,
    "nothing": END,
    "an empty body": b"",
    "no form at all": b"hello",
    "no closing boundary": part("file", b"ACGT", "x.fastq"),
    "cut inside the file": part("file", b"ACGT", "x.fastq")[:-8],
    "cut inside the headers": f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file'.encode(),
    "a second file": part("file", b"A", "a") + part("file", b"B", "b") + END,
    "a file in another part": part("file", b"A", "a") + part("other", b"B", "b") + END,
    "a file part without a name": part("file", b"A") + END,
    "a part without a name": part(None, b"A") + part("file", b"A", "a") + END,
    "a part without a disposition": f"--{BOUNDARY}\r\nX-A: b\r\n\r\nabc\r\n".encode() + END,
    "the same field twice": part("a", b"1") + part("a", b"2") + part("file", b"A", "a") + END,
    "a field in Latin-1": part("a", b"\xe9") + part("file", b"A", "a") + END,
    "a file name in Latin-1": part("file", b"A", b"\xe9.bam") + END,
    "a bad header": f"--{BOUNDARY}\r\nBad Header: x\r\n\r\nabc\r\n".encode() + END,
    "endless headers": f"--{BOUNDARY}\r\nX: {'y' * 9000}\r\n\r\n".encode() + END,
    "many parts": b"".join(part(f"f{n}", b"") for n in range(60)) + part("file", b"A", "a") + END,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("path", ["/stream", "/spool"])
async def test_a_broken_form_is_malformed(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await client.post(path, content=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), answer.text
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("path", ["/stream", "/spool"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_above_the_limit_is_too_large_with_and_without_a_length(
    client: httpx.AsyncClient,
    path: str,
    announced: bool,  # noqa: FBT001
) -> None:
    body = part("file", b"x" * (LIMIT + 1), "x.fastq") + END
    answer = await client.post(path, content=body if announced else pieces_of(body, 5000), headers=HEADERS)
    assert answer.status_code == 413
    exact = part("file", b"x" * LIMIT, "x.fastq") + END
    assert (await client.post(path, content=exact, headers=HEADERS)).status_code == 200


async def test_a_body_that_announces_too_much_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    read = []

    async def pieces() -> Any:
        read.append(1)
        yield part("file", b"x", "x.fastq")

    headers = {**HEADERS, "Content-Length": str(10**12)}
    answer = await client.post("/stream", content=pieces(), headers=headers)
    assert answer.status_code == 413
    assert not read


async def test_fields_are_bounded(client: httpx.AsyncClient) -> None:
    body = part("a", b"x" * 70_000) + part("file", b"A", "a") + END
    assert (await client.post("/stream", content=body, headers=HEADERS)).status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/mixed; boundary=x"])
async def test_another_media_type_is_not_read(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/stream", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("kind", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"])
async def test_a_form_without_a_usable_boundary_is_malformed(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/stream", content=b"--x\r\n", headers={"Content-Type": kind})
    assert answer.status_code == 400


async def test_an_extended_file_name_is_read_where_there_is_no_plain_one(client: httpx.AsyncClient) -> None:
    body = part("file", b"A", "X").replace(b'filename="X"', b"filename*=UTF-8''%C3%A9.bam") + END
    answer = await client.post("/stream", content=body, headers=HEADERS)
    assert answer.json()["name"] == "é.bam"


async def test_no_temporary_file_stays(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    good = await client.post("/spool", content=part("file", b"A", "a") + END, headers=HEADERS)
    assert good.json()["left"] is False
    for body in (part("file", b"A", "a"), part("file", b"x" * (LIMIT + 1), "a") + END):
        assert (await client.post("/spool", content=body, headers=HEADERS)).status_code in {400, 413}
    assert left_in(tmp_path) == []


async def test_blocks_keep_every_byte_in_order() -> None:
    pieces = [bytes([n]) * n for n in range(200)]

    async def chunks() -> Any:
        for piece in pieces:
            yield piece

    joined = [block async for block in blocks(chunks(), 1000)]
    assert b"".join(joined) == b"".join(pieces)
    assert all(len(block) >= 1000 for block in joined[:-1])


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
