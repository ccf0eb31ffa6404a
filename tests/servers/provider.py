"""Runs an OpenID Connect provider (oidc-provider-mock) in a process of its own, one that holds clients to PKCE.

    python -m tests.servers.provider     prints its address, serves until it is killed

The package checks no PKCE, so a layer before it does: a code is given out only for the verifier whose challenge came
with it. `POST /rotate` gives the provider a new key, as one does that changes its keys.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import warnings
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_provider() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a fresh provider, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.provider"],
        cwd=ROOT,
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), "the provider did not start"
        yield url, process
    finally:
        process.kill()
        process.wait()


class HeldToPkce:
    """A WSGI layer that remembers the challenge of each code, and asks for its verifier."""

    def __init__(self, inner: Callable[..., Any]) -> None:
        self.inner = inner
        self.challenges: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            form = parse_qs(body.decode())
            verifier = form.get("code_verifier", [""])[0].encode()
            challenge = urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
            if self.challenges.get(form.get("code", [""])[0]) != challenge:
                start_response("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        query = parse_qs(environ.get("QUERY_STRING", ""))

        def noting(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            for code in parse_qs(urlsplit(dict(headers).get("Location", "")).query).get("code", []):
                self.challenges[code] = query.get("code_challenge", [""])[0]
            return start_response(status, headers, *rest)

        return self.inner(environ, noting)


def main() -> None:
    """Serve on a free port of this machine."""
    warnings.simplefilter("ignore")
    import flask
    import oidc_provider_mock
    from authlib.jose import RSAKey
    from werkzeug.serving import make_server

    app = oidc_provider_mock.app()

    @app.post("/rotate")
    def rotate() -> str:
        flask.g.oidc_provider_mock_storage.jwk = RSAKey.generate_key(is_private=True)
        return "rotated"

    server = make_server("localhost", 0, HeldToPkce(app), threaded=True)
    print(f"http://localhost:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
