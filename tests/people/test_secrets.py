"""The service's secret is made once, agreed on by all processes, and split by purpose."""

from __future__ import annotations

import multiprocessing
import stat

import pytest

from app.secrets import load_keys
from app.settings import Settings, UnsafeSettings


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
    assert len(keys.access_token) == len(keys.signed_link) == 32
    assert load_keys(Settings(data_dir=tmp_path / "elsewhere", secret_key="s" * 32)) == keys
    assert load_keys(Settings(secret_key="t" * 32)).access_token != keys.access_token
    assert list(tmp_path.iterdir()) == []


def test_keys_are_not_printed():
    keys = load_keys(Settings(secret_key="s" * 32))
    assert repr(keys) == str(keys) == "Keys(…)"


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 64])
def test_a_damaged_secret_is_refused_by_name_and_never_replaced(tmp_path, content):
    (tmp_path / "secret_key").write_bytes(content)
    with pytest.raises(UnsafeSettings, match="secret_key"):
        keys_in(tmp_path)
    assert (tmp_path / "secret_key").read_bytes() == content


def test_a_data_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnsafeSettings, match="SEQARK_SECRET_KEY"):
        keys_in(tmp_path / "file" / "data")
