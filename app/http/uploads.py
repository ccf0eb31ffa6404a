"""Reads multipart/form-data bodies as they come: fields, and one file part in chunks, in constant memory.

`FormReader` is for bodies that are streamed on; `read_form` puts a small file (a sheet) into a temporary file:

    fields, upload = await read_form(request, limit=32 * 2**20)
    with upload:                       # removes the temporary file at the end
        read_sheet(upload.path, upload.filename)
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar.exceptions import HTTPException, InternalServerException
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from accession.errors import Malformed, TooLarge
from app.http.partheaders import PartHeaders, boundary_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

    from litestar import Request

FILE_FIELD = "file"
_FIELD_BYTES = 64 * 1024
_MAX_PARTS = 50
_OVERHEAD = 1024 * 1024
_IDLE_SECONDS = 300.0
_BLOCK = 1024 * 1024


class FormReader:
    """One multipart body in the order in which it comes.

    `await open()` reads up to the file part and returns its name; `chunks()` yields the file's bytes and reads on to
    the end of the body, so whoever has them all knows that the body was whole. `fields` holds the other parts (text,
    64 KiB together), complete after `chunks()`. `announced` is how many bytes the file has at least, by Content-Length.

    Raises `Malformed` (bad body, no file, a second one, a broken connection) and `TooLarge` (more than `limit` bytes).
    """

    def __init__(self, request: Request[Any, Any, Any], *, limit: int) -> None:
        self.fields: dict[str, str] = {}
        self.limit = limit
        self._body = request.stream()
        self._part = PartHeaders()
        self._pending: deque[bytes] = deque()
        self._field: bytearray | None = None
        self._field_bytes = self._parts = self._size = 0
        self._filename: str | None = None
        self._in_file = self._ended = False
        content_type = request.headers.get("content-type", "")
        self._parser = MultipartParser(boundary_of(content_type), _callbacks(self))
        length = request.headers.get("content-length", "")
        self.announced = max(0, int(length) - _OVERHEAD) if length.isdecimal() and len(length) < 20 else 0
        self.restrict(limit)

    def restrict(self, limit: int) -> None:
        """Lower the limit of the file's bytes; a body that announces more is refused before it is read."""
        self.limit = min(self.limit, limit)
        if self.announced > self.limit:
            raise TooLarge(f"The file has more than {self.limit} bytes, which is what is allowed here.")

    async def open(self) -> str:
        """Read up to the file part; its bytes are left for `chunks`."""
        while self._filename is None:
            if not await self._feed():
                raise Malformed(f"The form has no file; send one part named '{FILE_FIELD}' with a file name.")
        return self._filename

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file part, in pieces of at most what the connection delivers."""
        if self._filename is None:
            await self.open()
        while True:
            while self._pending:
                yield self._pending.popleft()
            if not await self._feed():
                return

    async def _feed(self) -> bool:
        """Parse the next piece of the body; False at its end."""
        piece = await _next_piece(self._body)
        if piece is None:
            if not self._ended:
                raise Malformed("The form ends in the middle; its closing boundary is missing.")
            return False
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise Malformed(f"The body is no well-formed multipart/form-data: {error}.") from error
        return True

    def begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise Malformed(f"The form has more than {_MAX_PARTS} parts.")
        self._part = PartHeaders()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.add_name(data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.add_value(data[start:end])

    def end_header(self) -> None:
        self._part.end()

    def end_headers(self) -> None:
        name, filename = self._part.disposition()
        self._in_file = name == FILE_FIELD or filename is not None
        if not self._in_file:
            if name in self.fields:
                raise Malformed(f"The field {name!r} is given twice.")
            self._field = bytearray()
            return
        if name != FILE_FIELD or filename is None:
            raise Malformed(f"The file must come in the part '{FILE_FIELD}', with a file name.")
        if self._filename is not None:
            raise Malformed("The form has a second file; send one file in each request.")
        self._filename = filename

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._size += end - start
            if self._size > self.limit:
                raise TooLarge(f"The file has more than {self.limit} bytes, which is what is allowed here.")
            self._pending.append(data[start:end])
        elif self._field is not None:
            self._field_bytes += end - start
            if self._field_bytes > _FIELD_BYTES:
                raise TooLarge(f"The form's fields have more than {_FIELD_BYTES} bytes.")
            self._field += data[start:end]

    def end_part(self) -> None:
        if self._field is not None:
            name, _ = self._part.disposition()
            try:
                self.fields[name] = self._field.decode()
            except UnicodeDecodeError as error:
                raise Malformed(f"The field {name!r} is not UTF-8.") from error
        self._field, self._in_file = None, False

    def end_body(self) -> None:
        self._ended = True


class SpooledUpload:
    """A file part in a temporary file; a context manager that removes it."""

    def __init__(self, path: Path, filename: str, size: int) -> None:
        self.path = path
        self.filename = filename
        self.size = size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the temporary file; again is no error."""
        self.path.unlink(missing_ok=True)


async def read_form(request: Request[Any, Any, Any], limit: int) -> tuple[dict[str, str], SpooledUpload]:
    """Read a form with one part `file` of at most `limit` bytes: its text fields, and the file in a temporary file.

    Raises `Malformed` and `TooLarge` as `FormReader` does. The file name is what the client sent, unchecked. A route
    whose limit is above 10 MB also sets `request_max_body_size`.
    """
    form = FormReader(request, limit=limit)
    filename = await form.open()
    handle, name = await asyncio.to_thread(tempfile.mkstemp, prefix="seqark-form-")
    upload = SpooledUpload(Path(name), filename, 0)
    try:
        with os.fdopen(handle, "wb") as file:
            async for block in blocks(form.chunks()):
                await asyncio.to_thread(file.write, block)
                upload.size += len(block)
    except BaseException:
        upload.remove()
        raise
    return form.fields, upload


async def blocks(chunks: AsyncIterator[bytes], size: int = _BLOCK) -> AsyncIterator[bytes]:
    """Join small chunks into blocks of at least `size` bytes, so that work on each is worth a thread."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def _next_piece(body: AsyncIterator[bytes]) -> bytes | None:
    """The next bytes that the client sends, or None at the end of the body."""
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            return await anext(body, None)
    except TimeoutError as error:
        raise Malformed(f"No byte came for {_IDLE_SECONDS:.0f} seconds; send the request again.") from error
    except InternalServerException as error:
        raise Malformed("The connection ended before the body did.") from error
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge("The request's body is longer than is allowed here.") from error
        raise


def _callbacks(form: FormReader) -> Any:
    """What the parser calls."""
    return {
        "on_part_begin": form.begin_part,
        "on_header_field": form.header_field,
        "on_header_value": form.header_value,
        "on_header_end": form.end_header,
        "on_headers_finished": form.end_headers,
        "on_part_data": form.part_data,
        "on_part_end": form.end_part,
        "on_end": form.end_body,
    }
