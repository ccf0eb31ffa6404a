"""Passwords are kept as argon2id, and an unknown account costs what a known one costs."""

from __future__ import annotations

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from accession.people import passwords

pytestmark = pytest.mark.anyio


async def test_a_password_matches_its_own_hash_only():
    password_hash = await passwords.hashed("correct horse")
    assert password_hash.startswith("$argon2id$")
    assert await passwords.match("correct horse", password_hash) == (True, None)
    assert await passwords.match("Correct horse", password_hash) == (False, None)


async def test_the_same_password_typed_on_another_system_matches():
    assert (await passwords.match("cafe\u0301 au lait", await passwords.hashed("caf\u00e9 au lait"))).right


async def test_a_hash_made_with_less_effort_is_renewed_by_the_right_password_only():
    weak = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse")
    right, renewed = await passwords.match("correct horse", weak)
    assert right
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.match("correct horse", renewed) == (True, None)
    assert await passwords.match("wrong horse", weak) == (False, None)


async def test_what_is_no_hash_matches_nothing():
    assert await passwords.match("x", "plain") == (False, None)


async def test_a_check_without_an_account_does_the_work_of_a_real_one(monkeypatch):
    tried = []

    def watched(self, password, password_hash):
        tried.append(password_hash)
        return True

    real = await passwords.hashed("whatever")
    monkeypatch.setattr(Argon2Hasher, "verify", watched)
    assert not (await passwords.match("guess", None)).right
    assert (await passwords.match("guess", real)).right
    unknown, known = (password_hash.split("$") for password_hash in tried)
    assert unknown[1:4] == known[1:4]
    assert [len(part) for part in unknown[4:]] == [len(part) for part in known[4:]]
