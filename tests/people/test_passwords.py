"""Passwords are kept as argon2id, and an unknown account costs what a known one costs."""

from __future__ import annotations

import pytest

from accession.people import passwords

pytestmark = pytest.mark.anyio


async def test_a_password_matches_its_own_hash_only():
    password_hash = await passwords.hashed("correct horse")
    assert password_hash.startswith("$argon2id$")
    assert await passwords.matches("correct horse", password_hash)
    assert not await passwords.matches("Correct horse", password_hash)


async def test_the_same_password_typed_on_another_system_matches():
    assert await passwords.matches("cafe\u0301 au lait", await passwords.hashed("caf\u00e9 au lait"))


async def test_a_check_without_an_account_does_the_work_of_a_real_one(monkeypatch):
    tried = []

    class Watched:
        def verify(self, password, password_hash):
            tried.append(password_hash)
            return True

    real = await passwords.hashed("whatever")
    monkeypatch.setattr(passwords, "_HASHER", Watched())
    assert not await passwords.matches("guess", None)
    assert await passwords.matches("guess", real)
    unknown, known = (password_hash.split("$") for password_hash in tried)
    assert unknown[1:4] == known[1:4]
    assert [len(part) for part in unknown[4:]] == [len(part) for part in known[4:]]
