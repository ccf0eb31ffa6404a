"""Carries TCP connections from the address that the service faces to the gateway on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Server, StreamReader, StreamWriter
    from collections.abc import Sequence

_BLOCK = 256 * 1024


class Forwarder:
    """A listener whose connections go to `target`; while nobody listens there, they are closed at once."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self.port = 0
        self._servers: list[Server] = []
        self._open: set[StreamWriter] = set()

    @classmethod
    async def listen(cls, hosts: Sequence[str], port: int) -> Forwarder:
        """Listen on one port of all `hosts`, with 0 on any that is free; raises OSError when an address is taken."""
        made = cls()
        made.port = port
        try:
            for host in hosts:
                await made._add(host)
        except OSError:
            await made.close()
            raise
        return made

    async def close(self) -> None:
        """Stop listening and drop what is open."""
        for server in self._servers:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()
        for server in self._servers:
            await server.wait_closed()

    async def _add(self, host: str) -> None:
        server = await asyncio.start_server(self._carry, host, self.port, limit=_BLOCK)
        self.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)

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
