"""Carries TCP connections from the address that the service faces to the gateway on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Server, StreamReader, StreamWriter

_BLOCK = 256 * 1024


class Forwarder:
    """A listener whose connections go to `target`; while nobody listens there, they are closed at once."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self.port = 0
        self._server: Server | None = None
        self._open: set[StreamWriter] = set()

    @classmethod
    async def listen(cls, host: str, port: int) -> Forwarder:
        """Listen; raises OSError when the address is taken."""
        made = cls()
        made._server = await asyncio.start_server(made._carry, host, port, limit=_BLOCK)
        made.port = made._server.sockets[0].getsockname()[1]
        return made

    async def close(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        if self._server is not None:
            await self._server.wait_closed()

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target, limit=_BLOCK)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._open |= both
        try:
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        except OSError:
            for end in both:
                end.transport.abort()
        finally:
            self._open -= both
            for end in both:
                end.close()


async def _pour(source: StreamReader, sink: StreamWriter) -> None:
    """Copy until the source ends, then say so to the sink."""
    while block := await source.read(_BLOCK):
        sink.write(block)
        await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof()
