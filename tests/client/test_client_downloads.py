"""Promises of downloads over a network that misbehaves: proven bytes under the final name, or no file at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from seqark_client.errors import ChecksumMismatch, DownloadInterrupted, UnexpectedAnswer, WouldOverwrite
from seqark_client.partial import PartialFile

if TYPE_CHECKING:
    from pathlib import Path

    from seqark_client import Client
    from tests.client.conftest import Network

RUN = "NFDP-RUN-000001"
NAME = f"{RUN}.fastq.gz"
DATA = hashlib.shake_256(b"reads").digest(300_000)
GET_BYTES = r"GET /bucket"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def run(network: Network) -> None:
    network.add_run(RUN, DATA)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_run_is_saved_under_its_own_name_and_nothing_else_is_left(client: Client, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    saved = client.downloads.save(RUN, folder, progress=lambda done, total: told.append((done, total)))
    assert saved.read_bytes() == DATA
    assert names(folder) == [NAME]
    assert told[-1] == (len(DATA), len(DATA))


def test_the_token_does_not_follow_the_redirect(client: Client, network: Network, folder: Path) -> None:
    client.downloads.save(RUN, folder)
    assert [headers.get("Authorization") for headers in network.seen(GET_BYTES)] == [None]


def test_a_broken_download_goes_on_where_it_stopped_with_a_fresh_link(
    client: Client, network: Network, folder: Path
) -> None:
    network.misbehave("cut", GET_BYTES, at=100_000)
    network.misbehave("cut", GET_BYTES, at=70_000)
    assert client.downloads.save(RUN, folder).read_bytes() == DATA
    assert [headers.get("Range") for headers in network.seen(GET_BYTES)] == [None, "bytes=100000-", "bytes=170000-"]
    assert len({line for line in network.counted() if line.startswith("GET /bucket")}) == 3


def test_tries_are_counted_anew_while_bytes_arrive(client: Client, network: Network, folder: Path) -> None:
    network.misbehave("cut", GET_BYTES, at=20_000, times=14)
    assert client.downloads.save(RUN, folder).read_bytes() == DATA


@pytest.mark.parametrize("kind", ["whole", "elsewhere"])
def test_a_continuation_that_is_none_is_never_joined_to_what_came_before(
    kind: str, client: Client, network: Network, folder: Path
) -> None:
    network.misbehave("cut", GET_BYTES, at=100_000)
    network.misbehave(kind, GET_BYTES)
    assert client.downloads.save(RUN, folder).read_bytes() == DATA


def test_an_expired_link_is_asked_for_again(client: Client, network: Network, folder: Path) -> None:
    network.misbehave("status", GET_BYTES, at=403)
    assert client.downloads.save(RUN, folder).read_bytes() == DATA
    assert len(network.seen(f"runs/{RUN}/download")) == 2


def test_an_interrupted_download_leaves_no_file_under_the_final_name_and_goes_on_later(
    client: Client, network: Network, folder: Path
) -> None:
    network.misbehave("cut", GET_BYTES, at=100_000)
    network.misbehave("drop", GET_BYTES, times=4)
    with pytest.raises(DownloadInterrupted, match=RUN):
        client.downloads.save(RUN, folder)
    assert names(folder) == [f".{NAME}.{RUN}.part"]
    assert client.downloads.save(RUN, folder).read_bytes() == DATA
    assert network.seen(GET_BYTES)[-1]["Range"] == "bytes=100000-"
    assert names(folder) == [NAME]


@pytest.mark.parametrize("kind", ["corrupt", "excess"])
def test_other_bytes_than_the_records_are_refused_and_leave_nothing(
    kind: str, client: Client, network: Network, folder: Path
) -> None:
    network.misbehave(kind, GET_BYTES, at=123, times=100)
    with pytest.raises(ChecksumMismatch, match=RUN):
        client.downloads.save(RUN, folder)
    assert names(folder) == []


@pytest.mark.parametrize("digest", ["checksum_md5", "checksum_sha256"])
def test_each_digest_of_the_record_is_compared(digest: str, client: Client, network: Network, folder: Path) -> None:
    network.runs[RUN][digest] = network.runs[RUN][digest][::-1]
    with pytest.raises(ChecksumMismatch, match=digest.removeprefix("checksum_")):
        client.downloads.save(RUN, folder)
    assert names(folder) == []


def test_a_record_without_any_digest_is_not_downloaded_unproven(client: Client, network: Network, folder: Path) -> None:
    network.add_run(RUN, DATA, checksum_md5=None, checksum_sha256=None)
    with pytest.raises(UnexpectedAnswer, match="no size or checksum"):
        client.downloads.save(RUN, folder)
    assert not network.seen(GET_BYTES)


def test_bad_bytes_left_over_from_an_earlier_try_are_dropped_and_fetched_again(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / f".{NAME}.{RUN}.part").write_bytes(b"x" * 1000)
    assert client.downloads.save(RUN, folder).read_bytes() == DATA
    assert names(folder) == [NAME]


def test_more_bytes_left_over_than_the_file_has_are_dropped(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / f".{NAME}.{RUN}.part").write_bytes(DATA + b"more")
    assert client.downloads.save(RUN, folder).read_bytes() == DATA


def test_a_good_copy_is_kept_without_asking_for_bytes(client: Client, network: Network, folder: Path) -> None:
    client.downloads.save(RUN, folder)
    client.downloads.save(RUN, folder)
    assert len(network.seen(GET_BYTES)) == 1


def test_another_file_of_that_name_is_replaced_only_when_told_and_only_by_proven_bytes(
    client: Client, network: Network, folder: Path
) -> None:
    folder.mkdir()
    (folder / NAME).write_bytes(b"somebody's own")
    with pytest.raises(WouldOverwrite):
        client.downloads.save(RUN, folder)
    network.misbehave("corrupt", GET_BYTES)
    with pytest.raises(ChecksumMismatch):
        client.downloads.save(RUN, folder, overwrite=True)
    assert (folder / NAME).read_bytes() == b"somebody's own"
    assert client.downloads.save(RUN, folder, overwrite=True).read_bytes() == DATA


@pytest.mark.parametrize("name", ["../up.bam", "a/b.bam", "a\\b.bam", "..", ".hidden", "new\nline", "C:x", "n" * 250])
def test_a_name_that_would_leave_the_folder_is_refused(
    name: str, client: Client, network: Network, folder: Path
) -> None:
    network.runs[RUN]["filename"] = name
    with pytest.raises(UnexpectedAnswer, match="file name"):
        client.downloads.save(RUN, folder)
    assert names(folder) == []


def test_an_archive_without_an_object_store_says_so(client: Client, network: Network, folder: Path) -> None:
    network.answers[f"GET /api/v1/runs/{RUN}/download"] = [(200, {"accession": RUN, "message": "unavailable"})]
    with pytest.raises(UnexpectedAnswer, match="keeps no bytes"):
        client.downloads.save(RUN, folder)
    assert names(folder) == []


def test_two_downloads_of_one_run_never_write_into_one_file(tmp_path: Path) -> None:
    (tmp_path / ".x.K.part").write_bytes(b"begun ")
    with PartialFile(tmp_path / "x", "K") as first, PartialFile(tmp_path / "x", "K") as second:
        assert (first.size, second.size) == (6, 0)
        first.add(b"by the first")
        second.add(b"by the second")
        first.publish()
        assert (tmp_path / "x").read_bytes() == b"begun by the first"
    assert (tmp_path / "x").read_bytes() == b"begun by the first"
    assert (tmp_path / ".x.K.part").read_bytes() == b"by the second"
