"""Promises of the demo's own server: started with settings of its own, waited for, stopped, and named when it fails."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from demonstration.failure import DemoFailed, expect
from demonstration.server import DemoServer, free_ports

if TYPE_CHECKING:
    from pathlib import Path

READY_AFTER_TWO = """
import http.server, json, os, sys
json.dump({"arguments": sys.argv[1:], "settings": {k: v for k, v in os.environ.items() if k.startswith("SEQARK_")}},
          open(os.environ["TOLD_TO"], "w"))
asked = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        self.send_response(200 if self.path == "/health/ready" and asked > 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of the Python that runs `-m app serve`; tests write its body."""
    body, wrapper = tmp_path / "body.py", tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{body}" "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setattr("demonstration.server.sys.executable", str(wrapper))
    monkeypatch.setenv("TOLD_TO", str(tmp_path / "told.json"))
    return body


def test_it_is_waited_for_until_ready_and_ends_when_asked(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQARK_DATABASE_URL", "postgresql://somewhere/else")
    stand_in.write_text(READY_AFTER_TWO, encoding="utf-8")
    server = DemoServer(tmp_path / "archive", tmp_path / "server.log")
    try:
        assert server.wait_until_ready(30) > 0
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
    finally:
        server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["arguments"][:3] == ["-m", "app", "serve"]
    assert told["arguments"][-2:] == ["--data-dir", str(tmp_path / "archive")]
    assert "SEQARK_DATABASE_URL" not in told["settings"]
    assert told["settings"]["SEQARK_S3_PORT"].isdigit()


def test_a_server_that_ends_at_once_is_named_with_the_end_of_its_log(stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text("print('the port is taken'); raise SystemExit(3)", encoding="utf-8")
    server = DemoServer(tmp_path / "archive", tmp_path / "server.log")
    with pytest.raises(DemoFailed, match=r"ended with 3\. (?s:.*)the port is taken"), server.stopped_on_failure():
        server.wait_until_ready(30)


def test_a_server_that_stops_out_of_order_fails_the_demo(stand_in: Path, tmp_path: Path) -> None:
    failing = READY_AFTER_TWO.replace("import http.server,", "import signal, http.server,")
    failing = failing.replace("asked = 0", "asked = 0\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(9))", 1)
    stand_in.write_text(failing, encoding="utf-8")
    server = DemoServer(tmp_path / "archive", tmp_path / "server.log")
    server.wait_until_ready(30)
    with pytest.raises(DemoFailed, match="stopped with 9"):
        server.stop()


def test_free_ports_differ() -> None:
    assert len(set(free_ports(5))) == 5


def test_an_expectation_that_does_not_hold_fails_with_its_own_words() -> None:
    expect([1], "never said")
    with pytest.raises(DemoFailed, match=r"^so it is not\.$"):
        expect([], "so it is not.")
