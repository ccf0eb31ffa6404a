"""A real browser, a host that counts who comes, and the service with pages of tools and somebody signed in."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAIN_HOST = "archive.test"
"""A name that the browser takes for this machine, without the trust that it has in an address of loopback."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; without one these tests fail, since nothing else shows that a page cannot get out."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("No Chromium was found: run 'make setup' as root on Debian, or install Chromium or Google Chrome.")
    async with async_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"
        started = await playwright.chromium.launch(executable_path=path, args=[rules, "--disable-dev-shm-usage"])
        yield started
        await started.close()


class Outside:
    """Another host: what it was asked for is what got out."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url = url
        self.asked = asked


@pytest.fixture
def outside() -> Iterator[Outside]:
    asked: list[str] = []
    with listening(asked) as port:
        yield Outside(f"http://127.0.0.1:{port}", asked)


@contextmanager
def listening(asked: list[str]) -> Iterator[int]:
    """A server that answers everything and notes it."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815  # names of the library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
