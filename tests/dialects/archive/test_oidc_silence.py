"""An identity provider that takes calls and never answers them."""

from __future__ import annotations

import asyncio

import pytest

from accession.people import sign_in
from app.oidc import OpenIdProvider

pytestmark = pytest.mark.anyio


async def test_of_many_who_wait_for_a_silent_provider_one_asks_it(monkeypatch):
    monkeypatch.setattr("app.oidc.SECONDS", 0.2)
    asked = []

    async def silent(_reader, writer):
        asked.append(writer)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        silent_one = OpenIdProvider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "seqark", "secret")
        calls = (silent_one.authorization_url(sign_in.departure(), "http://archive.test") for _ in range(5))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for writer in asked:
            writer.close()
    assert {answer.code for answer in answers} == {"oidc_unavailable"}
    assert len(asked) == 1
    await silent_one.close()
