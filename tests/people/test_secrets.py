"""The service's secret is made once, agreed on by all processes, and split by purpose."""

from __future__ import annotations

import multiprocessing
import stat

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.secrets import load_keys, rotate
from app.settings import Settings, UnsafeSettings, from_environment


def keys_in(folder):
    keys = load_keys(Settings(data_dir=folder))
    return keys.access_token, keys.signed_link


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    folder = tmp_path / "not" / "there" / "yet"
    first = keys_in(folder)
    assert keys_in(folder) == first
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert keys_in(tmp_path / "another") != first


def test_processes_that_start_at_once_agree(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(keys_in, [tmp_path] * 16, chunksize=1)
    assert len(set(found)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_each_purpose_has_a_key_of_its_own_that_the_setting_decides(tmp_path):
    keys = load_keys(Settings(data_dir=tmp_path, secret_key="s" * 32))
    assert keys.access_token != keys.signed_link
    assert len(keys.access_token[0]) == len(keys.signed_link[0]) == 32
    assert load_keys(Settings(data_dir=tmp_path / "elsewhere", secret_key="s" * 32)) == keys
    assert load_keys(Settings(secret_key="t" * 32)).access_token != keys.access_token
    assert list(tmp_path.iterdir()) == []


def test_keys_are_not_printed():
    keys = load_keys(Settings(secret_key="s" * 32))
    assert repr(keys) == str(keys) == "Keys(…)"


def test_a_list_of_secrets_gives_the_keys_of_each_in_their_order():
    new, old = (load_keys(Settings(secret_key=letter * 32)) for letter in "no")
    both = load_keys(Settings(secret_key=f"{'n' * 32}, {'o' * 32}"))
    assert both.access_token == new.access_token + old.access_token
    assert both.signed_link == new.signed_link + old.signed_link


def test_rotating_puts_a_new_secret_first_keeps_the_one_before_it_and_forgets_older_ones(tmp_path):
    settings = Settings(data_dir=tmp_path)
    first = load_keys(settings)
    second, third = rotate(settings), rotate(settings)
    assert second.access_token[1:] == first.access_token
    assert third.access_token[1:] == second.access_token[:1]
    assert load_keys(settings) == third
    (kept,) = tmp_path.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_secret_that_a_setting_decides_is_not_rotated_in_a_file(tmp_path):
    with pytest.raises(UnsafeSettings, match="SEQARK_SECRET_KEY"):
        rotate(Settings(data_dir=tmp_path, secret_key="s" * 32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["short", f"{'s' * 32},short", ",", f"short,{'s' * 32}"])
def test_a_short_or_missing_secret_is_refused_at_the_start(secret):
    with pytest.raises(UnsafeSettings, match="SEQARK_SECRET_KEY"):
        from_environment({"SEQARK_SECRET_KEY": secret})


@pytest.mark.parametrize("content", [b"", b"short\n", b"s" * 32 + b"\nshort\n", b"\xff" * 64])
def test_a_damaged_secret_is_refused_by_name_and_never_replaced(tmp_path, content):
    (tmp_path / "secret_key").write_bytes(content)
    with pytest.raises(UnsafeSettings, match="secret_key"):
        keys_in(tmp_path)
    assert (tmp_path / "secret_key").read_bytes() == content


def test_a_data_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnsafeSettings, match="SEQARK_SECRET_KEY"):
        keys_in(tmp_path / "file" / "data")


@pytest.mark.anyio
async def test_a_statement_that_fails_tells_nothing_of_its_values(wiring):
    for engine in (wiring.engines.read, wiring.engines.write):
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError) as failed:
                await connection.execute(text("SELECT no_such_column WHERE :told = 'x'"), {"told": "hunter2"})
        assert "hunter2" not in str(failed.value)
